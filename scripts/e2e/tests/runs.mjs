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

// What a user does on the page.
import assert from 'node:assert/strict';
import {
  openWorkflow,
  runIdOf,
  section,
  startRun,
  waitForState,
} from './page.mjs';

export const runTests = [
  {
    name: 'a user starts a workflow and watches it end',
    async run({ signIn }) {
      const page = await signIn('Alice Andersen');
      await openWorkflow(page, 'Weather advice');
      const input = page.getByRole('textbox', { name: 'Input (JSON)' });
      assert.deepEqual(JSON.parse(await input.inputValue()), { city: 'Oslo' });
      await page.getByRole('button', { name: 'Run', exact: true }).click();

      await waitForState(page, 'Completed');
      await section(page, 'Result')
        .getByText(/Oslo: -4 °C/)
        .waitFor();
      for (const step of ['Ask', 'Judge', 'Cold', 'Report']) {
        await section(page, 'Steps')
          .getByRole('rowheader', { name: new RegExp(`^${step}`) })
          .first()
          .waitFor();
      }
      await section(page, 'Log')
        .getByText('Asking for the weather in Oslo')
        .waitFor();
      await page.getByText('user:default/alice').waitFor();

      // The address alone brings the run back.
      const id = runIdOf(page);
      await page.reload();
      await waitForState(page, 'Completed');
      assert.equal(runIdOf(page), id);
      await page.getByRole('link', { name: 'Orchestrator' }).first().click();
      await section(page, 'My runs').getByText(id).waitFor();
    },
  },
  {
    name: 'the page follows a run that takes its time',
    async run({ signIn }) {
      const page = await signIn('Alice Andersen');
      await startRun(page, 'Nightly report', { period: 'this test' });
      await waitForState(page, 'Running');
      await waitForState(page, 'Completed');
      await section(page, 'Result')
        .getByText('Report for this test: 128 orders, 3 returns')
        .waitFor();
    },
  },
  {
    name: 'a workflow branches on its input',
    async run({ signIn }) {
      const page = await signIn('Alice Andersen');
      for (const [amount, decision] of [
        [20, 'paid at once'],
        [800, 'paid after a review'],
      ]) {
        await page.goto('/orchestrator');
        await startRun(page, 'Refund', {
          orderId: 'AB-1234',
          amount,
          reason: 'late',
        });
        await waitForState(page, 'Completed');
        await section(page, 'Result')
          .getByText(`Order AB-1234: ${decision}`)
          .waitFor();
      }
    },
  },
  {
    name: 'every fault of an input is shown, and nothing is started',
    async run({ signIn, expectStatus }) {
      expectStatus(400);
      const page = await signIn('Alice Andersen');
      await startRun(page, 'Refund', { amount: 'a lot', colour: 'red' });
      const alert = page.getByRole('alert');
      await alert.waitFor();
      const text = await alert.innerText();
      for (const fault of [/orderId/, /reason/, /amount/, /additional/i]) {
        assert.match(text, fault);
      }
      assert.match(page.url(), /\/orchestrator\/workflows\/refund$/);

      await page.getByRole('textbox', { name: 'Input (JSON)' }).fill('{');
      await page.getByText('This is not valid JSON').waitFor();
      assert.ok(
        await page
          .getByRole('button', { name: 'Run', exact: true })
          .isDisabled(),
      );
    },
  },
  {
    name: 'a failed run shows why, can be run again and aborted',
    async run({ signIn }) {
      const page = await signIn('Alice Andersen');
      await startRun(page, 'Refund', {
        orderId: 'AB-6666',
        amount: 10,
        reason: 'fraud',
      });
      await waitForState(page, 'Failed');
      await page
        .getByText(/Suspected fraud on order AB-6666/)
        .first()
        .waitFor();

      await page.getByRole('button', { name: 'Retrigger' }).click();
      await page.getByRole('button', { name: 'Retrigger the run' }).click();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      // It fails again, for the same reason.
      await waitForState(page, 'Failed');

      await page.getByRole('button', { name: 'Abort', exact: true }).click();
      await page.getByRole('button', { name: 'Abort the run' }).click();
      await waitForState(page, 'Aborted');
      assert.equal(
        await page.getByRole('button', { name: 'Retrigger' }).count(),
        0,
      );
    },
  },
  {
    name: 'a run under way is aborted',
    async run({ signIn }) {
      const page = await signIn('Alice Andersen');
      await startRun(page, 'Nightly report', { period: 'by hand' });
      await waitForState(page, 'Running');
      await page.getByRole('button', { name: 'Abort', exact: true }).click();
      await page.getByRole('button', { name: 'Abort the run' }).click();
      await waitForState(page, 'Aborted');
    },
  },
];
