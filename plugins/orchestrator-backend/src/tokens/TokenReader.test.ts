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
import type { Access } from '../gate/Access';
import {
  EXPIRES_AT,
  insertToken,
  MINTED_AT,
  someToken,
} from './__testUtils__/someTokens';
import {
  admin,
  callerAccess,
  codeOf,
  createTokenFixture,
} from './__testUtils__/tokenFixture';
import type { ListQuery } from './TokenReader';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const DAY = 24 * 60 * 60 * 1_000;
const GROUP = 'group:default/a';
const alice = callerAccess({ groups: [GROUP] });
const bob = callerAccess({ ref: 'user:default/bob' });

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

describe.each(databases.eachSupportedId())('TokenReader on %s', databaseId => {
  async function setup(isPolicyAsked = false) {
    const knex = await databases.init(databaseId);
    const fixture = await createTokenFixture(knex, { isPolicyAsked });
    const names = async (access: Access, query: ListQuery = {}) =>
      (await fixture.reader.list(access, query)).items.map(({ name }) => name);
    /** Says that an owner was seen. */
    const seen = async (owner: string, at: number) => {
      await knex('orchestrator_owner_snapshots').insert({
        owner,
        refs: '[]',
        decisions: '{}',
        taken_at: at,
      });
    };
    return { ...fixture, knex, names, seen };
  }

  /** One token of each kind. */
  async function withSome() {
    const fixture = await setup();
    const { mint, time } = fixture;
    const tick = async <T>(made: Promise<T>) => {
      time.now += 1;
      return made;
    };
    const made = {
      personal: await tick(mint(alice, { name: 'Personal' })),
      group: await tick(
        mint(alice, { name: 'Group', kind: 'group', owner: GROUP }),
      ),
      trigger: await tick(
        mint(alice, {
          name: 'Trigger',
          kind: 'trigger',
          scopes: undefined,
          workflowId: 'deploy',
        }),
      ),
      bobs: await tick(mint(bob, { name: 'Bobs' })),
      service: await tick(mint(admin, { name: 'Service', kind: 'service' })),
    };
    return { ...fixture, made };
  }

  it('lists the tokens that the caller may know of, the newest first', async () => {
    const { names, made } = await withSome();
    expect(await names(alice)).toEqual(['Trigger', 'Group', 'Personal']);
    expect(await names(bob)).toEqual(['Bobs']);
    expect(
      await names(callerAccess({ ref: 'user:default/c', groups: [GROUP] })),
    ).toEqual(['Group']);
    expect(await names(admin)).toEqual([
      'Service',
      'Bobs',
      'Trigger',
      'Group',
      'Personal',
    ]);
    const { id } = made.service.token;
    expect(
      await names(
        callerAccess({ ref: `token:${id}`, tokenId: id, kind: 'service' }),
      ),
    ).toEqual(['Service']);
  });

  it('narrows by kind, owner and state', async () => {
    const { names, made, revoker, time, mint } = await withSome();
    expect(await names(admin, { kind: 'personal' })).toEqual([
      'Bobs',
      'Personal',
    ]);
    expect(await names(alice, { kind: 'service' })).toEqual([]);
    expect(await names(admin, { owner: 'User:default/Alice' })).toEqual([
      'Trigger',
      'Personal',
    ]);
    // Whose tokens somebody asks for widens nothing.
    expect(await names(alice, { owner: 'user:default/bob' })).toEqual([]);
    expect(await names(alice, { owner: GROUP, kind: 'group' })).toEqual([
      'Group',
    ]);
    await revoker.revoke(alice, made.group.token.id);
    await mint(alice, { name: 'Short', expiresInSeconds: 60 });
    time.now += 60_000;
    expect(await names(alice, { status: 'revoked' })).toEqual(['Group']);
    expect(await names(alice, { status: 'expired' })).toEqual(['Short']);
    expect(await names(alice, { status: 'active' })).toEqual([
      'Trigger',
      'Personal',
    ]);
    expect(await names(alice, { status: 'suspended' })).toEqual([]);
    expect(await codeOf(names(admin, { owner: 'user:default/\0' }))).toBe(
      'request.invalid',
    );
  });

  it('pages without a gap or a repeat, also among tokens of the same instant', async () => {
    const { reader, knex, missingOwners } = await setup();
    for (let index = 0; index < 23; index += 1) {
      await insertToken(
        knex,
        someToken({
          id: `page${String((index * 7) % 23).padStart(8, '0')}`,
          kind: 'personal',
          owner: 'user:default/alice',
          createdAt: MINTED_AT + Math.floor(index / 5),
        }),
      );
    }
    for (const status of [undefined, 'active']) {
      const seen: string[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        missingOwners.mockClear();
        const page = await reader.list(alice, { limit: '5', cursor, status });
        expect(missingOwners).toHaveBeenCalledTimes(1);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
        pages += 1;
      } while (cursor);
      expect(pages).toBe(5);
      expect(new Set(seen).size).toBe(23);
      const everything = await reader.list(alice, { limit: '200' });
      expect(seen).toEqual(everything.items.map(({ id }) => id));
      expect(everything.nextCursor).toBeUndefined();
    }
  });

  it('asks the database once a page', async () => {
    const { reader, knex } = await withSome();
    const queries: string[] = [];
    knex.on('query', ({ sql }) => queries.push(sql));
    await reader.list(admin, {});
    await reader.list(alice, { status: 'active' });
    expect(queries).toHaveLength(2);
  });

  it.each([
    'x',
    'MTIzLmFiYw',
    Buffer.from('1.aaaaaaaaaaaa.1').toString('base64url'),
    Buffer.from('-1.aaaaaaaaaaaa').toString('base64url'),
    Buffer.from('1e3.aaaaaaaaaaaa').toString('base64url'),
    Buffer.from("1.aaaaaaaaaaa'").toString('base64url'),
    `${Buffer.from('1.aaaaaaaaaaaa').toString('base64url')}=`,
    Buffer.from('9999999999999999.aaaaaaaaaaaa').toString('base64url'),
  ])('refuses %j as a cursor', async cursor => {
    const { names } = await setup();
    expect(await codeOf(names(alice, { cursor }))).toBe('request.invalid');
  });

  it('shows one token to those who may know of it, and the same to all others', async () => {
    const { made, reader } = await withSome();
    const { id } = made.personal.token;
    expect(await reader.get(alice, id)).toEqual(made.personal.token);
    expect(await reader.get(admin, id)).toEqual(made.personal.token);
    const refusal = (tokenId: string) =>
      reader.get(bob, tokenId).catch(error => JSON.stringify(error));
    expect(await refusal(id)).toBe(await refusal('nobodysToken'));
  });

  it('shows a token as suspended while its owner was not seen for too long', async () => {
    const { mint, reader, seen, time, names, knex } = await setup(true);
    const { token } = await mint(alice, { expiresInSeconds: 300 * 86_400 });
    const group = await mint(alice, {
      name: 'Group',
      kind: 'group',
      owner: GROUP,
      expiresInSeconds: 300 * 86_400,
    });
    const status = async (id = token.id) =>
      (await reader.get(alice, id)).status;
    expect(await status()).toBe('suspended');
    await seen('user:default/alice', MINTED_AT);
    expect(await status()).toBe('active');
    time.now += 14 * DAY;
    expect(await status()).toBe('active');
    time.now += 1;
    expect(await status()).toBe('suspended');
    expect(await status(group.token.id)).toBe('active');
    expect(await names(alice, { status: 'suspended' })).toEqual(['CI']);
    expect(await names(alice, { status: 'active' })).toEqual(['Group']);
    await knex('orchestrator_owner_snapshots').update({ taken_at: time.now });
    expect(await status()).toBe('active');
  });

  it('shows tokens as suspended while the catalog does not have their owner', async () => {
    const { made, missing, names, reader } = await withSome();
    missing.add('user:default/alice').add(GROUP);
    expect(await names(alice, { status: 'suspended' })).toEqual([
      'Group',
      'Personal',
    ]);
    expect(await names(alice, { status: 'active' })).toEqual(['Trigger']);
    expect(await names(admin, { status: 'active' })).toEqual([
      'Service',
      'Bobs',
      'Trigger',
    ]);
    missing.clear();
    expect((await reader.get(alice, made.personal.token.id)).status).toBe(
      'active',
    );
  });

  it('ends the search for suspended tokens after so many, and goes on from there', async () => {
    const { reader, knex, missing } = await setup();
    const gone = 'user:default/gone';
    missing.add(gone);
    const rows = Array.from({ length: 1_300 }, (_, index) =>
      someToken({
        id: `many${String(index).padStart(8, '0')}`,
        kind: 'personal',
        owner: index === 0 || index === 250 ? gone : 'user:default/alice',
        createdAt: MINTED_AT + index,
        expiresAt: EXPIRES_AT,
      }),
    );
    for (const row of rows) await insertToken(knex, row);
    const first = await reader.list(admin, { status: 'suspended' });
    expect(first.items).toEqual([]);
    const second = await reader.list(admin, {
      status: 'suspended',
      cursor: first.nextCursor,
    });
    expect(second.items.map(({ id }) => id)).toEqual([
      'many00000250',
      'many00000000',
    ]);
    expect(second.nextCursor).toBeUndefined();
    const short = await reader.list(admin, { status: 'active', limit: '10' });
    expect(short.items).toHaveLength(10);
    expect(short.nextCursor).toBeDefined();
  });
});
