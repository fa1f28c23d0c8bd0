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

import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import createKnex from 'knex';
import { ALL, NONE } from '../grants/criteria';
import {
  EXPIRES_AT,
  insertToken,
  MINTED_AT,
  someSecret,
  someToken,
} from '../tokens/__testUtils__/someTokens';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import { statementsOf } from './__testUtils__/statementsOf';
import { IndexDatabase } from './IndexDatabase';
import { TokenRecordStore } from './TokenRecordStore';
import { OWNER_SNAPSHOTS, TOKENS, toSnapshotRow } from './tokenRows';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const TIMEOUT = 30_000;
const ALICE = 'user:default/alice';

describe('TokenRecordStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const knex = await databases.init(databaseId);
      const database = await createIndexDatabase(knex);
      return { knex, database, store: new TokenRecordStore(database) };
    }

    it('reads a token, its secrets and the snapshot of its owner in one query', async () => {
      const { knex, store } = await create();
      const token = someToken({
        kind: 'personal',
        owner: ALICE,
        version: 2,
        allowedCidrs: ['10.0.0.0/8'],
        rotatedAt: MINTED_AT + 1,
        lastUsedAt: MINTED_AT + 2,
        lastUsedFrom: '10.0.0.1',
        useCount: 7,
      });
      const decisions = new Map([
        ['orchestrator.workflow', ALL],
        ['orchestrator.workflow.use', NONE],
      ]);
      const secrets = [
        someSecret(token, { decisions }),
        someSecret(token, { version: 1, expiresAt: MINTED_AT + 1 }),
      ];
      const snapshot = {
        refs: [ALICE, 'group:default/platform'],
        decisions,
        takenAt: MINTED_AT,
      };
      await insertToken(knex, token, [...secrets].reverse());
      await insertToken(knex, someToken({ id: 'anotherToken' }));
      await knex(OWNER_SNAPSHOTS).insert(toSnapshotRow(ALICE, snapshot));

      const statements = await statementsOf(knex, async () => {
        expect(await store.find(token.id, TIMEOUT)).toEqual({
          token,
          secrets,
          snapshot,
        });
      });
      expect(statements).toHaveLength(1);
    });

    it('finds it by keys, without reading other tokens', async () => {
      const { knex, store } = await create();
      const [statement] = await statementsOf(knex, () =>
        store.find('tokenNumber1', TIMEOUT),
      );
      const explained =
        databaseId === 'SQLITE_3'
          ? await knex.raw(`explain query plan ${statement}`, [
              10,
              'personal',
              'tokenNumber1',
            ])
          : await knex.transaction(async trx => {
              // Tables this small are read as a whole where that is allowed.
              await trx.raw('set local enable_seqscan = off');
              const { rows } = await trx.raw(
                `explain ${statement.replace(/\$\d/g, '?')}`,
                [10, 'personal', 'tokenNumber1'],
              );
              return rows;
            });
      const plan = JSON.stringify(explained);
      expect(plan).toMatch(/index/i);
      expect(plan).not.toMatch(/seq scan|SCAN token|SCAN secret/i);
    });

    it('keeps the snapshot of an owner from what is not personal', async () => {
      const { knex, store } = await create();
      const token = someToken({ kind: 'trigger', owner: ALICE });
      await insertToken(knex, token);
      await knex(OWNER_SNAPSHOTS).insert(
        toSnapshotRow(ALICE, {
          refs: [ALICE],
          decisions: new Map(),
          takenAt: MINTED_AT,
        }),
      );
      expect(await store.find(token.id, TIMEOUT)).toEqual({
        token,
        secrets: [someSecret(token)],
        snapshot: undefined,
      });
      expect(await store.find('nobodysToken', TIMEOUT)).toBeUndefined();
    });

    it('reads the newest secrets of a token that was rotated often', async () => {
      const { knex, store } = await create();
      const token = someToken({ version: 40 });
      await insertToken(
        knex,
        token,
        Array.from({ length: 40 }, (_, index) =>
          someSecret(token, { version: index + 1 }),
        ),
      );
      const record = await store.find(token.id, TIMEOUT);
      expect(record?.secrets.map(({ version }) => version)).toEqual([
        40, 39, 38, 37, 36, 35, 34, 33, 32, 31,
      ]);
    });

    it('adds uses in one statement, and touches nothing else', async () => {
      const { knex, store } = await create();
      const fresh = someToken();
      const used = someToken({
        id: 'tokenNumber2',
        useCount: 5,
        lastUsedAt: MINTED_AT + 100,
        lastUsedFrom: '192.0.2.1',
        revokedAt: MINTED_AT + 50,
        revokedBy: ALICE,
        revocationReason: 'lost',
      });
      await insertToken(knex, fresh);
      await insertToken(knex, used);
      const statements = await statementsOf(knex, () =>
        store.stamp(
          [
            { tokenId: 'gone', count: 1, at: MINTED_AT },
            {
              tokenId: used.id,
              count: 2,
              at: MINTED_AT + 90,
              address: '192.0.2.9',
            },
            {
              tokenId: fresh.id,
              count: 3,
              at: MINTED_AT + 10,
              address: '::ffff:192.0.2.7',
            },
          ],
          TIMEOUT,
        ),
      );
      expect(statements).toHaveLength(1);
      expect((await store.find(fresh.id, TIMEOUT))?.token).toEqual({
        ...fresh,
        useCount: 3,
        lastUsedAt: MINTED_AT + 10,
        lastUsedFrom: '192.0.2.7',
      });
      // What another replica saw later stays.
      expect((await store.find(used.id, TIMEOUT))?.token).toEqual({
        ...used,
        useCount: 7,
      });
    });

    it('stores no text of a caller as an address', async () => {
      const { knex, store } = await create();
      await insertToken(knex, someToken({ lastUsedFrom: '192.0.2.1' }));
      await store.stamp(
        [
          {
            tokenId: 'tokenNumber1',
            count: 1,
            at: MINTED_AT,
            address: '<script>',
          },
        ],
        TIMEOUT,
      );
      expect((await store.find('tokenNumber1', TIMEOUT))?.token).toMatchObject({
        useCount: 1,
        lastUsedAt: MINTED_AT,
        lastUsedFrom: undefined,
      });
    });

    it('writes the uses of many tokens at once', async () => {
      const { knex, store } = await create();
      const ids = Array.from({ length: 500 }, (_, index) =>
        `many${index}`.padEnd(12, 'x'),
      );
      await knex.batchInsert(
        TOKENS,
        ids.map(id => ({
          id,
          kind: 'service',
          name: id,
          description: '',
          created_by: ALICE,
          created_at: MINTED_AT,
          version: 1,
          hint: '',
          expires_at: EXPIRES_AT,
        })),
        100,
      );
      await store.stamp(
        ids.map(tokenId => ({ tokenId, count: 2, at: MINTED_AT })),
        TIMEOUT,
      );
      const [{ total }] = await knex(TOKENS).sum({ total: 'use_count' });
      expect(Number(total)).toBe(1_000);
    });
  });

  it('loses no use where replicas write at the same time', async () => {
    if (!databases.supports('POSTGRES_15')) return;
    const knex = await databases.init('POSTGRES_15');
    const database = await createIndexDatabase(knex);
    const tokens = ['a', 'b', 'c', 'd'].map(letter =>
      someToken({ id: letter.repeat(12) }),
    );
    for (const token of tokens) await insertToken(knex, token);
    const other = createKnex({
      client: 'pg',
      connection: knex.client.connectionSettings,
      pool: { min: 0, max: 4 },
    });
    try {
      const stores = [
        new TokenRecordStore(database),
        new TokenRecordStore(
          new IndexDatabase(other, mockServices.logger.mock()),
        ),
      ];
      await Promise.all(
        Array.from({ length: 60 }, (_, round) => {
          const given = tokens.map(({ id }) => ({
            tokenId: id,
            count: 1,
            at: MINTED_AT + round,
          }));
          // In one order here and in the other there.
          if (round % 2) given.reverse();
          return stores[round % 2].stamp(given, TIMEOUT);
        }),
      );
    } finally {
      await other.destroy();
    }
    const rows = await knex(TOKENS).select('use_count', 'last_used_at');
    expect(
      rows.map(row => [Number(row.use_count), Number(row.last_used_at)]),
    ).toEqual(tokens.map(() => [60, MINTED_AT + 59]));
  });

  it('answers 503 where the database is gone', async () => {
    const knex = await databases.init('SQLITE_3');
    const store = new TokenRecordStore(await createIndexDatabase(knex));
    await knex.schema.dropTable(TOKENS);
    await expect(store.find('tokenNumber1', TIMEOUT)).rejects.toMatchObject({
      status: 503,
      code: 'service.unavailable',
    });
  });
});
