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
import { OrchestratorRequestError } from '../../api';
import {
  makeToken,
  mockApi,
  renderOrchestrator,
} from '../../__testUtils__/renderOrchestrator';
import { chooseAction } from '../../__testUtils__/tokenDialogs';

const PATH = '/tokens';

describe('TokenDialogs', () => {
  it('shows all that is known of a token', async () => {
    const api = mockApi({
      listTokens: jest.fn().mockResolvedValue({
        items: [
          makeToken({
            status: 'revoked',
            revokedAt: '2026-11-23T03:04:05.000Z',
            revokedBy: 'user:default/carol',
            revocationReason: 'left on a train',
            allowedCidrs: ['10.0.0.0/8'],
            workspaces: ['payments', 'platform'],
            useCount: 3,
          }),
        ],
      }),
    });
    renderOrchestrator(api, PATH);
    await chooseAction('laptop', 'Details');
    const dialog = await screen.findByRole('dialog', { name: 'laptop' });
    for (const text of [
      'aBcDeFgHiJkL',
      /by user:default\/carol/,
      'left on a train',
      '10.0.0.0/8',
      'payments, platform',
      '3 times',
    ]) {
      expect(within(dialog).getByText(text)).toBeInTheDocument();
    }
  });

  it('renames a token', async () => {
    const api = mockApi({
      listTokens: jest.fn().mockResolvedValue({ items: [makeToken()] }),
    });
    api.updateToken.mockRejectedValueOnce(
      new OrchestratorRequestError(409, {
        error: { message: 'The name is taken', code: 'token.conflict' },
      }),
    );
    renderOrchestrator(api, PATH);
    await chooseAction('laptop', 'Rename');
    const name = await screen.findByRole('textbox', { name: /Name/ });
    expect(name).toHaveValue('laptop');
    await userEvent.clear(name);
    await userEvent.type(name, 'desktop');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('The name is taken')).toBeInTheDocument();
    expect(name).toBeInvalid();
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(api.updateToken).toHaveBeenLastCalledWith('aBcDeFgHiJkL', {
      name: 'desktop',
      description: '',
    });
    expect(api.listTokens).toHaveBeenCalledTimes(2);
  });

  it('revokes a token once it is confirmed, with the reason', async () => {
    const api = mockApi({
      listTokens: jest.fn().mockResolvedValue({ items: [makeToken()] }),
    });
    renderOrchestrator(api, PATH);
    await chooseAction('laptop', 'Revoke');
    const dialog = within(await screen.findByRole('dialog'));
    expect(api.revokeToken).not.toHaveBeenCalled();
    await userEvent.type(
      dialog.getByRole('textbox', { name: /Reason/ }),
      'left on a train',
    );
    await userEvent.click(
      dialog.getByRole('button', { name: 'Revoke the token' }),
    );
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(api.revokeToken).toHaveBeenCalledWith('aBcDeFgHiJkL', {
      reason: 'left on a train',
    });
    await waitFor(() => expect(api.listTokens).toHaveBeenCalledTimes(2));
  });
});
