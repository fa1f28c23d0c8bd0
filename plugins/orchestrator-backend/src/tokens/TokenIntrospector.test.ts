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
import {
  MINTED_AT,
  unknownText,
  withOtherSecret,
} from './__testUtils__/someTokens';
import {
  admin,
  callerAccess,
  createTokenFixture,
} from './__testUtils__/tokenFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const DAY = 24 * 60 * 60 * 1_000;
const alice = callerAccess();
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('TokenIntrospector', () => {
  async function setup() {
    const knex = await databases.init('SQLITE_3');
    const fixture = await createTokenFixture(knex, { isPolicyAsked: true });
    await knex('orchestrator_owner_snapshots').insert({
      owner: 'user:default/alice',
      refs: '[]',
      decisions: '{}',
      taken_at: MINTED_AT,
    });
    const introspect = (text: string) =>
      fixture.introspector.introspect(admin, text);
    return { ...fixture, introspect };
  }

  it('tells what a live token is', async () => {
    const { mint, introspect } = await setup();
    const scopes = ['workflows:read', 'instances:read:deploy'];
    const personal = await mint(alice, { scopes });
    const issuer = 'http://localhost:7007/api/orchestrator';
    const iat = MINTED_AT / 1_000;
    expect(await introspect(personal.secret)).toEqual({
      active: true,
      scope: 'instances:read:deploy workflows:read',
      client_id: `token:${personal.token.id}`,
      username: 'user:default/alice',
      token_type: 'Bearer',
      exp: iat + 90 * 86_400,
      iat,
      sub: 'user:default/alice',
      aud: issuer,
      iss: issuer,
      jti: personal.token.id,
    });
    const service = await mint(admin, {
      kind: 'service',
      expiresInSeconds: 60,
    });
    expect(await introspect(service.secret)).toMatchObject({
      active: true,
      sub: `token:${service.token.id}`,
      exp: iat + 60,
    });
    expect(await introspect(service.secret)).not.toHaveProperty(
      'username',
      expect.anything(),
    );
  });

  it('tells of each secret what it is', async () => {
    const { mint, introspect, rotator, time } = await setup();
    const old = await mint(alice, { scopes: ['workflows:read'] });
    time.now += 10_000;
    const next = await rotator.rotate(alice, old.token.id, {
      scopes: ['instances:read'],
      overlapSeconds: 60,
    });
    const iat = MINTED_AT / 1_000;
    expect(await introspect(old.secret)).toMatchObject({
      scope: 'workflows:read',
      iat,
      exp: iat + 70,
    });
    expect(await introspect(next.secret)).toMatchObject({
      scope: 'instances:read',
      iat: iat + 10,
    });
    time.now += 60_000;
    expect(await introspect(old.secret)).toEqual({ active: false });
    expect(await introspect(next.secret)).toMatchObject({ active: true });
  });

  it('tells nothing of anything else', async () => {
    const { mint, introspect, revoker, time } = await setup();
    const { token, secret } = await mint();
    const revoked = await mint(alice, { name: 'Revoked' });
    await revoker.revoke(alice, revoked.token.id);
    for (const text of [
      '',
      'garbage',
      token.id,
      'eyJhbGciOiJIUzI1NiJ9.e30.x',
      'x'.repeat(1_000_000),
      unknownText(),
      withOtherSecret(secret),
      `${secret}\n`,
      revoked.secret,
    ]) {
      expect(await introspect(text)).toEqual({ active: false });
    }
    time.now = Date.parse(token.expiresAt!) - 1;
    expect(await introspect(secret)).toEqual({ active: false });
  });

  it('ends at the instant at which the token ends', async () => {
    const { mint, introspect, time } = await setup();
    const { secret } = await mint(alice, { expiresInSeconds: 60 });
    time.now += 59_999;
    expect(await introspect(secret)).toMatchObject({ active: true });
    time.now += 1;
    expect(await introspect(secret)).toEqual({ active: false });
  });

  it('says of suspended tokens that they are not active', async () => {
    const { mint, introspect, missing, time, missingOwners } = await setup();
    const groups = ['group:default/a'];
    const personal = await mint();
    const group = await mint(callerAccess({ groups }), {
      kind: 'group',
      owner: groups[0],
    });
    missing.add('user:default/alice');
    expect(await introspect(personal.secret)).toEqual({ active: false });
    expect(await introspect(group.secret)).toMatchObject({ active: true });
    missing.clear();
    missing.add(groups[0]);
    expect(await introspect(personal.secret)).toMatchObject({ active: true });
    expect(await introspect(group.secret)).toEqual({ active: false });
    missing.clear();
    time.now += 14 * DAY + 1;
    expect(await introspect(personal.secret)).toEqual({ active: false });
    // What cannot be told is not told.
    missingOwners.mockRejectedValueOnce(new Error('down'));
    await expect(introspect(group.secret)).rejects.toThrow('down');
  });

  it('records who asked, and not what', async () => {
    const { mint, introspect, audit } = await setup();
    const { secret, token } = await mint();
    await introspect(secret);
    await introspect('garbage');
    const events = audit.events.filter(
      ({ eventId }) => eventId === 'introspect-token',
    );
    expect(events).toMatchObject([
      {
        principal: { ref: 'user:default/admin' },
        added: { active: true, token: token.id },
      },
      { added: { active: false } },
    ]);
    expect(JSON.stringify(events)).not.toContain(secret);
    expect(JSON.stringify(events)).not.toContain('garbage');
  });
});
