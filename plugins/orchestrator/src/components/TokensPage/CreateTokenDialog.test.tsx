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
import {
  mockApi,
  SCOPES,
  SECRET,
  WEATHER,
} from '../../__testUtils__/renderOrchestrator';
import {
  chooseOption,
  dialog,
  openTokenForm,
  submitTokenForm,
  traces,
} from '../../__testUtils__/tokenDialogs';

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

describe('CreateTokenDialog', () => {
  it('makes a token of what was chosen, and shows its secret once', async () => {
    const api = mockApi();
    const logs = (['log', 'info', 'debug', 'warn', 'error'] as const).map(
      name => jest.spyOn(console, name),
    );
    const form = await openTokenForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:execute/ }),
    );
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await chooseOption(/Expires after/, '30 days');
    await userEvent.type(
      form.getByRole('textbox', { name: /Only from these addresses/ }),
      '10.0.0.0/8',
    );
    await submitTokenForm();

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
    const form = await openTokenForm(mockApi());
    writeText.mockRejectedValueOnce(new Error('Not allowed'));
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await submitTokenForm();
    await userEvent.click(
      await form.findByRole('button', { name: 'Copy the secret' }),
    );
    expect(
      await form.findByText(/copy the selected text yourself/),
    ).toBeInTheDocument();
    expect(getSelection()?.toString()).toBe(SECRET);
  });

  it('offers only what the user holds', async () => {
    const form = await openTokenForm(mockApi());
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
    const form = await openTokenForm(api);
    await userEvent.click(form.getByRole('radio', { name: /Service/ }));
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'ci');
    await userEvent.click(
      form.getByRole('checkbox', { name: /instances:read/ }),
    );
    await submitTokenForm();
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
    const form = await openTokenForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'ci');
    expect(
      form.queryByRole('button', { name: /Only for these workflows/ }),
    ).toBeNull();
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:execute/ }),
    );
    await chooseOption(/Only for these workflows/, 'Weather advice (weather)');
    await userEvent.keyboard('{Escape}');
    await submitTokenForm();
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
    const form = await openTokenForm(api);
    await userEvent.click(form.getByRole('radio', { name: /Trigger/ }));
    expect(form.queryByRole('checkbox')).toBeNull();
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'hook');
    await submitTokenForm();
    expect(
      await form.findByText('Choose the workflow that the token starts.'),
    ).toBeInTheDocument();
    await chooseOption(/Workflow/, 'Weather advice (weather)');
    await submitTokenForm();
    await waitFor(() =>
      expect(api.createToken).toHaveBeenCalledWith({
        kind: 'trigger',
        name: 'hook',
        workflowId: 'weather',
      }),
    );
  });

  it('lets ids be typed where there are more workflows than are listed', async () => {
    const api = mockApi({
      listWorkflows: jest.fn().mockResolvedValue({
        overviews: [WEATHER],
        totalCount: 201,
        paginationInfo: {},
      }),
    });
    const form = await openTokenForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'ci');
    await userEvent.click(
      form.getByRole('checkbox', { name: /instances:read/ }),
    );
    await userEvent.type(
      form.getByRole('textbox', { name: /Only for these workflows/ }),
      'far, away',
    );
    await submitTokenForm();
    await waitFor(() =>
      expect(api.createToken).toHaveBeenCalledWith({
        kind: 'personal',
        name: 'ci',
        scopes: ['instances:read:far', 'instances:read:away'],
      }),
    );
  });

  it('makes a token for a group of the user', async () => {
    const api = mockApi();
    const form = await openTokenForm(api);
    await userEvent.click(form.getByRole('radio', { name: /Group/ }));
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'team');
    await chooseOption(/Owner/, 'group:default/platform');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await submitTokenForm();
    await waitFor(() =>
      expect(api.createToken).toHaveBeenCalledWith({
        kind: 'group',
        name: 'team',
        owner: 'group:default/platform',
        scopes: ['workflows:read'],
      }),
    );
  });
});
