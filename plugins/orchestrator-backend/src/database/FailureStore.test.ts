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
import { SharedFailureLimits } from '../limits/SharedFailureLimits';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import { FailureStore } from './FailureStore';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const START = Date.UTC(2026, 0, 1);
const WINDOW = 60_000;

describe('FailureStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });
  const stops: Array<() => Promise<void>> = [];
  afterEach(async () => {
    await Promise.all(stops.splice(0).map(stop => stop()));
  });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const clock = { now: START };
      const logger = mockServices.logger.mock();
      const store = new FailureStore(database);
      const replica = () => {
        const limits = new SharedFailureLimits({
          config: {
            ip: { failures: 4, windowMs: WINDOW },
            identity: { failures: 3, windowMs: WINDOW },
          },
          store,
          logger,
          metrics: { limited: jest.fn() },
          now: () => clock.now,
        });
        stops.push(() => limits.stop());
        return limits;
      };
      const count = async () => {
        const [{ rows }] = await database
          .knex('orchestrator_auth_failures')
          .count({ rows: '*' });
        return Number(rows);
      };
      return { database, clock, logger, store, replica, count };
    }

    it('keeps what each replica counted last of each caller', async () => {
      const { store } = await create();
      const row = {
        subject: 'ip:192.0.2.1',
        replica: 'a',
        times: [START, START + 1],
        endsAt: START + 1 + WINDOW,
      };
      const other = { ...row, replica: 'b', times: [START + 2] };
      await store.write([row, { ...row, subject: 'ip:192.0.2.2' }]);
      await store.write([other]);
      const newer = { ...row, times: [START + 1, START + 5] };
      await store.write([newer]);
      const rows = await store.read(['ip:192.0.2.1', 'ip:192.0.2.3']);
      rows.sort((a, b) => a.replica.localeCompare(b.replica));
      expect(rows).toEqual([newer, other]);
    });

    it('has room for as many callers as are shared at a time', async () => {
      const { store, count } = await create();
      const rows = Array.from({ length: 200 }, (_, n) => ({
        subject: `ip:${n}`,
        replica: 'a',
        times: [START],
        endsAt: START + WINDOW,
      }));
      await store.write(rows);
      await store.write(rows);
      expect(await count()).toBe(200);
      const read = await store.read(rows.map(({ subject }) => subject));
      expect(read).toHaveLength(200);
    });

    it('makes replicas limit a caller together', async () => {
      const { clock, replica } = await create();
      const [a, b] = [replica(), replica()];
      const caller = { address: '2001:db8::1', identity: 'aaaaaaaaaaaa' };
      const neighbour = { address: '2001:db8::2' };
      expect(a.refused(caller)).toBeUndefined();
      await a.share();
      clock.now += 10_000;
      expect(b.refused(caller)).toBeUndefined();
      await b.share();
      expect(a.refused(neighbour)).toBeUndefined();
      await a.share();
      // Three by now, on both: one slot of the address is left, and one of the token.
      expect(b.refused(caller)).toBeUndefined();
      await b.share();
      expect(b.refused(caller)).toBe(50);
      expect(b.refused(neighbour)).toBe(50);
      // The other one learns of it by one failure more.
      expect(a.refused(neighbour)).toBeUndefined();
      await a.share();
      expect(a.refused(neighbour)).toBe(60);
      expect(a.refused({ identity: 'aaaaaaaaaaaa' })).toBeUndefined();
      await a.share();
      expect(a.refused({ identity: 'aaaaaaaaaaaa' })).toBe(60);
    });

    it('goes on where the last process ended', async () => {
      const { replica } = await create();
      const before = replica();
      for (let i = 0; i < 4; i += 1) before.refused({ address: '192.0.2.1' });
      await before.stop();
      const after = replica();
      expect(after.refused({ address: '192.0.2.1' })).toBeUndefined();
      await after.share();
      expect(after.refused({ address: '192.0.2.1' })).toBe(60);
    });

    it('removes what no longer counts, of all replicas, and nothing else', async () => {
      const { clock, replica, count } = await create();
      const [a, b] = [replica(), replica()];
      a.refused({ address: '192.0.2.1' });
      await a.share();
      b.refused({ address: '192.0.2.2' });
      await b.share();
      clock.now += WINDOW - 1;
      b.refused({ address: '192.0.2.3' });
      await b.share();
      await a.cleanUp();
      expect(await count()).toBe(3);
      clock.now += 1;
      await a.cleanUp();
      expect(await count()).toBe(1);
      expect(b.refused({ address: '192.0.2.3' })).toBeUndefined();
    });

    it('writes nothing in a flood from one address', async () => {
      const { database, replica } = await create();
      const limits = replica();
      const statements: string[] = [];
      database.knex.on('query', ({ sql }) => statements.push(sql));
      for (let i = 0; i < 1_000; i += 1) {
        limits.refused({ address: '192.0.2.1' });
      }
      await limits.share();
      expect(statements.map(sql => sql.split(' ', 1)[0])).toEqual([
        'select',
        'insert',
      ]);
    });

    it('limits on without its table, and says so without the database', async () => {
      const { database, logger, replica } = await create();
      await database.knex.schema.dropTable('orchestrator_auth_failures');
      const limits = replica();
      for (let i = 0; i < 4; i += 1) {
        expect(limits.refused({ address: '192.0.2.1' })).toBeUndefined();
        await limits.share();
      }
      expect(limits.refused({ address: '192.0.2.1' })).toBe(60);
      expect(logger.warn).toHaveBeenCalledTimes(1);
      expect(logger.error).not.toHaveBeenCalled();
      const [text] = logger.warn.mock.calls[0];
      expect(text).not.toContain('192.0.2.1');
      expect(text).not.toContain('orchestrator_auth_failures');
    });
  });
});
