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

import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { OrchestratorRequestError, type OrchestratorApi } from '../../api';
import {
  makeToken,
  mockApi,
  renderOrchestrator,
  SCOPES,
  SECRET,
} from '../../__testUtils__/renderOrchestrator';

type Minted = Awaited<ReturnType<OrchestratorApi['createToken']>>;

const dialog = async () => within(await screen.findByRole('dialog'));
const submit = async () =>
  userEvent.click(
    (await dialog()).getByRole('button', { name: 'Create the token' }),
  );

async function openForm(api: OrchestratorApi) {
  renderOrchestrator(api, '/tokens');
  await userEvent.click(
    await screen.findByRole('button', { name: 'Create a token' }),
  );
  return dialog();
}

async function choose(field: RegExp, option: string) {
  await userEvent.click((await dialog()).getByRole('button', { name: field }));
  await userEvent.click(await screen.findByRole('option', { name: option }));
}

const writeText = jest.fn<Promise<void>, [string]>();
beforeEach(() => {
  writeText.mockReset().mockResolvedValue(undefined);
  // jsdom has none.
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: { writeText },
  });
});
afterEach(() => {
  Reflect.deleteProperty(navigator, 'clipboard');
});

/** Everything of this browser that outlives the dialog. */
const traces = () =>
  [
    document.documentElement.outerHTML,
    window.location.href,
    JSON.stringify({ ...localStorage }),
    JSON.stringify({ ...sessionStorage }),
  ].join();

