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

import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { OrchestratorApi } from '../api';
import { renderOrchestrator } from './renderOrchestrator';

/** The dialog that is open. */
export const dialog = async () => within(await screen.findByRole('dialog'));

/** Opens the form of a new token. */
export async function openTokenForm(api: OrchestratorApi) {
  renderOrchestrator(api, '/tokens');
  await userEvent.click(
    await screen.findByRole('button', { name: 'Create a token' }),
  );
  return dialog();
}

/** Sends the form of a new token. */
export const submitTokenForm = async () =>
  userEvent.click(
    (await dialog()).getByRole('button', { name: 'Create the token' }),
  );

/** Opens the list of a field in the dialog, and chooses. */
export async function chooseOption(field: RegExp, option: string) {
  await userEvent.click((await dialog()).getByRole('button', { name: field }));
  await userEvent.click(await screen.findByRole('option', { name: option }));
}

/** Opens what can be done with a token, and chooses. */
export async function chooseAction(name: string, action: string) {
  await userEvent.click(
    await screen.findByRole('button', { name: `Actions for ${name}` }),
  );
  await userEvent.click(await screen.findByRole('menuitem', { name: action }));
}

/** Everything of this browser that outlives a dialog. */
export const traces = () =>
  [
    document.documentElement.outerHTML,
    window.location.href,
    JSON.stringify({ ...localStorage }),
    JSON.stringify({ ...sessionStorage }),
  ].join();
