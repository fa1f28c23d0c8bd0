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
import { EngineLeases } from './EngineLeases';
import { CURSORS, type CursorRecord } from './engineCursors';
import { RunChangeStore } from './RunChangeStore';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const HOUR = 3_600_000;

describe('EngineLeases', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      return {
        database,
        one: new EngineLeases(database),
        other: new EngineLeases(database),
        lease: () =>
          database.knex<CursorRecord>(CURSORS).where('engine_id', 'a').first(),
      };
    }

    it('are held by one at a time, who keeps them', async () => {
      const { one, other } = await create();
      expect(await one.acquire('a', HOUR)).toBe(true);
      expect(await other.acquire('a', HOUR)).toBe(false);
      expect(await one.acquire('a', HOUR)).toBe(true);
      expect(await other.acquire('b', HOUR)).toBe(true);
    });

    it('are got by one of many at the same time', async () => {
      const { database } = await create();
      const taken = await Promise.all(
        Array.from({ length: 6 }, () =>
          new EngineLeases(database).acquire('a', HOUR),
        ),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('end by the clock of the database', async () => {
      const { database, one, other, lease } = await create();
      const before = Date.now();
      await one.acquire('a', HOUR);
      const until = Number((await lease())!.held_until);
      // Database and test share a machine.
      expect(until).toBeGreaterThan(before + HOUR - 60_000);
      expect(until).toBeLessThan(Date.now() + HOUR + 60_000);
      await database.knex(CURSORS).update({ held_until: before - 60_000 });
      expect(await other.acquire('a', HOUR)).toBe(true);
      expect(await one.acquire('a', HOUR)).toBe(false);
    });

    it('can be given back, by who has them', async () => {
      const { one, other } = await create();
      await one.acquire('a', HOUR);
      await other.release('a');
      expect(await other.acquire('a', HOUR)).toBe(false);
      await one.release('a');
      expect(await other.acquire('a', HOUR)).toBe(true);
    });

    it('leave how far the engine was followed as it is', async () => {
      const { database, one, lease } = await create();
      const changes = new RunChangeStore(database);
      const batch = { asked: undefined, next: 'receipt', changes: [] };
      await changes.store('a', batch, 0, () => {
        throw new Error('There is no change');
      });
      await one.acquire('a', HOUR);
      await one.release('a');
      expect(await lease()).toEqual({
        engine_id: 'a',
        receipt: 'receipt',
        holder: null,
        held_until: null,
      });
    });
  });
});
