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
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import {
  EXPIRES_AT,
  MINTED_AT,
  someSecret,
  someToken,
} from '../tokens/__testUtils__/someTokens';
import { codeOf } from '../tokens/__testUtils__/tokenFixture';
import type { StoredSecret, StoredToken } from '../tokens/StoredToken';
import { AuditStore } from './AuditStore';
import { TokenChangeStore } from './TokenChangeStore';
import { TokenRecordStore } from './TokenRecordStore';
import { TokenStore } from './TokenStore';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const MINUTE = 60_000;
const entry = {
  event: 'token.created' as const,
  outcome: 'succeeded' as const,
};

describe('TokenStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function setup() {
      const knex = await databases.init(databaseId);
      const database = await createIndexDatabase(knex);
      const changes = new TokenChangeStore(database);
      const announced: string[] = [];
      changes.onAnnounced(subjects => announced.push(...subjects));
      const store = new TokenStore({
        database,
        changes,
        audit: new AuditStore(),
      });
      const records = new TokenRecordStore(database);
      const create = async (more: Partial<StoredToken> = {}) => {
        const token = someToken(more);
        await store.create(
          token,
          someSecret(token, { expiresAt: token.expiresAt }),
          entry,
        );
        return token;
      };
      const read = async (id = 'tokenNumber1') =>
        (await records.find(id, 30_000))!;
      const rotate = async (
        token: StoredToken,
        at: number,
        more: {
          overlapMs?: number;
          expiresAt?: number;
          from?: StoredSecret;
        } = {},
      ) => {
        const version = token.version + 1;
        const { overlapMs = 0, expiresAt = EXPIRES_AT } = more;
        const secret = someSecret(token, { version, expiresAt });
        const { grants: previousGrants } = more.from ?? someSecret(token);
        const rotation = { secret, hint: 'h', overlapMs, previousGrants };
        await store.rotate(token, rotation, at, entry);
      };
      const rows = async (table: string) => knex(table).select();
      return { store, changes, announced, create, read, rotate, rows, knex };
    }

    it('keeps a token with its secret and a row of the audit log', async () => {
      const { create, read, rows } = await setup();
      const token = await create({
        kind: 'trigger',
        owner: 'user:default/alice',
        workflowId: 'deploy',
        allowedCidrs: ['10.0.0.0/8'],
      });
      expect(await read()).toEqual({
        token,
        secrets: [someSecret(token)],
        snapshot: undefined,
      });
      expect(await rows('orchestrator_audit')).toHaveLength(1);
    });

    it('gives a name to one live token of each owner', async () => {
      const { create } = await setup();
      await create({ id: 'aaaaaaaaaaaa', owner: 'user:default/alice' });
      await create({ id: 'bbbbbbbbbbbb', owner: 'user:default/bob' });
      await create({ id: 'cccccccccccc' });
      expect(
        await codeOf(create({ id: 'dddddddddddd', owner: 'user:default/bob' })),
      ).toBe('token.conflict');
      expect(await codeOf(create({ id: 'eeeeeeeeeeee' }))).toBe(
        'token.conflict',
      );
      await create({ id: 'ffffffffffff', name: 'a token' });
    });

    it('leaves nothing of a token whose name is taken', async () => {
      const { create, rows } = await setup();
      await create();
      await codeOf(create({ id: 'aaaaaaaaaaaa' }));
      expect(await rows('orchestrator_tokens')).toHaveLength(1);
      expect(await rows('orchestrator_token_secrets')).toHaveLength(1);
      expect(await rows('orchestrator_token_names')).toHaveLength(1);
      expect(await rows('orchestrator_audit')).toHaveLength(1);
    });

    it('gives one of many that come at the same time the name, also that of a dead token', async () => {
      const { create, store } = await setup();
      const race = async (letter: string, at: number) => {
        const codes = await Promise.all(
          ['1', '2', '3', '4', '5'].map(number =>
            codeOf(
              create({
                id: `${letter}${number}aaaaaaaaaa`,
                createdAt: at,
                expiresAt: EXPIRES_AT + at,
              }),
            ),
          ),
        );
        expect(codes.sort()).toEqual([
          'ok',
          'token.conflict',
          'token.conflict',
          'token.conflict',
          'token.conflict',
        ]);
      };
      await create();
      await store.revoke(
        'tokenNumber1',
        { by: 'user:default/alice' },
        MINTED_AT,
        entry,
      );
      await race('a', MINTED_AT);
      // The one that won is dead at this instant.
      await race('b', EXPIRES_AT + MINTED_AT);
    });

    it('bounds the old secret by the overlap, its own end and that of the new one', async () => {
      const { create, read, rotate } = await setup();
      await create();
      const at = MINTED_AT + MINUTE;
      await rotate((await read()).token, at, { overlapMs: 5 * MINUTE });
      const first = await read();
      expect(first.token).toMatchObject({
        version: 2,
        hint: 'h',
        expiresAt: EXPIRES_AT,
        rotatedAt: at,
      });
      const ends = async () =>
        (await read()).secrets.map(({ expiresAt }) => expiresAt);
      expect(await ends()).toEqual([EXPIRES_AT, at + 5 * MINUTE]);

      // The first secret ends at once, though its overlap went on.
      await rotate(first.token, at + MINUTE, {
        overlapMs: 600 * MINUTE,
        expiresAt: EXPIRES_AT + 700 * MINUTE,
      });
      expect(await ends()).toEqual([
        EXPIRES_AT + 700 * MINUTE,
        EXPIRES_AT,
        at + MINUTE,
      ]);

      await rotate((await read()).token, at + 2 * MINUTE, {
        overlapMs: 600 * MINUTE,
        expiresAt: at + 4 * MINUTE,
      });
      expect(await ends()).toEqual([
        at + 4 * MINUTE,
        at + 4 * MINUTE,
        at + 2 * MINUTE,
        at + MINUTE,
      ]);
    });

    it('ends the old secret at the instant of a rotation without overlap', async () => {
      const { create, read, rotate } = await setup();
      await create();
      await rotate((await read()).token, MINTED_AT + 7);
      expect((await read()).secrets[1].expiresAt).toBe(MINTED_AT + 7);
    });

    it('keeps ten secrets of a token', async () => {
      const { create, read, rotate, rows } = await setup();
      await create();
      for (let count = 1; count <= 12; count += 1) {
        await rotate((await read()).token, MINTED_AT + count);
      }
      const versions = (await rows('orchestrator_token_secrets'))
        .map(({ version }) => version)
        .sort((a, b) => a - b);
      expect(versions).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    });

    it('lets one of several rotations of the same secret win', async () => {
      const { create, read, rotate } = await setup();
      const token = await create();
      const codes = await Promise.all(
        [1, 2, 3, 4].map(() => codeOf(rotate(token, MINTED_AT + MINUTE))),
      );
      expect(codes.filter(code => code === 'ok')).toHaveLength(1);
      expect((await read()).secrets).toHaveLength(2);
    });

    it('gives no new secret for one whose rights have become less since it was read', async () => {
      const { create, read, rotate, knex } = await setup();
      await create();
      const { token, secrets } = await read();
      const at = MINTED_AT + MINUTE;
      await knex('orchestrator_token_secrets').update({ grants: '[]' });
      expect(await codeOf(rotate(token, at, { from: secrets[0] }))).toBe(
        'token.conflict',
      );
      const { token: same, secrets: less } = await read();
      expect(same).toEqual(token);
      expect(less).toEqual([{ ...secrets[0], grants: [] }]);
      await rotate(same, at, { from: less[0] });
      expect((await read()).token.version).toBe(2);
    });

    it('changes nothing of a token that is revoked or has expired', async () => {
      const { create, read, rotate, store, rows } = await setup();
      const token = await create();
      const to = { name: 'Other', description: 'Other' };
      expect(await codeOf(rotate(token, EXPIRES_AT))).toBe('token.conflict');
      expect(await codeOf(store.rename(token, to, EXPIRES_AT, entry))).toBe(
        'token.conflict',
      );
      await store.revoke(token.id, { by: 'me' }, MINTED_AT + 1, entry);
      expect(await codeOf(rotate(token, MINTED_AT + 2))).toBe('token.conflict');
      expect(await codeOf(store.rename(token, to, MINTED_AT + 2, entry))).toBe(
        'token.conflict',
      );
      expect(await read()).toMatchObject({
        token: { name: 'A token', version: 1, revokedAt: MINTED_AT + 1 },
        secrets: [{ version: 1, expiresAt: EXPIRES_AT }],
      });
      expect(await rows('orchestrator_token_names')).toEqual([
        { owner: '', name: 'A token', token_id: token.id },
      ]);
    });

    it('does not let a token live on whose name was taken when it had expired', async () => {
      const { create, read, rotate } = await setup();
      const old = await create();
      await create({ id: 'newnewnewnew', createdAt: EXPIRES_AT });
      // The clock of this replica is behind.
      expect(await codeOf(rotate(old, EXPIRES_AT - 1))).toBe('token.conflict');
      expect((await read()).token.expiresAt).toBe(EXPIRES_AT);
    });

    it('revokes once, and keeps who and why', async () => {
      const { create, read, store, announced, changes, rows } = await setup();
      await create();
      const revoke = (by: string, at: number) =>
        store.revoke('tokenNumber1', { by, reason: `by ${by}` }, at, entry);
      const done = await Promise.all([
        revoke('a', MINTED_AT + 1),
        revoke('b', MINTED_AT + 2),
      ]);
      expect(done.filter(Boolean)).toHaveLength(1);
      const by = done[0] ? 'a' : 'b';
      expect((await read()).token).toMatchObject({
        revokedAt: MINTED_AT + (done[0] ? 1 : 2),
        revokedBy: by,
        revocationReason: `by ${by}`,
      });
      expect(await revoke('c', MINTED_AT + 3)).toBe(false);
      expect((await read()).token.revokedBy).toBe(by);
      expect(announced).toContain('token:tokenNumber1');
      expect((await changes.since(0, 10, 30_000)).changes).toEqual([
        { seq: 1, subject: 'token:tokenNumber1' },
      ]);
      expect(await rows('orchestrator_audit')).toHaveLength(2);
    });

    it('renames to a free name or that of a dead token, and gives the old one up', async () => {
      const { create, read, store } = await setup();
      const token = await create();
      const other = await create({ id: 'otherTokenAA', name: 'Other' });
      const to = { name: 'Other', description: 'It' };
      expect(await codeOf(store.rename(token, to, MINTED_AT, entry))).toBe(
        'token.conflict',
      );
      expect((await read()).token.name).toBe('A token');
      await store.revoke(other.id, { by: 'me' }, MINTED_AT, entry);
      await store.rename(token, to, MINTED_AT, entry);
      expect((await read()).token).toMatchObject(to);
      await create({ id: 'thirdTokenAA' });
    });

    it('renames only what it was read as', async () => {
      const { create, read, store, rows } = await setup();
      const token = await create();
      const codes = await Promise.all(
        ['One', 'Two', 'Three'].map(name =>
          codeOf(
            store.rename(token, { name, description: '' }, MINTED_AT, entry),
          ),
        ),
      );
      expect(codes.filter(code => code === 'ok')).toHaveLength(1);
      const { name } = (await read()).token;
      expect(await rows('orchestrator_token_names')).toEqual([
        { owner: '', name, token_id: token.id },
      ]);
    });

    it('makes no change that cannot be recorded', async () => {
      const { create, read, rotate, store, knex } = await setup();
      const token = await create();
      await knex.schema.renameTable('orchestrator_audit', 'elsewhere');
      expect(await codeOf(create({ id: 'otherTokenAA', name: 'B' }))).toBe(
        'service.unavailable',
      );
      expect(await codeOf(rotate(token, MINTED_AT + 1))).toBe(
        'service.unavailable',
      );
      const to = { name: 'Other', description: '' };
      expect(await codeOf(store.rename(token, to, MINTED_AT, entry))).toBe(
        'service.unavailable',
      );
      expect(
        await codeOf(store.revoke(token.id, { by: 'me' }, MINTED_AT, entry)),
      ).toBe('service.unavailable');
      expect((await read()).token).toEqual(token);
      expect(await read('otherTokenAA')).toBeUndefined();
    });
  });
});
