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

import path from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { createRemoteRuns, RESERVATION } from './__testUtils__/remoteRuns';
import { migrateDatabase } from './openDatabase';
import { RUNS } from './RunRow';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const MIGRATIONS = {
  directory: path.resolve(__dirname, '../../migrations'),
  tableName: 'orchestrator_knex_migrations',
};

describe('the migration for runs of engines that make ids', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  it.each(databases.eachSupportedId())(
    'goes down and up with the runs that are there on %s',
    async databaseId => {
      const knex = await databases.init(databaseId);
      const { runs, rows } = await createRemoteRuns(knex);
      for (const id of ['kept', 'open', 'given-up']) {
        await runs.reserve({ ...RESERVATION, id, idempotencyKey: id });
      }
      const [, kept] = await rows();
      await runs.confirm(kept, { id: 'made', state: 'ACTIVE' });
      await runs.abandon('given-up', {}, 1);
      const before = await rows();
      const down = () =>
        knex.migrate.down({
          ...MIGRATIONS,
          name: '20261122040000_remote_runs.js',
        } as never);
      await down();
      expect(await knex.schema.hasColumn(RUNS, 'lost_at')).toBe(false);
      const left = await knex(RUNS).orderBy('id').select('id');
      expect(left.map(({ id }) => id)).toEqual(['made', 'open']);
      await expect(
        knex(RUNS).insert({ ...(await knex(RUNS).first()), id: 'double' }),
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^23505$|UNIQUE/),
      });
      await migrateDatabase(knex);
      expect(await rows()).toEqual(
        before.filter(({ id }) => id !== 'given-up'),
      );
      await down();
      await migrateDatabase(knex);
    },
  );
});
