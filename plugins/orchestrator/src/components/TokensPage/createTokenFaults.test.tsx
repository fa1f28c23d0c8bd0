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

import userEvent from '@testing-library/user-event';
import { OrchestratorRequestError, type OrchestratorApi } from '../../api';
import {
  makeToken,
  mockApi,
  SECRET,
} from '../../__testUtils__/renderOrchestrator';
import {
  openTokenForm,
  submitTokenForm,
} from '../../__testUtils__/tokenDialogs';

type Minted = Awaited<ReturnType<OrchestratorApi['createToken']>>;

describe('the form of a new token', () => {
  it('says what is missing, and sends nothing', async () => {
    const api = mockApi();
    const form = await openTokenForm(api);
    await submitTokenForm();
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
    const form = await openTokenForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    const addresses = form.getByRole('textbox', {
      name: /Only from these addresses/,
    });
    await userEvent.type(addresses, 'x');
    await submitTokenForm();

    expect(await form.findByText('Must be at most 86400')).toBeInTheDocument();
    expect(addresses).toHaveAccessibleDescription(/Is not a range/);
    expect(form.getByRole('alert')).toHaveTextContent('body/other is odd');

    // A field that changes loses its fault; the others keep theirs.
    await userEvent.type(addresses, 'y');
    expect(form.queryByText('Is not a range')).toBeNull();
    expect(form.getByText('Must be at most 86400')).toBeInTheDocument();

    await submitTokenForm();
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
    const form = await openTokenForm(api);
    await userEvent.type(form.getByRole('textbox', { name: /Name/ }), 'laptop');
    await userEvent.click(
      form.getByRole('checkbox', { name: /workflows:read/ }),
    );
    await submitTokenForm();
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
    const form = await openTokenForm(api);
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
