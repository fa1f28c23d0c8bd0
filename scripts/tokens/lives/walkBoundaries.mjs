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

// The ends of secrets, to the millisecond: by expiry, by rotation with an overlap, and by rotation without one.
import assert from 'node:assert/strict';
import { expectError } from '../Caller.mjs';

const SECOND = 1_000;

/** @param {Parameters<typeof import('./walkLife.mjs').walkLife>[0]} options */
export async function walkBoundaries({ kind, caller, backend, check }) {
  const { minter } = kind;
  const isActive = async secret => {
    const answer = await caller.as('carol', 'POST', '/tokens/introspect', {
      form: { token: secret },
    });
    assert.equal(answer.status, 200, answer.text);
    if (!answer.body.active) assert.deepEqual(answer.body, { active: false });
    return answer.body.active;
  };

  await check(
    'is accepted a millisecond before it expires, and refused when it does',
    async () => {
      const { token, secret } = await caller.create(kind, {
        expiresInSeconds: 60,
      });
      const end = backend.now + 60 * SECOND;
      assert.equal(Date.parse(token.expiresAt), end);
      await backend.moveTo(end - 1);
      await caller.expectAccepted(secret);
      assert.equal((await caller.show(kind, token.id)).status, 'active');
      assert.equal(await isActive(secret), true);

      await backend.moveTo(end);
      await caller.expectRefused(secret, 'auth.token_expired');
      assert.equal((await caller.show(kind, token.id)).status, 'expired');
      assert.equal(await isActive(secret), false);
      expectError(
        await caller.as(minter, 'POST', `/tokens/${token.id}/rotate`, {
          json: {},
        }),
        409,
        'token.conflict',
      );
      await backend.moveTo(end + 1);
      await caller.expectRefused(secret, 'auth.token_expired');
    },
  );

  await check(
    'keeps its old secret until a millisecond before the overlap ends',
    async () => {
      const { token, secret } = await caller.create(kind);
      const rotated = await caller.rotate(kind, token.id, {});
      assert.equal(rotated.token.id, token.id);
      assert.notEqual(rotated.secret, secret);
      // As long as nothing else is said: 300 seconds.
      const end = backend.now + 300 * SECOND;
      assert.equal(Date.parse(rotated.token.previousSecretExpiresAt), end);
      for (const now of [backend.now, end - 1]) {
        await backend.moveTo(now);
        await caller.expectAccepted(secret);
        await caller.expectAccepted(rotated.secret);
      }
      await backend.moveTo(end);
      await caller.expectRefused(secret, 'auth.token_expired');
      await caller.expectAccepted(rotated.secret);
      const shown = await caller.show(kind, token.id);
      assert.equal(shown.previousSecretExpiresAt, undefined);
    },
  );

  await check('loses its old secret at once without an overlap', async () => {
    const { token, secret } = await caller.create(kind);
    const rotated = await caller.rotate(kind, token.id, { overlapSeconds: 0 });
    await caller.expectRefused(secret, 'auth.token_expired');
    await caller.expectAccepted(rotated.secret);
  });

  await check('never has more than two secrets that are of use', async () => {
    const { token, secret } = await caller.create(kind);
    const overlap = { overlapSeconds: 600 };
    const second = await caller.rotate(kind, token.id, overlap);
    await caller.expectAccepted(secret);
    const third = await caller.rotate(kind, token.id, overlap);
    const answer = await caller.with(secret, 'GET', '/whoami');
    assert.equal(answer.status, 401);
    await caller.expectAccepted(second.secret);
    await caller.expectAccepted(third.secret);
  });

  await check('gives no old secret a longer life than it had', async () => {
    const { token, secret } = await caller.create(kind, {
      expiresInSeconds: 60,
    });
    const end = backend.now + 60 * SECOND;
    const rotated = await caller.rotate(kind, token.id, {
      overlapSeconds: 604_800,
    });
    assert.equal(Date.parse(rotated.token.previousSecretExpiresAt), end);
    await backend.moveTo(end - 1);
    await caller.expectAccepted(secret);
    await backend.moveTo(end);
    await caller.expectRefused(secret, 'auth.token_expired');
    await caller.expectAccepted(rotated.secret);
  });

  await check(
    'is refused with all of its secrets once it is revoked',
    async () => {
      const { token, secret } = await caller.create(kind);
      const rotated = await caller.rotate(kind, token.id, {});
      const answer = await caller.as(minter, 'DELETE', `/tokens/${token.id}`);
      assert.deepEqual([answer.status, answer.text], [204, '']);
      await caller.expectRefused(secret, 'auth.token_revoked');
      await caller.expectRefused(rotated.secret, 'auth.token_revoked');
      assert.equal(await isActive(rotated.secret), false);
    },
  );

  await check('revokes itself, whatever it may do else', async () => {
    const one = await caller.create(kind);
    const another = await caller.create(kind);
    const other = await caller.with(
      one.secret,
      'POST',
      `/tokens/${another.token.id}/revoke`,
      { json: {} },
    );
    assert.ok([403, 404].includes(other.status), other.text);
    const revoked = await caller.with(
      one.secret,
      'POST',
      `/tokens/${one.token.id}/revoke`,
      { json: {} },
    );
    assert.deepEqual(
      [revoked.status, revoked.body.status, revoked.body.revokedBy],
      [200, 'revoked', kind.ref(one.token.id)],
    );
    await caller.expectRefused(one.secret, 'auth.token_revoked');
    await caller.expectAccepted(another.secret);
    const form = await caller.with(
      another.secret,
      'POST',
      '/tokens/revocation',
      { form: { token: another.secret } },
    );
    assert.equal(form.status, 200, form.text);
    await caller.expectRefused(another.secret, 'auth.token_revoked');
  });
}
