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

// What is not the life of one token: many at once, the bootstrap token, kinds that there are not, limits, and a restart.
import assert from 'node:assert/strict';
import { expectError } from '../Caller.mjs';
import { KINDS } from '../kinds.mjs';
import { withOtherSecret } from '../tokenText.mjs';

const kindOf = name => KINDS.find(({ kind }) => kind === name);

/**
 * @param {{ caller: import('../Caller.mjs').Caller, backend: import('../TokenBackend.mjs').TokenBackend,
 *   check: (name: string, check: () => unknown) => Promise<void>, bootstrap: { token: string, expiresAt: number } }} options
 */
export async function walkOthers({ caller, backend, check, bootstrap }) {
  await check('tokens of an agent are not made yet', async () => {
    const answer = await caller.as('carol', 'POST', '/tokens', {
      json: { kind: 'agent', name: 'agent', owner: 'group:default/platform' },
    });
    expectError(answer, 400, 'request.invalid');
  });

  await check(
    'nobody makes a token that is more than who makes it',
    async () => {
      for (const [person, json, status, code] of [
        ['alice', { kind: 'service', scopes: ['workflows:read'] }, 403],
        ['alice', { kind: 'personal', scopes: ['audit:read'] }, 403],
        [
          'alice',
          {
            kind: 'group',
            owner: 'group:default/payments',
            scopes: ['workflows:read'],
          },
          403,
          'auth.principal_not_allowed',
        ],
        [
          'bob',
          {
            kind: 'personal',
            scopes: ['workflows:read'],
            workspaces: ['default'],
          },
          403,
          'auth.workspace_forbidden',
        ],
        [
          'alice',
          {
            kind: 'personal',
            scopes: ['workflows:read'],
            expiresInSeconds: 365 * 86_400 + 1,
          },
          400,
          'request.invalid',
        ],
        [
          'alice',
          {
            kind: 'personal',
            scopes: ['workflows:read'],
            expiresInSeconds: 59,
          },
          400,
          'request.invalid',
        ],
      ]) {
        const answer = await caller.as(person, 'POST', '/tokens', {
          json: { name: 'more', ...json },
        });
        assert.equal(answer.status, status, answer.text);
        if (code) expectError(answer, status, code);
      }
    },
  );

  await check(
    'a token mints no token that lives longer, or does more',
    async () => {
      const personal = kindOf('personal');
      const { secret } = await caller.create(personal, {
        scopes: ['tokens:write', 'workflows:read'],
        expiresInSeconds: 600,
      });
      const mint = json =>
        caller.with(secret, 'POST', '/tokens', {
          json: { kind: 'personal', name: 'child', ...json },
        });
      const scopes = ['workflows:read'];
      expectError(
        await mint({ scopes, expiresInSeconds: 601 }),
        400,
        'request.invalid',
      );
      expectError(
        await mint({ scopes: ['workflows:execute'] }),
        403,
        'auth.missing_scope',
      );
      const child = await mint({ scopes });
      assert.equal(child.status, 201, child.text);
      assert.equal(
        Date.parse(child.body.token.expiresAt),
        backend.now + 600_000,
      );
    },
  );

  await check(
    'revoke-all counts without a change, and then ends them all',
    async () => {
      const own = [
        await caller.create(kindOf('personal')),
        await caller.create(kindOf('personal')),
        await caller.create(kindOf('trigger')),
      ];
      const others = await caller.create(kindOf('group'));
      const everyOne = async json =>
        caller.as('alice', 'POST', '/tokens/revoke-all', {
          json: { reason: 'a lost laptop', ...json },
        });
      const dry = await everyOne({ dryRun: true });
      assert.equal(dry.status, 200, dry.text);
      assert.ok(dry.body.count >= own.length, dry.text);
      for (const { secret } of own) await caller.expectAccepted(secret);
      const personal = await everyOne({ kind: 'personal' });
      assert.ok(
        personal.body.count >= 2 && personal.body.count < dry.body.count,
      );
      await caller.expectRefused(own[0].secret, 'auth.token_revoked');
      await caller.expectAccepted(own[2].secret);
      const rest = await everyOne({});
      assert.equal(rest.body.count, dry.body.count - personal.body.count);
      for (const { secret } of own) {
        await caller.expectRefused(secret, 'auth.token_revoked');
      }
      assert.deepEqual((await everyOne({})).body, { count: 0 });

      const group = { owner: 'group:default/payments' };
      expectError(await everyOne(group), 403, 'auth.missing_scope');
      await caller.expectAccepted(others.secret);
      const byAdmin = await caller.as('carol', 'POST', '/tokens/revoke-all', {
        json: { ...group, reason: 'the team is gone' },
      });
      assert.ok(byAdmin.body.count >= 1, byAdmin.text);
      await caller.expectRefused(others.secret, 'auth.token_revoked');
    },
  );

  await check(
    'explain and the audit log tell of tokens by their ids',
    async () => {
      const { token } = await caller.create(kindOf('group'));
      const explained = await caller.as('carol', 'POST', '/explain', {
        json: {
          scope: 'workflows:execute',
          workflowId: 'pay',
          tokenId: token.id,
        },
      });
      assert.equal(explained.status, 200, explained.text);
      assert.equal(explained.body.decision, 'allow', explained.text);
      const events = await caller.as(
        'carol',
        'GET',
        `/audit/events?tokenId=${token.id}`,
      );
      assert.equal(events.status, 200, events.text);
      assert.deepEqual(
        events.body.items.map(({ event, actor }) => [event, actor]),
        [['token.created', 'user:default/bob']],
      );
    },
  );

  await check('one who guesses the secret of a token is limited', async () => {
    const { secret } = await caller.create(kindOf('service'));
    const guess = withOtherSecret(secret);
    let answer;
    for (let count = 0; count < 11; count += 1) {
      answer = await caller.with(guess, 'GET', '/whoami');
    }
    expectError(answer, 429, 'auth.rate_limited');
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    await caller.expectAccepted(secret);
  });

  await check(
    'what is alive, and what is not, is so after a restart',
    async () => {
      const live = await caller.create(kindOf('service'));
      const dead = await caller.create(kindOf('service'));
      await caller.as('carol', 'DELETE', `/tokens/${dead.token.id}`);
      await backend.stop();
      await backend.start();
      await caller.expectAccepted(live.secret);
      await caller.expectRefused(dead.secret, 'auth.token_revoked');
    },
  );

  await check(
    'the bootstrap token works until it expires, and is no token of the list',
    async () => {
      const { principal } = await caller.expectAccepted(bootstrap.token);
      assert.equal(principal.ref, 'token:bootstrap');
      const made = await caller.with(bootstrap.token, 'POST', '/tokens', {
        json: {
          kind: 'service',
          name: 'first',
          scopes: ['workflows:read'],
          expiresInSeconds: 3_600,
        },
      });
      assert.equal(made.status, 201, made.text);
      assert.equal(made.body.token.createdBy, 'token:bootstrap');
      await caller.expectAccepted(made.body.secret);
      const list = await caller.as('carol', 'GET', '/tokens?limit=200');
      assert.ok(list.body.items.every(({ id }) => id !== 'bootstrap'));
      await backend.moveTo(bootstrap.expiresAt - 1);
      await caller.expectAccepted(bootstrap.token);
      await backend.moveTo(bootstrap.expiresAt);
      await caller.expectRefused(bootstrap.token, 'auth.token_expired');
    },
  );
}
