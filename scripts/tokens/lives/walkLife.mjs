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

// The whole life of one token of a kind, from its making to after its end.
import assert from 'node:assert/strict';
import { expectError } from '../Caller.mjs';
import { isToken, ORCHESTRATOR_TOKEN, withOtherSecret } from '../tokenText.mjs';

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

/** A token without what tells of its uses, which are written down at any time. */
function withoutUses(token) {
  return {
    ...token,
    useCount: undefined,
    lastUsedAt: undefined,
    lastUsedFrom: undefined,
  };
}

/**
 * @param {{ kind: import('../kinds.mjs').Kind, caller: import('../Caller.mjs').Caller, backend: import('../TokenBackend.mjs').TokenBackend,
 *   check: (name: string, check: () => unknown) => Promise<void> }} options
 */
export async function walkLife({ kind, caller, backend, check }) {
  const { minter } = kind;
  const routeOf = id => `/tokens/${id}`;
  let token;
  let secret;

  await check('is created, with a secret that is shown once', async () => {
    ({ token, secret } = await caller.create(kind));
    const { groups } = ORCHESTRATOR_TOKEN.exec(secret);
    assert.ok(isToken(secret));
    assert.deepEqual([groups.kind, groups.id], [kind.code, token.id]);
    assert.equal(token.kind, kind.kind);
    assert.equal(token.owner, kind.owner);
    assert.equal(token.createdBy, `user:default/${minter}`);
    assert.equal(token.status, 'active');
    assert.equal(token.useCount, 0);
    assert.equal(token.hint, `orch_${kind.code}_…${secret.slice(-4)}`);
    assert.equal(Date.parse(token.createdAt), backend.now);
    assert.equal(Date.parse(token.expiresAt), backend.now + 90 * DAY);
    assert.ok(
      !JSON.stringify(await caller.show(kind, token.id)).includes(secret),
    );
  });

  await check('is who it is meant to be', async () => {
    const { principal, expiresAt } = await caller.expectAccepted(secret);
    assert.deepEqual(principal, {
      type: 'token',
      ref: kind.ref(token.id),
      tokenId: token.id,
    });
    assert.equal(expiresAt, token.expiresAt);
  });

  await check('does what it may, and its run is whose it is', async () => {
    const started = await caller.with(
      secret,
      'POST',
      `/workflows/${kind.workflowId}/execute`,
      { json: { inputData: {} } },
    );
    assert.equal(started.status, 200, started.text);
    const route = `/workflows/instances/${started.body.id}`;
    const own = await caller.with(secret, 'GET', route);
    if (kind.reads) {
      assert.equal(own.body.initiatorEntity, kind.ref(token.id));
    } else {
      expectError(own, 403, 'auth.missing_scope');
    }
    // Lists know of a group that never started anything after some seconds at most.
    await backend.advance(10 * SECOND);
    for (const person of ['alice', 'bob', 'dave']) {
      const one = await caller.as(person, 'GET', route);
      const list = await caller.as(person, 'POST', '/workflows/instances', {
        json: { paginationInfo: { pageSize: 200 } },
      });
      const isListed = list.body.items.some(({ id }) => id === started.body.id);
      const isOwn = kind.sees.includes(person);
      assert.deepEqual(
        [one.status, isListed],
        [isOwn ? 200 : 404, isOwn],
        `${person}: ${one.text}`,
      );
      assert.equal(list.body.totalCount, list.body.items.length);
    }
  });

  await check('does nothing else', async () => {
    for (const [method, route, status, code] of kind.refused) {
      const body = method === 'POST' ? { json: {} } : undefined;
      expectError(await caller.with(secret, method, route, body), status, code);
    }
  });

  await check(
    'is listed and shown to who made it, and to no other',
    async () => {
      const list = await caller.as(minter, 'GET', `/tokens?kind=${kind.kind}`);
      const listed = list.body.items.find(({ id }) => id === token.id);
      const shown = await caller.show(kind, token.id);
      assert.deepEqual(withoutUses(listed), withoutUses(shown));
      const others = await caller.as('dave', 'GET', '/tokens');
      assert.deepEqual(others.body, { items: [] });
      for (const [method, route] of [
        ['GET', ''],
        ['PATCH', ''],
        ['DELETE', ''],
        ['POST', '/rotate'],
        ['POST', '/revoke'],
      ]) {
        const bodies = { PATCH: { name: 'mine' }, POST: {} };
        const json = bodies[method];
        const answer = await caller.as(
          'dave',
          method,
          `${routeOf(token.id)}${route}`,
          { json },
        );
        const none = await caller.as(
          'dave',
          method,
          `/tokens/000000000000${route}`,
          { json },
        );
        expectError(answer, 404, 'token.not_found');
        // What it says of another's token is what it says of none.
        assert.equal(
          answer.text.replaceAll(token.id, '000000000000'),
          none.text,
        );
      }
    },
  );

  await check('is renamed, and by its name alone', async () => {
    const name = `${kind.kind} renamed`;
    const renamed = await caller.as(minter, 'PATCH', routeOf(token.id), {
      json: { name, description: 'What it is for' },
    });
    assert.deepEqual(
      [renamed.status, renamed.body.name, renamed.body.description],
      [200, name, 'What it is for'],
    );
    for (const json of [{ scopes: ['audit:read'] }, { name: '' }]) {
      expectError(
        await caller.as(minter, 'PATCH', routeOf(token.id), { json }),
        400,
        'request.invalid',
      );
    }
    const taken = await caller.as(minter, 'POST', '/tokens', {
      json: { kind: kind.kind, name, ...kind.request },
    });
    expectError(taken, 409, 'token.conflict');
  });

  await check('is refused with a secret that is not its own', async () => {
    await caller.expectRefused(withOtherSecret(secret), 'auth.invalid_token');
    await caller.expectRefused(`${secret}0`, 'auth.invalid_token');
  });

  await check('tells when and how often it was used', async () => {
    // Uses are written down once a minute at most.
    await backend.advance(60 * SECOND);
    await caller.expectAccepted(secret);
    const end = Date.now() + 30 * SECOND;
    for (;;) {
      const { useCount, lastUsedAt, lastUsedFrom } = await caller.show(
        kind,
        token.id,
      );
      if (useCount > 0) {
        assert.ok(Date.parse(lastUsedAt) <= backend.now);
        assert.match(lastUsedFrom, /^(127\.0\.0\.1|::1)$/);
        break;
      }
      assert.ok(Date.now() < end, 'It was never said to be used');
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  });

  await check('is of use from its networks only', async () => {
    const near = await caller.create(kind, {
      allowedCidrs: ['127.0.0.0/8', '::1'],
    });
    await caller.expectAccepted(near.secret);
    const far = await caller.create(kind, {
      allowedCidrs: ['192.0.2.0/24', '2001:db8::/32'],
    });
    expectError(
      await caller.with(far.secret, 'GET', '/whoami'),
      403,
      'auth.principal_not_allowed',
    );
    expectError(
      await caller.as(minter, 'POST', '/tokens', {
        json: {
          kind: kind.kind,
          name: 'nowhere',
          ...kind.request,
          allowedCidrs: ['300.0.0.0/8'],
        },
      }),
      400,
      'request.invalid',
    );
  });

  await check('is revoked for a reason, once and for all', async () => {
    const revoke = reason =>
      caller.as(minter, 'POST', `${routeOf(token.id)}/revoke`, {
        json: { reason },
      });
    const first = await revoke('no longer needed');
    assert.equal(first.status, 200, first.text);
    assert.deepEqual(
      [first.body.status, first.body.revokedBy, first.body.revocationReason],
      ['revoked', `user:default/${minter}`, 'no longer needed'],
    );
    await backend.advance(SECOND);
    const again = await revoke('another reason');
    assert.equal(again.status, 200);
    assert.deepEqual(withoutUses(again.body), withoutUses(first.body));
    await caller.expectRefused(secret, 'auth.token_revoked');
    // Without its secret, nobody learns that it was revoked.
    await caller.expectRefused(withOtherSecret(secret), 'auth.invalid_token');
    expectError(
      await caller.as(minter, 'POST', `${routeOf(token.id)}/rotate`, {
        json: {},
      }),
      409,
      'token.conflict',
    );
  });

  await check('leaves its name to the next', async () => {
    const next = await caller.create(kind, { name: `${kind.kind} renamed` });
    await caller.as(minter, 'DELETE', routeOf(next.token.id));
    const list = await caller.as(minter, 'GET', '/tokens?status=revoked');
    const ids = list.body.items.map(({ id }) => id);
    assert.ok(ids.includes(token.id) && ids.includes(next.token.id));
  });
}
