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

// What axe finds on each page, and a narrow screen.
import assert from 'node:assert/strict';
import { assertAccessible, assertFits } from './axe.mjs';
import { openWorkflow, section, waitForState } from './page.mjs';

export const accessibilityTests = [
  {
    name: 'axe finds no fault on the pages',
    async run({ openPage }) {
      const page = await openPage();
      await page.goto('/orchestrator');
      const signIn = page.getByRole('button', {
        name: 'Sign in as Alice Andersen',
      });
      await signIn.waitFor();
      await assertAccessible(page, 'sign-in page');

      // By keyboard alone.
      await signIn.focus();
      await page.keyboard.press('Enter');
      await section(page, 'My access').getByText('workflows:write').waitFor();
      await openWorkflow(page, 'Refund');
      await page
        .getByRole('textbox', { name: 'Input (JSON)' })
        .fill('{"orderId": "AB-1", "amount": 0}');
      await page.getByRole('button', { name: 'Run', exact: true }).focus();
      await assertAccessible(page, 'workflow');

      await page
        .getByRole('textbox', { name: 'Input (JSON)' })
        .fill('{"orderId": "AB-1111", "amount": 5, "reason": "fraud"}');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await waitForState(page, 'Failed');
      // A row under the pointer has the colours of Backstage UI, which are too close to each other.
      await page.mouse.move(0, 0);
      await section(page, 'Log').getByText('Suspected fraud').waitFor();
      await assertAccessible(page, 'run');

      await page.getByRole('link', { name: 'Orchestrator' }).first().click();
      await section(page, 'My runs').getByText('Failed').first().waitFor();
      await section(page, 'My access').getByText('workflows:write').waitFor();
      await page.mouse.move(0, 0);
      await assertAccessible(page, 'overview');

      await page.setViewportSize({ width: 400, height: 800 });
      await assertFits(page, 'overview');
    },
  },
  ...['light', 'dark'].map(colorScheme => ({
    name: `axe finds no fault where tokens are made, in ${colorScheme}`,
    async run({ signIn }) {
      const page = await signIn('Alice Andersen', '/orchestrator/tokens');
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.getByRole('button', { name: 'Create a token' }).waitFor();
      await section(page, 'My tokens').getByRole('grid').waitFor();
      await assertAccessible(page, 'tokens');

      // By keyboard alone: the form, its faults, the secret, and back to where it began.
      const create = page.getByRole('button', { name: 'Create a token' });
      await create.focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      const name = dialog.getByRole('textbox', { name: 'Name' });
      await name.waitFor();
      await name.press('Enter');
      await dialog.getByRole('alert').waitFor();
      await assertAccessible(page, 'form with faults');
      await name.fill(`in ${colorScheme}`);
      await dialog
        .getByRole('checkbox', { name: /workflows:execute/ })
        .press('Space');
      await dialog
        .getByRole('button', { name: /Only for these workflows/ })
        .waitFor();
      await assertAccessible(page, 'form');
      await name.press('Enter');
      await dialog.getByRole('region', { name: 'Secret' }).waitFor();
      await assertAccessible(page, 'secret');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'hidden' });
      assert.ok(await create.evaluate(it => it === document.activeElement));
      const row = page
        .getByRole('row')
        .filter({ hasText: `in ${colorScheme}` });
      for (const action of ['Details', 'Rename', 'Rotate', 'Revoke']) {
        // A row is entered as a whole; its last cell is one step to the left.
        await row.focus();
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('Enter');
        await page.getByRole('menuitem', { name: action }).press('Enter');
        // A menu is a dialog too, while it fades out.
        await page.getByRole('menu').waitFor({ state: 'hidden' });
        await dialog.waitFor();
        await assertAccessible(page, action);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
      }
    },
  })),
  {
    name: 'tokens are made on a narrow screen',
    async run({ signIn }) {
      const page = await signIn('Alice Andersen', '/orchestrator/tokens', {
        viewport: { width: 400, height: 800 },
      });
      await page.getByRole('button', { name: 'Create a token' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Name' }).fill('pocket');
      await dialog.getByText('workflows:read', { exact: true }).click();
      await assertFits(page, 'form');
      await dialog.getByRole('button', { name: 'Create the token' }).click();
      await dialog.getByRole('region', { name: 'Secret' }).waitFor();
      await assertFits(page, 'secret');
      await assertAccessible(page, 'secret');
      await dialog.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByText('pocket').waitFor();
      await assertFits(page, 'tokens');
      await assertAccessible(page, 'tokens');
      await page.getByRole('button', { name: 'Actions for pocket' }).click();
      await page.getByRole('menuitem', { name: 'Details' }).click();
      await page.getByRole('dialog', { name: 'pocket', exact: true }).waitFor();
      await assertFits(page, 'details');
    },
  },
];
