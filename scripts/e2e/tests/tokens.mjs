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

// What a user does with tokens on the page, and what a script then does with them.
import assert from 'node:assert/strict';
import { call } from './call.mjs';
import { section } from './page.mjs';

/** Copies the secret that the page shows, and closes the dialog that shows it. */
async function takeSecret(page, baseUrl) {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], {
    origin: baseUrl,
  });
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Copy the secret' }).click();
  await dialog.getByText('The secret is in the clipboard.').waitFor();
  const secret = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(
    await dialog.getByRole('region', { name: 'Secret' }).innerText(),
    secret,
  );
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await assertForgotten(page, secret);
  return secret;
}

/** Fails where the browser still has a secret in a place that outlives the dialog. */
async function assertForgotten(page, secret) {
  const traces = await page.evaluate(() =>
    [
      document.documentElement.outerHTML,
      location.href,
      JSON.stringify({ ...localStorage }),
      JSON.stringify({ ...sessionStorage }),
      document.cookie,
    ].join(),
  );
  assert.ok(!traces.includes(secret), 'the secret is still in the browser');
}

/** Opens what can be done with a token, and chooses. */
async function act(page, name, action) {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
  // A menu is a dialog too, while it fades out.
  await page.getByRole('menu').waitFor({ state: 'hidden' });
  return page.getByRole('dialog');
}

/** Opens the form of a new token. */
export async function openTokenForm(page) {
  await page.getByRole('link', { name: 'My tokens' }).first().click();
  await page.getByRole('button', { name: 'Create a token' }).click();
  return page.getByRole('dialog');
}

