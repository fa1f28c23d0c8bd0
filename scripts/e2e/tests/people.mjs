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

// What different people see.
import assert from 'node:assert/strict';
import { runIdOf, section, startRun, waitForState } from './page.mjs';

async function workflowsOf(page) {
  const links = section(page, 'Workflows').getByRole('link');
  await links.first().waitFor();
  return (await links.allInnerTexts()).sort();
}

async function startAsAlice(signIn) {
  const page = await signIn('Alice Andersen');
  await startRun(page, 'Weather advice', { city: 'Lagos' });
  await waitForState(page, 'Completed');
  return runIdOf(page);
}

export const peopleTests = [
  {
    name: 'the page says who the user is, what the user may do and why',
    async run({ signIn }) {
      const page = await signIn('Bob Brandt');
      const access = section(page, 'My access');
      await access.getByText('user:default/bob').waitFor();
      const execute = access
        .getByRole('listitem')
        .filter({ hasText: 'workflows:execute' });
      assert.match(
        await execute.innerText(),
        /grant payments-team \(workspaces: payments, platform\)/,
      );
      await access.getByText('workflows:write').waitFor();
    },
  },
  {
    name: 'nobody sees the runs of somebody else',
    async run({ signIn, expectStatus }) {
      expectStatus(404);
      const id = await startAsAlice(signIn);
      const page = await signIn('Bob Brandt');
      await section(page, 'My runs')
        .getByText(/There is no run yet/)
        .waitFor();
      assert.equal(await page.getByText(id).count(), 0);

      await page.goto(`/orchestrator/runs/${id}`);
      const alert = page.getByRole('alert');
      await alert.getByText(/instance\.not_found/).waitFor();
      assert.doesNotMatch(await page.content(), /user:default\/alice|Lagos/);
    },
  },
  {
    name: "an administrator sees everybody's runs, or only their own",
    async run({ signIn }) {
      const id = await startAsAlice(signIn);
      const page = await signIn('Carol Cohen');
      const runs = section(page, 'Runs');
      const row = runs.getByRole('row').filter({ hasText: id });
      await row.getByText('user:default/alice').waitFor();

      await runs.getByText('Only mine').click();
      await runs.getByText(/There is no run yet/).waitFor();
      assert.match(page.url(), /mine=true/);

      await page.goto(`/orchestrator/runs/${id}`);
      await waitForState(page, 'Completed');
    },
  },
  {
    name: 'a grant shows the workflows of its workspaces',
    async run({ signIn }) {
      assert.deepEqual(await workflowsOf(await signIn('Alice Andersen')), [
        'Nightly report',
        'Refund',
        'Weather advice',
      ]);
      assert.deepEqual(await workflowsOf(await signIn('Bob Brandt')), [
        'Refund',
        'Weather advice',
      ]);
    },
  },
  {
    name: 'the permission policy narrows what the grants give',
    async run({ signIn, expectStatus }) {
      expectStatus(404);
      const page = await signIn('Dave Diaz');
      assert.deepEqual(await workflowsOf(page), ['Weather advice']);
      await section(page, 'My access')
        .getByText(/Because of the defaults/)
        .first()
        .waitFor();
      await page.goto('/orchestrator/workflows/refund');
      await page
        .getByRole('alert')
        .getByText(/workflow\.not_found/)
        .waitFor();
    },
  },
  {
    name: 'a user signs out and somebody else signs in',
    async run({ signIn }) {
      const page = await signIn('Alice Andersen', '/settings');
      await page.getByText('Alice Andersen').first().waitFor();
      await page.getByRole('button', { name: /more/i }).first().click();
      await page.getByText('Sign Out').click();
      await page.getByRole('button', { name: 'Sign in as Bob Brandt' }).click();
      await page.goto('/orchestrator');
      await section(page, 'My access').getByText('user:default/bob').waitFor();
    },
  },
];
