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

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import knexFactory, { type Knex } from 'knex';
import { migrateDatabase, openDatabase } from './openDatabase';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const logger = mockServices.logger.mock();

function open(knex: Knex, data: object = {}, migrations?: { skip: boolean }) {
  return openDatabase({
    database: { getClient: async () => knex, migrations },
    config: mockServices.rootConfig({ data }),
    logger,
  });
}

describe('openDatabase', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    it('makes its tables, again without harm, and takes them away', async () => {
      const knex = await databases.init(databaseId);
      await open(knex);
      await open(knex);
      const tables = [
        'orchestrator_runs',
        'orchestrator_run_totals',
        'orchestrator_run_days',
        'orchestrator_last_runs',
        'orchestrator_run_targets',
        'orchestrator_workflow_ids',
        'orchestrator_engine_cursors',
        'orchestrator_knex_migrations',
      ];
      for (const table of tables) {
        expect([table, await knex.schema.hasTable(table)]).toEqual([
          table,
          true,
        ]);
      }
      const [directory] = [path.resolve(__dirname, '../../migrations')];
      await knex.migrate.rollback(
        { directory, tableName: 'orchestrator_knex_migrations' },
        true,
      );
      expect(await knex.schema.hasTable('orchestrator_runs')).toBe(false);
      await migrateDatabase(knex);
      expect(await knex.schema.hasTable('orchestrator_runs')).toBe(true);
    });

    it('leaves migrations to the operator where told to', async () => {
      const knex = await databases.init(databaseId);
      await open(knex, {}, { skip: true });
      expect(await knex.schema.hasTable('orchestrator_runs')).toBe(false);
    });
  });

  describe('on a SQLite file', () => {
    let folder: string;
    const connect = () =>
      knexFactory({
        client: 'better-sqlite3',
        connection: { filename: path.join(folder, 'test.sqlite') },
        useNullAsDefault: true,
      });

    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orchestrator-'));
    });
    afterEach(() => {
      fs.rmSync(folder, { recursive: true });
    });

    it.each([
      [undefined, 1],
      ['NORMAL', 1],
      ['FULL', 2],
    ])('writes ahead, with synchronous %s', async (synchronous, expected) => {
      const knex = connect();
      await open(knex, { orchestrator: { database: { synchronous } } });
      expect(await knex.raw('pragma journal_mode')).toEqual([
        { journal_mode: 'wal' },
      ]);
      expect(await knex.raw('pragma synchronous')).toEqual([
        { synchronous: expected },
      ]);
      await knex.destroy();
    });

    it('refuses another word for synchronous', async () => {
      const knex = connect();
      const data = { orchestrator: { database: { synchronous: 'OFF' } } };
      await expect(open(knex, data)).rejects.toThrow(
        'orchestrator.database.synchronous must be NORMAL or FULL',
      );
      await knex.destroy();
    });

    it('is unavailable while somebody else has it locked, and then works again', async () => {
      const knex = connect();
      const database = await open(knex);
      await knex.raw('pragma busy_timeout = 1');
      const other = connect();
      await other.raw('begin exclusive');
      const write = () =>
        database.transaction(trx =>
          trx('orchestrator_engine_cursors').insert({ engine_id: 'a' }),
        );
      await expect(write()).rejects.toMatchObject({
        code: 'service.unavailable',
        status: 503,
        message: 'The database is not available',
      });
      await other.raw('rollback');
      await expect(write()).resolves.toBeDefined();
      await Promise.all([knex.destroy(), other.destroy()]);
    });
  });

  it('tries a transaction again where another was in between', async () => {
    const knex = await databases.init('SQLITE_3');
    const database = await open(knex);
    let attempts = 0;
    const result = await database.transaction(async trx => {
      attempts += 1;
      await trx('orchestrator_engine_cursors').insert({ engine_id: 'a' });
      if (attempts < 3) {
        throw Object.assign(new Error('deadlock'), { code: '40P01' });
      }
      return 'done';
    });
    expect(result).toBe('done');
    expect(attempts).toBe(3);
    expect(await knex('orchestrator_engine_cursors')).toHaveLength(1);
  });

  it('tells neither callers nor the log what was in a statement', async () => {
    const knex = await databases.init('SQLITE_3');
    const database = await open(knex);
    const failure = await database
      .run(db => db.raw('select * from nowhere where secret = ?', ['s3cret']))
      .catch(error => error);
    expect(failure.message).toBe('The database is not available');
    expect(JSON.stringify(logger.error.mock.calls)).not.toContain('s3cret');
  });
});
