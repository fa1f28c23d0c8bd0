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
import { MINTED_AT } from './__testUtils__/someTokens';
import {
  admin,
  callerAccess,
  codeOf,
  createTokenFixture,
  faultsOf,
  grant,
  USER_SCOPES,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const setup = async () => createTokenFixture(await databases.init('SQLITE_3'));

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const iso = (time: number) => new Date(time).toISOString();
const service = {
  kind: 'service' as const,
  scopes: ['workflows:read', 'workflows:execute'],
};

describe('rotating a token', () => {
  it('gives it a new secret, and the old one five minutes', async () => {
    const { mint, rotator, stored, time, announced, recorded } = await setup();
    const old = await mint();
    time.now += MINUTE;
    const { token, secret } = await rotator.rotate(
      callerAccess(),
      old.token.id,
      {},
    );
    expect(secret).not.toBe(old.secret);
    expect(secret.slice(0, 21)).toBe(old.secret.slice(0, 21));
    expect(token).toEqual({
      ...old.token,
      expiresAt: iso(time.now + 90 * DAY),
      rotatedAt: iso(time.now),
      previousSecretExpiresAt: iso(time.now + 5 * MINUTE),
      hint: `orch_pat_…${secret.slice(-4)}`,
    });
    expect((await stored(old)).secrets).toMatchObject([
      { version: 2, expiresAt: time.now + 90 * DAY },
      { version: 1, expiresAt: time.now + 5 * MINUTE },
    ]);
    expect(announced).toEqual([`token:${token.id}`]);
    const rows = await recorded();
    expect(rows.map(({ event }) => event).sort()).toEqual([
      'token.created',
      'token.rotated',
    ]);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(21));
  });

  it('ends the old secret at once without an overlap, and never later than its own end', async () => {
    const { mint, rotator, stored, time } = await setup();
    const { token } = await mint(callerAccess(), { expiresInSeconds: 600 });
    const overlapSeconds = 604_800;
    const first = await rotator.rotate(callerAccess(), token.id, {
      overlapSeconds,
      expiresInSeconds: 700,
    });
    expect(first.token.previousSecretExpiresAt).toBe(
      iso(MINTED_AT + 10 * MINUTE),
    );
    time.now += MINUTE;
    const second = await rotator.rotate(callerAccess(), token.id, {
      overlapSeconds: 0,
    });
    expect(second.token.previousSecretExpiresAt).toBeUndefined();
    expect((await stored({ token })).secrets).toMatchObject([
      { version: 3 },
      { version: 2, expiresAt: time.now },
      { version: 1, expiresAt: time.now },
    ]);
  });

  it('is for its owner, members of its group and those who administer tokens', async () => {
    const { mint, rotator } = await setup();
    const groups = ['group:default/a'];
    const alice = callerAccess({ groups });
    const bob = callerAccess({ ref: 'user:default/bob', groups });
    const carol = callerAccess({ ref: 'user:default/carol' });
    const personal = await mint(alice);
    const group = await mint(alice, { kind: 'group', owner: groups[0] });
    const machine = await mint(admin, service);
    const rotate = (access: typeof alice, { token }: typeof group) =>
      codeOf(rotator.rotate(access, token.id, {}));
    expect(await rotate(bob, personal)).toBe('token.not_found');
    expect(await rotate(bob, group)).toBe('ok');
    expect(await rotate(bob, machine)).toBe('token.not_found');
    expect(await rotate(carol, group)).toBe('token.not_found');
    expect(await rotate(admin, group)).toBe('ok');
    expect(await rotate(admin, machine)).toBe('ok');
    expect(await rotate(alice, personal)).toBe('ok');
    // Nobody else may get hold of a secret that speaks in the owner's name.
    expect(await rotate(admin, personal)).toBe('auth.principal_not_allowed');
    expect(await codeOf(rotator.rotate(admin, 'unknownToken', {}))).toBe(
      'token.not_found',
    );
    const impostor = callerAccess({
      type: 'external',
      ref: 'user:default/alice',
    });
    expect(await rotate(impostor, personal)).toBe('auth.principal_not_allowed');
  });

  it('by itself gives a token no longer life than it has', async () => {
    const { mint, rotator, time } = await setup();
    const { token } = await mint(admin, {
      ...service,
      expiresInSeconds: 3_600,
    });
    const itself = callerAccess({
      ref: `token:${token.id}`,
      tokenId: token.id,
      kind: 'service',
      grants: [grant([...service.scopes, 'tokens:write'])],
      expiresAt: MINTED_AT + 3_600_000,
    });
    time.now += MINUTE;
    const rotated = await rotator.rotate(itself, token.id, {});
    expect(rotated.token.expiresAt).toBe(iso(MINTED_AT + 3_600_000));
    expect(
      await faultsOf(
        rotator.rotate(itself, token.id, { expiresInSeconds: 3_541 }),
      ),
    ).toEqual(['body/expiresInSeconds must be at most 3540']);
  });

  it('is too late for a token that is revoked or has expired', async () => {
    const { mint, rotator, revoker, time } = await setup();
    const revoked = await mint();
    await revoker.revoke(callerAccess(), revoked.token.id);
    const rotate = () => rotator.rotate(callerAccess(), revoked.token.id, {});
    expect(await codeOf(rotate())).toBe('token.conflict');
    const expired = await mint();
    const end = Date.parse(expired.token.expiresAt!);
    time.now = end - 1;
    const other = () => rotator.rotate(callerAccess(), expired.token.id, {});
    expect(await codeOf(other())).toBe('ok');
    time.now = Date.parse((await other()).token.expiresAt!);
    expect(await codeOf(other())).toBe('token.conflict');
  });

  it('names all faults of the request', async () => {
    const { mint, rotator } = await setup();
    const { token } = await mint();
    expect(
      await faultsOf(
        rotator.rotate(
          callerAccess({ grants: [grant(USER_SCOPES)] }),
          token.id,
          {
            scopes: ['workflows:fly'],
            workspaces: ['a', 'b\0'],
            expiresInSeconds: 40_000_000,
          },
        ),
      ),
    ).toEqual([
      'body/scopes/0 is no scope',
      'body/workspaces/1 has characters that are not allowed here',
      'body/expiresInSeconds must be at most 31536000',
    ]);
  });
});
