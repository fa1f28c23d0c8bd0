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
import { OrchestratorRequestError, type OrchestratorApi } from '../../api';
import {
  makeToken,
  mockApi,
  renderOrchestrator,
  SECRET,
} from '../../__testUtils__/renderOrchestrator';
import {
  chooseAction,
  chooseOption,
  dialog,
  traces,
} from '../../__testUtils__/tokenDialogs';

describe('RotateTokenDialog', () => {
  async function openRotate(api: OrchestratorApi) {
    renderOrchestrator(api, '/tokens');
    await chooseAction('laptop', 'Rotate');
    return dialog();
  }
  const listTokens = () =>
    jest.fn().mockResolvedValue({ items: [makeToken()] });

  it('gives the token a new secret, and says how long the old one goes on', async () => {
    const api = mockApi({ listTokens: listTokens() });
    api.rotateToken.mockResolvedValue({
      token: makeToken({ previousSecretExpiresAt: '2026-11-22T04:04:05.000Z' }),
      secret: SECRET,
    });
    const form = await openRotate(api);
    await chooseOption(/The old secret goes on for/, '1 hour');
    await userEvent.click(
      form.getByRole('button', { name: 'Rotate the token' }),
    );
    expect(await form.findByText(SECRET)).toBeInTheDocument();
    expect(form.getByText(/The old secret goes on until/)).toBeInTheDocument();
    expect(api.rotateToken).toHaveBeenCalledWith('aBcDeFgHiJkL', {
      overlapSeconds: 3600,
    });
    await userEvent.click(
      form.getByRole('button', { name: 'I have copied it' }),
    );
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(traces()).not.toContain(SECRET);
  });

  it('can end the old secret at once', async () => {
    const api = mockApi({ listTokens: listTokens() });
    const form = await openRotate(api);
    await chooseOption(/The old secret goes on for/, 'Not at all: it ends now');
    await userEvent.click(
      form.getByRole('button', { name: 'Rotate the token' }),
    );
    expect(
      await form.findByText(/The old secret is refused from now on/),
    ).toBeInTheDocument();
    expect(api.rotateToken.mock.lastCall![1].overlapSeconds).toBe(0);
  });

  it('shows why the backend refuses', async () => {
    const api = mockApi({ listTokens: listTokens() });
    api.rotateToken.mockRejectedValue(
      new OrchestratorRequestError(409, {
        error: { message: 'The token is revoked', code: 'token.conflict' },
      }),
    );
    const form = await openRotate(api);
    await userEvent.click(
      form.getByRole('button', { name: 'Rotate the token' }),
    );
    expect(await form.findByRole('alert')).toHaveTextContent(
      'The token is revoked (token.conflict)',
    );
  });
});
