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

import { TestDatabases } from '@backstage/backend-test-utils';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import {
  MINTED_AT,
  unknownText,
  withOtherSecret,
} from './__testUtils__/someTokens';
import {
  admin,
  callerAccess,
  codeOf,
  createTokenFixture,
  grant,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const setup = async () => createTokenFixture(await databases.init('SQLITE_3'));

const alice = callerAccess();
const bob = callerAccess({ ref: 'user:default/bob' });

/** A token that calls for itself, and holds nothing that has to do with tokens. */
const itself = (id: string) =>
  callerAccess({
    ref: `token:${id}`,
    tokenId: id,
    kind: 'trigger',
    grants: [grant(['workflows:execute:deploy'])],
  });

describe('revoking a token', () => {
  it('ends it once, with who and why', async () => {
    const { mint, revoker, time, announced, recorded } = await setup();
    const { token } = await mint();
    time.now += 5;
    const revoked = await revoker.revoke(alice, token.id, 'leaked');
    expect(revoked).toEqual({
      ...token,
      status: 'revoked',
      revokedAt: new Date(MINTED_AT + 5).toISOString(),
      revokedBy: 'user:default/alice',
      revocationReason: 'leaked',
    });
    time.now += 5;
    expect(await revoker.revoke(admin, token.id, 'again')).toEqual(revoked);
    expect(announced).toEqual([`token:${token.id}`]);
    expect(await recorded()).toMatchObject([
      { event: 'token.created' },
      { event: 'token.revoked', token_id: token.id },
    ]);
  });

  it('is for those who may know of it', async () => {
    const { mint, revoker } = await setup();
    const first = await mint();
    expect(await codeOf(revoker.revoke(bob, first.token.id))).toBe(
      'token.not_found',
    );
    expect(await codeOf(revoker.revoke(admin, first.token.id))).toBe('ok');
    const groups = ['group:default/a'];
    const { token } = await mint(callerAccess({ groups }), {
      kind: 'group',
      owner: groups[0],
    });
    expect(await codeOf(revoker.revoke(bob, token.id))).toBe('token.not_found');
    const member = callerAccess({ ref: 'user:default/bob', groups });
    expect(await codeOf(revoker.revoke(member, token.id))).toBe('ok');
  });

  it('can be done by the token itself, whatever it holds', async () => {
    const { mint, revoker } = await setup();
    const { token } = await mint(alice, {
      kind: 'trigger',
      scopes: undefined,
      workflowId: 'deploy',
    });
    expect(await revoker.revoke(itself(token.id), token.id)).toMatchObject({
      status: 'revoked',
      revokedBy: `token:${token.id}`,
    });
  });

  it('works on tokens that have expired, and where the catalog is down', async () => {
    const { mint, revoker, time, missingOwners } = await setup();
    const { token } = await mint(alice, { expiresInSeconds: 60 });
    time.now += 60_000;
    missingOwners.mockRejectedValue(new Error('down'));
    expect(await revoker.revoke(alice, token.id)).toMatchObject({
      status: 'revoked',
    });
  });

  it('works while nobody can say what the caller belongs to', async () => {
    const { mint, revoker } = await setup();
    const groups = ['group:default/a'];
    const down = (access: Access): Access => ({
      ...access,
      ownerRefs: async () => {
        throw new OrchestratorError('auth.policy_unavailable', 'down');
      },
    });
    const group = await mint(callerAccess({ groups }), {
      kind: 'group',
      owner: groups[0],
    });
    const revoke = (access: Access, id: string) =>
      codeOf(revoker.revoke(down(access), id));
    const personal = await mint();
    expect(await revoke(bob, personal.token.id)).toBe('token.not_found');
    expect(await revoke(alice, personal.token.id)).toBe('ok');
    expect(await revoke(alice, group.token.id)).toBe('auth.policy_unavailable');
    expect(await revoke(admin, group.token.id)).toBe('ok');
  });

  it('does not keep a secret that was pasted as the reason', async () => {
    const { mint, revoker, recorded, audit } = await setup();
    const { token, secret } = await mint();
    const { revocationReason } = await revoker.revoke(
      alice,
      token.id,
      `found ${secret} in a log`,
    );
    expect(revocationReason).toBe(`found ${token.hint} in a log`);
    expect(JSON.stringify([await recorded(), audit.events])).not.toContain(
      secret,
    );
  });
});

describe('revoking a token by its secret', () => {
  it('has an effect for its owner, itself and those who administer tokens', async () => {
    const { mint, revoker, reader } = await setup();
    for (const [index, by] of [alice, admin, undefined].entries()) {
      const { token, secret } = await mint(alice, { name: `Number ${index}` });
      const status = async () => (await reader.get(alice, token.id)).status;
      await revoker.revokeBySecret(bob, secret);
      expect(await status()).toBe('active');
      await revoker.revokeBySecret(by ?? itself(token.id), secret);
      expect(await status()).toBe('revoked');
      await revoker.revokeBySecret(by ?? itself(token.id), secret);
    }
  });

  it('has none for anything but a whole secret that is of use', async () => {
    const { mint, revoker, rotator, reader, time } = await setup();
    const old = await mint();
    const { id } = old.token;
    const next = await rotator.rotate(alice, id, { overlapSeconds: 60 });
    for (const text of [
      '',
      'garbage',
      id,
      'x'.repeat(100_000),
      unknownText(),
      withOtherSecret(next.secret),
      next.secret.replace('orch_pat', 'orch_svc'),
      `${next.secret} `,
    ]) {
      expect(await codeOf(revoker.revokeBySecret(alice, text))).toBe('ok');
    }
    time.now += 60_000;
    await revoker.revokeBySecret(alice, old.secret);
    expect((await reader.get(alice, id)).status).toBe('active');
    await revoker.revokeBySecret(alice, next.secret);
    expect((await reader.get(alice, id)).status).toBe('revoked');
  });

  it('takes the secret before the newest as well, while it is of use', async () => {
    const { mint, revoker, rotator, reader } = await setup();
    const old = await mint();
    await rotator.rotate(alice, old.token.id, {});
    await revoker.revokeBySecret(alice, old.secret);
    expect((await reader.get(alice, old.token.id)).status).toBe('revoked');
  });
});

describe('revoking all tokens', () => {
  async function some() {
    const fixture = await setup();
    const { mint } = fixture;
    await mint(alice, { name: 'One' });
    await mint(alice, { name: 'Two', workspaces: ['payments'] });
    await mint(alice, {
      name: 'Start',
      kind: 'trigger',
      scopes: undefined,
      workflowId: 'deploy',
    });
    await mint(bob);
    await mint(admin, { kind: 'service' });
    const all = (access: typeof alice, more: object) =>
      fixture.revoker.revokeAll(access, { reason: 'incident', ...more });
    return { ...fixture, all };
  }

  it('ends those of the caller, and no others', async () => {
    const { all, reader, announced, recorded } = await some();
    expect(await all(alice, { dryRun: true })).toEqual({ count: 3 });
    expect(announced).toEqual([]);
    expect(await all(alice, {})).toEqual({ count: 3 });
    const { items } = await reader.list(admin, { status: 'revoked' });
    expect(items.map(({ name }) => name).sort()).toEqual([
      'One',
      'Start',
      'Two',
    ]);
    expect(items[0]).toMatchObject({
      revokedBy: 'user:default/alice',
      revocationReason: 'incident',
    });
    expect(announced.sort()).toEqual(
      items.map(({ id }) => `token:${id}`).sort(),
    );
    const rows = (await recorded()).filter(
      ({ event }) => event === 'token.revoked',
    );
    expect(rows.map(row => row.token_id).sort()).toEqual(
      items.map(({ id }) => id).sort(),
    );
    expect(await all(alice, {})).toEqual({ count: 0 });
  });

  it('of others is for those who administer tokens', async () => {
    const { all } = await some();
    for (const owner of ['*', 'user:default/bob', 'group:default/a']) {
      expect(await codeOf(all(alice, { owner }))).toBe('auth.missing_scope');
      expect(await codeOf(all(alice, { owner, dryRun: true }))).toBe(
        'auth.missing_scope',
      );
    }
    expect(
      await all(alice, { owner: 'User:Default/Alice', dryRun: true }),
    ).toEqual({ count: 3 });
    expect(await all(admin, { owner: 'user:default/bob' })).toEqual({
      count: 1,
    });
    expect(await all(admin, { owner: '*', kind: 'service' })).toEqual({
      count: 1,
    });
    expect(await all(admin, { owner: '*' })).toEqual({ count: 3 });
  });

  it('can be kept to those with a right in a workspace', async () => {
    const { all } = await some();
    const count = (workspace: string) =>
      all(alice, { workspace, dryRun: true });
    // The first holds its scope in all workspaces.
    expect(await count('payments')).toEqual({ count: 3 });
    expect(await count('default')).toEqual({ count: 1 });
    expect(
      await all(alice, { workspace: 'payments', kind: 'trigger' }),
    ).toEqual({
      count: 1,
    });
  });

  it('refuses what no database takes', async () => {
    const { all } = await some();
    expect(await codeOf(all(admin, { owner: 'user:a\0' }))).toBe(
      'request.invalid',
    );
    expect(await codeOf(all(alice, { workspace: 'a\ud800' }))).toBe(
      'request.invalid',
    );
  });
});