describe('CreateTokenDialog', () => {
  it('makes a token of what was chosen, and shows its secret once', async () => {
    const api = mockApi();
    const logs = (['log', 'info', 'debug', 'warn', 'error'] as const).map(
      name => jest.spyOn(console, name),
    );
    const form = await openForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:execute/ }),
    );
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await choose(/Expires after/, '30 days');
    await userEvent.type(
      form.getByRole('textbox', { name: /Only from these addresses/ }),
      '10.0.0.0/8',
    );
    await submit();

    expect(await form.findByText(SECRET)).toBeInTheDocument();
    expect(
      form.getByText(/Copy the secret now: it is not shown again/),
    ).toBeInTheDocument();
    expect(api.createToken).toHaveBeenCalledTimes(1);
    expect(api.createToken).toHaveBeenCalledWith({
      kind: 'personal',
      name: 'laptop',
      scopes: ['workflows:read', 'workflows:execute'],
      expiresInSeconds: 30 * 86_400,
      allowedCidrs: ['10.0.0.0/8'],
    });

    // Neither a press beside it nor Escape loses the secret.
    await userEvent.keyboard('{Escape}');
    expect(form.getByText(SECRET)).toBeInTheDocument();

    const copy = form.getByRole('button', { name: 'Copy the secret' });
    expect(copy).toHaveFocus();
    await userEvent.click(copy);
    expect(
      await form.findByText('The secret is in the clipboard.'),
    ).toBeInTheDocument();
    expect(writeText.mock.calls).toEqual([[SECRET]]);

    await userEvent.click(
      form.getByRole('button', { name: 'I have copied it' }),
    );
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(traces()).not.toContain(SECRET);
    for (const log of logs) {
      expect(JSON.stringify(log.mock.calls)).not.toContain(SECRET);
      log.mockRestore();
    }
    expect(api.listTokens).toHaveBeenCalledTimes(2);

    // The next form knows nothing of the one before.
    await userEvent.click(
      screen.getByRole('button', { name: 'Create a token' }),
    );
    expect((await dialog()).getByRole('textbox', { name: /Name/ })).toHaveValue(
      '',
    );
  });

  it('selects the secret where the browser has no clipboard', async () => {
    const form = await openForm(mockApi());
    writeText.mockRejectedValueOnce(new Error('Not allowed'));
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await submit();
    await userEvent.click(
      await form.findByRole('button', { name: 'Copy the secret' }),
    );
    expect(
      await form.findByText(/copy the selected text yourself/),
    ).toBeInTheDocument();
    expect(getSelection()?.toString()).toBe(SECRET);
  });

  it('offers only what the user holds', async () => {
    const form = await openForm(mockApi());
    expect(
      form.getAllByRole('checkbox').map(box => (box as HTMLInputElement).value),
    ).toEqual([
      'workflows:read',
      'workflows:execute',
      'instances:read',
      'tokens:read',
      'tokens:write',
    ]);
    expect(
      form.getAllByRole('radio').map(box => (box as HTMLInputElement).value),
    ).toEqual(['personal', 'trigger', 'group']);
  });

  it('offers service tokens to administrators of tokens', async () => {
    const api = mockApi({
      listScopes: jest.fn().mockResolvedValue({
        scopes: SCOPES.scopes.map(entry => ({
          ...entry,
          held: entry.held || entry.scope === 'tokens:admin',
        })),
      }),
    });
    const form = await openForm(api);
    await userEvent.click(form.getByRole('radio', { name: /Service/ }));
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'ci');
    await userEvent.click(
      form.getByRole('checkbox', { name: /instances:read/ }),
    );
    await submit();
    await waitFor(() =>
      expect(api.createToken).toHaveBeenCalledWith({
        kind: 'service',
        name: 'ci',
        scopes: ['instances:read'],
      }),
    );
  });

  it('narrows scopes to workflows', async () => {
    const api = mockApi();
    const form = await openForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'ci');
    expect(
      form.queryByRole('button', { name: /Only for these workflows/ }),
    ).toBeNull();
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:execute/ }),
    );
    await choose(/Only for these workflows/, 'Weather advice (weather)');
    await userEvent.keyboard('{Escape}');
    await submit();
    await waitFor(() =>
      expect(api.createToken).toHaveBeenCalledWith({
        kind: 'personal',
        name: 'ci',
        scopes: ['workflows:execute:weather'],
      }),
    );
  });

  it('makes a trigger token for a workflow', async () => {
    const api = mockApi();
    const form = await openForm(api);
    await userEvent.click(form.getByRole('radio', { name: /Trigger/ }));
    expect(form.queryByRole('checkbox')).toBeNull();
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'hook');
    await submit();
    expect(
      await form.findByText('Choose the workflow that the token starts.'),
    ).toBeInTheDocument();
    await choose(/Workflow/, 'Weather advice (weather)');
    await submit();
    await waitFor(() =>
      expect(api.createToken).toHaveBeenCalledWith({
        kind: 'trigger',
        name: 'hook',
        workflowId: 'weather',
      }),
    );
  });

  it('makes a token for a group of the user', async () => {
    const api = mockApi();
    const form = await openForm(api);
    await userEvent.click(form.getByRole('radio', { name: /Group/ }));
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'team');
    await choose(/Owner/, 'group:default/platform');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await submit();
    await waitFor(() =>
      expect(api.createToken).toHaveBeenCalledWith({
        kind: 'group',
        name: 'team',
        owner: 'group:default/platform',
        scopes: ['workflows:read'],
      }),
    );
  });

  it('says what is missing, and sends nothing', async () => {
    const api = mockApi();
    const form = await openForm(api);
    await submit();
    expect(await form.findByRole('alert')).toHaveTextContent(
      'The token was not created',
    );
    expect(form.getByRole('textbox', { name: /Name/ })).toBeInvalid();
    expect(
      form.getByRole('textbox', { name: /Name/ }),
    ).toHaveAccessibleDescription(/Give the token a name/);
    expect(form.getByText('Choose what the token may do.')).toBeInTheDocument();
    expect(api.createToken).not.toHaveBeenCalled();
  });

  it('shows every fault that the backend finds at its field', async () => {
    const api = mockApi();
    api.createToken.mockRejectedValueOnce(
      new OrchestratorRequestError(400, {
        error: {
          message: 'The request is not valid',
          code: 'request.invalid',
          faults: [
            {
              path: 'body/expiresInSeconds',
              message: 'must be at most 86400',
            },
            { path: 'body/allowedCidrs/0', message: 'is not a range' },
            { path: 'body/other', message: 'is odd' },
          ],
        },
      }),
    );
    const form = await openForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    const addresses = form.getByRole('textbox', {
      name: /Only from these addresses/,
    });
    await userEvent.type(addresses, 'x');
    await submit();

    expect(await form.findByText('Must be at most 86400')).toBeInTheDocument();
    expect(addresses).toHaveAccessibleDescription(/Is not a range/);
    expect(form.getByRole('alert')).toHaveTextContent('body/other is odd');

    // A field that changes loses its fault; the others keep theirs.
    await userEvent.type(addresses, 'y');
    expect(form.queryByText('Is not a range')).toBeNull();
    expect(form.getByText('Must be at most 86400')).toBeInTheDocument();

    await submit();
    expect(await form.findByText(SECRET)).toBeInTheDocument();
  });

  it.each([
    ['token.conflict', 409, 'textbox', /Name/],
    ['auth.missing_scope', 403, 'group', /Scopes/],
  ])('shows %s at its field', async (code, status, role, name) => {
    const api = mockApi();
    api.createToken.mockRejectedValue(
      new OrchestratorRequestError(status, {
        error: { message: 'No, for this reason', code },
      }),
    );
    const form = await openForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await submit();
    await form.findByText('No, for this reason');
    expect(form.getByRole(role, { name })).toHaveAccessibleDescription(
      /No, for this reason/,
    );
  });

  it('asks once, however often it is pressed, and waits for the answer', async () => {
    let answer = (_: Minted) => {};
    const api = mockApi();
    api.createToken.mockImplementation(
      () =>
        new Promise<Minted>(resolve => {
          answer = resolve;
        }),
    );
    const form = await openForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await userEvent.dblClick(
      form.getByRole('button', { name: 'Create the token' }),
    );
    // The token may be made by now: leaving would lose its secret.
    await userEvent.keyboard('{Escape}');
    await userEvent.click(form.getByRole('button', { name: 'Close' }));
    answer({ token: makeToken(), secret: SECRET });
    expect(await form.findByText(SECRET)).toBeInTheDocument();
    expect(api.createToken).toHaveBeenCalledTimes(1);
  });
});

describe('RotateTokenDialog', () => {
  async function openRotate(api: OrchestratorApi) {
    renderOrchestrator(api, '/tokens');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Actions for laptop' }),
    );
    await userEvent.click(
      await screen.findByRole('menuitem', { name: 'Rotate' }),
    );
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
    await choose(/The old secret goes on for/, '1 hour');
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
    await choose(/The old secret goes on for/, 'Not at all: it ends now');
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
