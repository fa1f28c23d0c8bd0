/*
 * Copyright 2026 The Flowgate Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { OrchestratorRequestError } from '../../api';
import {
  makeToken,
  mockApi,
  renderOrchestrator,
  SCOPES,
} from '../../__testUtils__/renderOrchestrator';

const PATH = '/tokens';

/** The catalogue in which all but the given scopes are as ever. */
const catalogue = (held: Record<string, boolean>) => ({
  scopes: SCOPES.scopes.map(entry => ({
    ...entry,
    held: held[entry.scope] ?? entry.held,
  })),
});

describe('TokensPage', () => {
  it('lists the tokens with what matters of each', async () => {
    const api = mockApi({
      listTokens: jest.fn().mockResolvedValue({
        items: [
          makeToken({
            lastUsedAt: '2026-11-22T05:04:05.000Z',
            lastUsedFrom: '203.0.113.7',
          }),
          makeToken({
            id: 'b',
            name: 'deploy',
            kind: 'group',
            owner: 'group:default/platform',
            status: 'revoked',
            scopes: ['a:1', 'b:2', 'c:3', 'd:4'],
          }),
          makeToken({ id: 'c', name: 'ci', kind: 'service', owner: undefined }),
        ],
      }),
    });
    renderOrchestrator(api, PATH);
    const laptop = (await screen.findByRole('rowheader', { name: /laptop/ }))
      .parentElement!;
    expect(laptop).toHaveTextContent('orch_pat_…wxyz');
    expect(laptop).toHaveTextContent('Personal');
    expect(laptop).toHaveTextContent('user:default/alice');
    expect(laptop).toHaveTextContent('workflows:read');
    expect(laptop).toHaveTextContent('Active');
    expect(laptop).toHaveTextContent(/2027/);
    expect(laptop).toHaveTextContent(/2026/);
    const deploy = screen.getByRole('rowheader', { name: /deploy/ })
      .parentElement!;
    expect(deploy).toHaveTextContent('Group');
    expect(deploy).toHaveTextContent('Revoked');
    expect(deploy).toHaveTextContent('and 1 more');
    expect(deploy).toHaveTextContent('Never');
    expect(api.listTokens.mock.lastCall![0]).toEqual({ limit: 20 });
  });

  it('is reached from the overview, and leads back', async () => {
    renderOrchestrator(mockApi());
    const isHere = (name: string) =>
      screen.getByRole('link', { name }).getAttribute('aria-current') ===
      'page';
    await userEvent.click(
      await screen.findByRole('link', { name: 'My tokens' }),
    );
    expect(
      await screen.findByText(/There is no token yet/),
    ).toBeInTheDocument();
    expect(isHere('My tokens')).toBe(true);
    expect(isHere('Overview')).toBe(false);
    await userEvent.click(screen.getByRole('link', { name: 'Overview' }));
    expect(
      await screen.findByRole('region', { name: 'Workflows' }),
    ).toBeInTheDocument();
    expect(isHere('My tokens')).toBe(false);
    expect(isHere('Overview')).toBe(true);
  });

  it('says so where the user may not see tokens, and asks for none', async () => {
    const api = mockApi({
      listScopes: jest
        .fn()
        .mockResolvedValue(
          catalogue({ 'tokens:read': false, 'tokens:write': false }),
        ),
    });
    renderOrchestrator(api, PATH);
    expect(
      await screen.findByText(/No grant gives you tokens:read/),
    ).toBeInTheDocument();
    expect(api.listTokens).not.toHaveBeenCalled();
    expect(screen.queryByRole('button', { name: 'Create a token' })).toBeNull();
  });

  it('offers no change to those who may only read', async () => {
    const api = mockApi({
      listScopes: jest
        .fn()
        .mockResolvedValue(catalogue({ 'tokens:write': false })),
      listTokens: jest.fn().mockResolvedValue({ items: [makeToken()] }),
    });
    renderOrchestrator(api, PATH);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Actions for laptop' }),
    );
    const items = await screen.findAllByRole('menuitem');
    expect(items.map(item => item.textContent)).toEqual(['Details']);
    expect(screen.queryByRole('button', { name: 'Create a token' })).toBeNull();
  });

  it.each([
    ['active', ['Details', 'Rename', 'Rotate', 'Revoke']],
    ['suspended', ['Details', 'Rename', 'Revoke']],
    ['expired', ['Details']],
    ['revoked', ['Details']],
  ] as const)('offers for a token that is %s: %p', async (status, expected) => {
    const api = mockApi({
      listTokens: jest
        .fn()
        .mockResolvedValue({ items: [makeToken({ status })] }),
    });
    renderOrchestrator(api, PATH);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Actions for laptop' }),
    );
    const items = await screen.findAllByRole('menuitem');
    expect(items.map(item => item.textContent)).toEqual(expected);
  });

  it('shows what the backend refuses, and tries again', async () => {
    const api = mockApi();
    api.listTokens.mockRejectedValueOnce(
      new OrchestratorRequestError(403, {
        error: { message: 'Denied', code: 'auth.policy_denied' },
      }),
    );
    renderOrchestrator(api, PATH);
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Denied (auth.policy_denied)',
    );
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByText(/There is no token yet/),
    ).toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('turns the pages by their cursors', async () => {
    const api = mockApi({
      listTokens: jest.fn(async ({ cursor } = {}) => ({
        items: [makeToken({ name: `on ${cursor ?? 'first'}` })],
        nextCursor: { '': 'c2', c2: 'c3' }[cursor ?? ''],
      })),
    });
    renderOrchestrator(api, PATH);
    const next = () => screen.getByRole('button', { name: /next/i });
    const previous = () => screen.getByRole('button', { name: /previous/i });
    expect(await screen.findByText('on first')).toBeInTheDocument();
    expect(previous()).toBeDisabled();
    await userEvent.click(next());
    expect(await screen.findByText('on c2')).toBeInTheDocument();
    await userEvent.click(next());
    expect(await screen.findByText('on c3')).toBeInTheDocument();
    expect(next()).toBeDisabled();
    await userEvent.click(previous());
    expect(await screen.findByText('on c2')).toBeInTheDocument();
    await userEvent.click(previous());
    expect(await screen.findByText('on first')).toBeInTheDocument();
  });

  it('filters by status, from the first page on', async () => {
    const api = mockApi({
      listTokens: jest.fn(async ({ cursor, status } = {}) => ({
        items: [makeToken({ name: `${status} ${cursor}` })],
        nextCursor: 'c2',
      })),
    });
    renderOrchestrator(api, PATH);
    await userEvent.click(await screen.findByRole('button', { name: /next/i }));
    expect(await screen.findByText('undefined c2')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: /Status/ }));
    await userEvent.click(
      await screen.findByRole('option', { name: 'Revoked' }),
    );
    expect(await screen.findByText('revoked undefined')).toBeInTheDocument();
    // No page of one filter is asked for with the cursor of another.
    expect(
      api.listTokens.mock.calls.map(([asked]) => [
        asked?.status,
        asked?.cursor,
      ]),
    ).not.toContainEqual(['revoked', 'c2']);
  });

  it("shows an administrator everybody's tokens, or only their own", async () => {
    const api = mockApi({
      listScopes: jest
        .fn()
        .mockResolvedValue(catalogue({ 'tokens:admin': true })),
    });
    renderOrchestrator(api, PATH);
    expect(
      await screen.findByRole('region', { name: 'Tokens' }),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('switch', { name: 'Only mine' }));
    await waitFor(() =>
      expect(api.listTokens.mock.lastCall![0]!.owner).toBe(
        'user:default/alice',
      ),
    );
  });
});
