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
import type { Knex } from 'knex';
import {
  createIndexDatabase,
  until,
} from '../workflows/__testUtils__/workflowFixture';
import { TokenChangeStore, type TokenSubject } from './TokenChangeStore';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const NOW = Date.UTC(2026, 0, 1);
const TIMEOUT = 30_000;

describe('TokenChangeStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const store = new TokenChangeStore(database);
      const record = (...subjects: TokenSubject[]) =>
        database.transaction(trx => store.record(trx, subjects, NOW));
      return { database, store, record };
    }

    it('tells of the changes after a place, and of the last place', async () => {
      const { store, record } = await create();
      expect(await store.latest(TIMEOUT)).toBe(0);
      expect(await store.since(0, 10, TIMEOUT)).toEqual({
        latest: 0,
        changes: [],
      });
      await record('token:a', 'owner:user:default/alice');
      await record('*');
      expect(await store.latest(TIMEOUT)).toBe(3);
      expect(await store.since(1, 10, TIMEOUT)).toEqual({
        latest: 3,
        changes: [
          { seq: 2, subject: 'owner:user:default/alice' },
          { seq: 3, subject: '*' },
        ],
      });
      expect(await store.since(0, 1, TIMEOUT)).toEqual({
        latest: 3,
        changes: [{ seq: 1, subject: 'token:a' }],
      });
      expect(await store.since(3, 10, TIMEOUT)).toEqual({
        latest: 3,
        changes: [],
      });
    });

    it('takes no place for a change that is taken back', async () => {
      const { database, store, record } = await create();
      await expect(
        database.transaction(async trx => {
          await store.record(trx, ['token:a'], NOW);
          throw new Error('no');
        }),
      ).rejects.toThrow();
      await record('token:b');
      expect(await store.since(0, 10, TIMEOUT)).toEqual({
        latest: 1,
        changes: [{ seq: 1, subject: 'token:b' }],
      });
    });

    it('records more changes than one statement takes', async () => {
      const { store, record } = await create();
      await record(
        ...Array.from({ length: 450 }, (_, i): TokenSubject => `token:${i}`),
      );
      await record();
      const { latest, changes } = await store.since(0, 1_000, TIMEOUT);
      expect(latest).toBe(450);
      expect(changes.map(({ seq }) => seq)).toEqual(
        Array.from({ length: 450 }, (_, index) => index + 1),
      );
    });

    it('leaves no gap however many record at the same time', async () => {
      const { store, record } = await create();
      const seen: number[] = [];
      let isDone = false;
      const reading = (async () => {
        while (!isDone || (await store.latest(TIMEOUT)) > seen.length) {
          const { changes } = await store.since(seen.length, 1_000, TIMEOUT);
          seen.push(...changes.map(({ seq }) => seq));
        }
      })();
      await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          record(`token:${i}`, `owner:${i}`),
        ),
      );
      isDone = true;
      await reading;
      expect(seen).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
    });

    it('fails where the row with the last place is gone', async () => {
      const { database, store } = await create();
      await database.knex('orchestrator_token_feed').delete();
      await expect(store.latest(TIMEOUT)).rejects.toThrow('missing');
      await expect(store.since(0, 10, TIMEOUT)).rejects.toThrow('missing');
    });

    it('announces to those who listen in this process', async () => {
      const { store } = await create();
      const heard: unknown[] = [];
      const stop = store.onAnnounced(subjects => heard.push(subjects));
      store.announce(['token:a']);
      stop();
      store.announce(['token:b']);
      expect(heard).toEqual([['token:a']]);
    });
  });

  it('gives places in the order of the commits', async () => {
    if (!databases.supports('POSTGRES_15')) return;
    const knex = await databases.init('POSTGRES_15');
    const store = new TokenChangeStore(await createIndexDatabase(knex));
    const first = await knex.transaction();
    await store.record(first, ['token:first'], NOW);
    const second = knex.transaction(trx =>
      store.record(trx, ['token:second'], NOW),
    );
    // The second waits for the first, which nobody sees yet.
    await until(() => isAnybodyWaiting(knex));
    expect(await store.since(0, 10, TIMEOUT)).toEqual({
      latest: 0,
      changes: [],
    });
    await first.commit();
    await second;
    expect(await store.since(0, 10, TIMEOUT)).toEqual({
      latest: 2,
      changes: [
        { seq: 1, subject: 'token:first' },
        { seq: 2, subject: 'token:second' },
      ],
    });
  });
});

async function isAnybodyWaiting(knex: Knex): Promise<boolean> {
  const { rows } = await knex.raw(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}