async function chooseOption(page, dialog, field, option) {
  await dialog.getByRole('button', { name: field }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function whoami(baseUrl, secret) {
  const { status, body } = await call(baseUrl, secret, 'GET', '/whoami');
  return { status, code: body.error?.code, principal: body.principal };
}

export const tokenTests = [
  {
    name: 'a user makes a token, calls the API with it, rotates it and revokes it',
    async run({ signIn, baseUrl }) {
      const page = await signIn('Alice Andersen');
      const form = await openTokenForm(page);
      await form.getByRole('textbox', { name: 'Name' }).fill('laptop');
      await form.getByText('workflows:read', { exact: true }).click();
      await form.getByText('workflows:execute', { exact: true }).click();
      await form.getByText('instances:read', { exact: true }).click();
      await chooseOption(page, form, /Expires after/, '1 day');
      await form.getByRole('button', { name: 'Create the token' }).click();
      const first = await takeSecret(page, baseUrl);

      const known = await whoami(baseUrl, first);
      assert.equal(known.status, 200, JSON.stringify(known));
      assert.equal(known.principal.type, 'token');
      assert.equal(known.principal.ref, 'user:default/alice');
      const started = await call(
        baseUrl,
        first,
        'POST',
        '/workflows/weather/execute',
        { inputData: { city: 'Oslo' } },
      );
      assert.equal(started.status, 200, JSON.stringify(started.body));
      const refused = await call(
        baseUrl,
        first,
        'DELETE',
        `/workflows/instances/${started.body.id}/abort`,
      );
      assert.equal(refused.status, 403);
      assert.deepEqual(refused.body.error.requiredScopes, ['instances:write']);

      // What the token has started is the user's own run.
      await page.getByRole('link', { name: 'Overview' }).click();
      await section(page, 'My runs').getByText(started.body.id).waitFor();
      await page.getByRole('link', { name: 'My tokens' }).click();

      const rotation = await act(page, 'laptop', 'Rotate');
      await chooseOption(
        page,
        rotation,
        /The old secret goes on for/,
        'Not at all: it ends now',
      );
      await rotation.getByRole('button', { name: 'Rotate the token' }).click();
      const second = await takeSecret(page, baseUrl);
      assert.notEqual(second, first);
      // An end that was set for a secret is known to whoever still holds it.
      const old = await whoami(baseUrl, first);
      assert.equal(old.status, 401);
      assert.match(old.code, /^auth\.token_(revoked|expired)$/);
      assert.equal((await whoami(baseUrl, second)).status, 200);

      const revocation = await act(page, 'laptop', 'Revoke');
      await revocation
        .getByRole('textbox', { name: 'Reason' })
        .fill('left on a train');
      await revocation
        .getByRole('button', { name: 'Revoke the token' })
        .click();
      await revocation.waitFor({ state: 'hidden' });
      const row = page.getByRole('row').filter({ hasText: 'laptop' });
      await row.getByText('Revoked').waitFor();
      const gone = await whoami(baseUrl, second);
      assert.equal(gone.status, 401);
      assert.equal(gone.code, 'auth.token_revoked');

      const details = await act(page, 'laptop', 'Details');
      await details.getByText('left on a train').waitFor();
      await details
        .getByText(/by user:default\/alice/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'a token for one workflow, and faults at their fields',
    async run({ signIn, baseUrl, expectStatus }) {
      expectStatus(400);
      expectStatus(409);
      const page = await signIn('Bob Brandt');
      const form = await openTokenForm(page);
      await form.getByText(/^Trigger: /).click();
      await form.getByRole('textbox', { name: 'Name' }).fill('webhook');
      await chooseOption(page, form, /Workflow/, 'Weather advice (weather)');
      const addresses = form.getByRole('textbox', {
        name: /Only from these addresses/,
      });
      await addresses.fill('not an address');
      const create = form.getByRole('button', { name: 'Create the token' });
      await create.click();
      await form.getByRole('alert').getByText('was not created').waitFor();
      assert.equal(await addresses.getAttribute('aria-invalid'), 'true');
      await addresses.fill('127.0.0.0/8, ::1');
      await create.click();
      const secret = await takeSecret(page, baseUrl);

      const statuses = [];
      for (const id of ['weather', 'refund']) {
        const { status } = await call(
          baseUrl,
          secret,
          'POST',
          `/workflows/${id}/execute`,
          { inputData: { city: 'Berlin' } },
        );
        statuses.push(status);
      }
      assert.deepEqual(statuses, [200, 403]);

      // The name is taken as long as the token lives.
      const again = await openTokenForm(page);
      await again.getByRole('textbox', { name: 'Name' }).fill('webhook');
      await again.getByText('workflows:read', { exact: true }).click();
      await again.getByRole('button', { name: 'Create the token' }).click();
      await again.getByRole('alert').waitFor();
      assert.equal(
        await again
          .getByRole('textbox', { name: 'Name' })
          .getAttribute('aria-invalid'),
        'true',
      );
    },
  },
  {
    name: 'nobody sees the tokens of somebody else, but an administrator does',
    async run({ signIn, baseUrl }) {
      const page = await signIn('Dave Diaz');
      const form = await openTokenForm(page);
      await form.getByRole('textbox', { name: 'Name' }).fill('of dave');
      await form.getByText('workflows:read', { exact: true }).click();
      await form.getByRole('button', { name: 'Create the token' }).click();
      const secret = await takeSecret(page, baseUrl);
      // The permission policy narrows the token as it narrows its owner.
      const { body } = await call(
        baseUrl,
        secret,
        'POST',
        '/workflows/overview',
        {},
      );
      assert.deepEqual(
        body.overviews.map(({ workflowId }) => workflowId),
        ['weather'],
      );

      const bob = await signIn('Bob Brandt', '/orchestrator/tokens');
      const mine = section(bob, 'My tokens');
      await mine.getByRole('button', { name: /Status/ }).waitFor();
      await mine.getByRole('grid').waitFor();
      assert.equal(await mine.getByText('of dave').count(), 0);

      const carol = await signIn('Carol Cohen', '/orchestrator/tokens');
      const all = section(carol, 'Tokens');
      await all.getByText('of dave').waitFor();
      await all.getByText('Only mine').click();
      await all.getByText('of dave').waitFor({ state: 'hidden' });
    },
  },
];
