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

import { resolvePackagePath } from '@backstage/backend-plugin-api';
import type { TestDatabaseId } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import {
  type CrashableEngine,
  crashableEngine,
  type LastingDatabase,
  lastingDatabase,
} from '../__testUtils__/crashableEngine';
import {
  call,
  ended,
  register,
  start,
  testDatabases,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';

const databases = testDatabases();

jest.setTimeout(60_000);

/** Calls one address after another. */
const definition = {
  id: 'calls',
  start: 'Call',
  functions: ['first', 'second'].map(name => ({
    name,
    type: 'custom',
    operation: `rest:get:/${name}`,
  })),
  states: [
    {
      name: 'Call',
      type: 'operation',
      actions: ['first', 'second'].map(name => ({
        functionRef: name,
        actionDataFilter: { toStateData: `.${name}` },
      })),
      end: true,
    },
  ],
};

describe.each(databases.eachSupportedId())(
  'a run that ends whoever takes it on, on %p',
  (databaseId: TestDatabaseId) => {
    let database: LastingDatabase;
    let stub: RestStub;
    let current: CrashableEngine;
    /** Ends the engine as soon as a call of this path is under way. */
    let deadly: string | undefined;
    let reached: () => void;
    let arrival: Promise<void>;

    const open = async () => {
      arrival = new Promise(resolve => {
        reached = resolve;
      });
      current = await crashableEngine(database, {
        config: {
          egress: [stub.url],
          functions: new Map(
            ['first', 'second'].map(name => [name, { baseUrl: stub.url }]),
          ),
        },
      });
      await current.engine.begin?.();
    };

    /** Ends the engine in the middle of the deadly call so many times. */
    const die = async (times: number, how: 'crash' | 'close') => {
      for (let i = 0; i < times; i += 1) {
        await arrival;
        await current[how]();
        await open();
      }
    };

    beforeAll(async () => {
      stub = await RestStub.start();
      ['first', 'second'].forEach(name =>
        stub.answer(`GET /${name}`, () => {
          if (deadly !== name) {
            return { body: { fine: true } };
          }
          reached();
          return { after: new Promise(() => {}) };
        }),
      );
      database = await lastingDatabase(databases, databaseId);
      await open();
      await register(current.engine, definition);
    });

    afterAll(async () => {
      await current.close();
      await database.close();
      await stub.stop();
    });

    it('is given up in error after three attempts, and can be retriggered', async () => {
      deadly = 'first';
      const id = await start(current.engine, 'calls');
      await die(4, 'crash');
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'ERROR',
        error: {
          nodeDefinitionId: 'Call',
          message:
            'The run was taken on 3 times, and did not get any further before the process was gone',
        },
      });

      deadly = undefined;
      await current.engine.retrigger(id, call);
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
        data: { first: { fine: true }, second: { fine: true } },
      });
    });

    it('has its attempts anew once it got any further', async () => {
      deadly = 'first';
      const id = await start(current.engine, 'calls');
      await die(2, 'crash');
      await arrival;
      deadly = 'second';
      await current.crash();
      await open();
      await die(2, 'crash');
      await arrival;
      deadly = undefined;
      await current.crash();
      await open();
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
      });
    });

    it('is not counted where processes stop in order', async () => {
      deadly = 'first';
      const id = await start(current.engine, 'calls');
      await die(5, 'close');
      await arrival;
      deadly = undefined;
      await current.close();
      await open();
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
      });
    });

    it('is a column that can be taken back', async () => {
      const { knex } = current;
      expect(await knex.schema.hasColumn('embedded_runs', 'attempts')).toBe(
        true,
      );
      const before = await knex('embedded_runs').count();
      const directory = resolvePackagePath(
        '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine',
        'migrations',
      );
      const config = {
        directory,
        tableName: 'embedded_engine_knex_migrations',
      };
      await knex.migrate.down({
        ...config,
        name: '20260402000000_attempts.js',
      } as Knex.MigratorConfig);
      expect(await knex.schema.hasColumn('embedded_runs', 'attempts')).toBe(
        false,
      );
      await knex.migrate.latest(config);
      expect(await knex('embedded_runs').count()).toEqual(before);
      expect(await knex('embedded_runs').whereNot({ attempts: 0 })).toEqual([]);
    });
  },
);
