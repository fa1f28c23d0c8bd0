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
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { openWorkflow, section, waitForState } from './page.mjs';

const axe = fs.readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** What is not of this repository: Backstage's sidebar, and where React Aria announces changes. */
const NOT_OURS = [['nav[aria-label="sidebar nav"]'], ['[data-live-announcer]']];

/** Fails where axe finds a fault on the page. */
async function assertAccessible(page, what) {
  await page.evaluate(axe);
  const faults = await page.evaluate(async exclude => {
    const { violations } = await window.axe.run(
      { exclude },
      { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] },
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`,
      ),
    );
  }, NOT_OURS);
  assert.deepEqual(faults, [], what);
}

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
      const overflow = await page.evaluate(
        () =>
          document.documentElement.scrollWidth -
          document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0, 'the page scrolls sideways on a narrow screen');
    },
  },
];
