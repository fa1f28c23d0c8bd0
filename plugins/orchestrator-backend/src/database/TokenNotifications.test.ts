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
import createKnex, { type Knex } from 'knex';
import { until } from '../workflows/__testUtils__/workflowFixture';
import { IndexDatabase } from './IndexDatabase';
import { migrateDatabase } from './openDatabase';
import { TokenChangeStore } from './TokenChangeStore';
import { TokenNotifications } from './TokenNotifications';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const NOW = Date.UTC(2026, 0, 1);

/** Ends all connections to a database that listen, from outside. */
async function cutListeners(knex: Knex): Promise<number> {
  const { rows } = await knex.raw(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
       and query like 'listen %'`,
  );
  return rows.length;
}

describe('TokenNotifications', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function open(knex: Knex) {
    await migrateDatabase(knex);
    const logger = mockServices.logger.mock();
    const database = new IndexDatabase(knex, logger);
    const changes = new TokenChangeStore(database);
    const record = () =>
      database.transaction(trx => changes.record(trx, ['token:a'], NOW));
    const heard = { count: 0, subjects: [] as string[] };
    const listen = (options: { probeMs?: number } = {}) => {
      const notifications = new TokenNotifications({
        database,
        logger,
        onNotified: subjects => {
          heard.count += 1;
          heard.subjects.push(...subjects);
        },
        backOffMs: [1, 10],
        ...options,
      });
      cleanUps.push(() => notifications.stop());
      notifications.begin();
      return notifications;
    };
    return { database, logger, changes, record, heard, listen };
  }

  function connect(knex: Knex, options: object = {}): Knex {
    const own = createKnex({
      client: 'pg',
      connection: knex.client.connectionSettings,
      pool: { min: 0, max: 2 },
      ...options,
    });
    cleanUps.push(() => own.destroy());
    return own;
  }

  const onPostgres = databases.supports('POSTGRES_15')
    ? describe
    : describe.skip;

  onPostgres('on POSTGRES_15', () => {
    it('hears of a change when it is committed', async () => {
      const knex = await databases.init('POSTGRES_15');
      const { heard, record, listen, database, changes } = await open(knex);
      const other = await open(connect(knex));
      other.listen();
      // It says by itself that it may have missed something before.
      await until(async () => other.heard.count === 1);
      await record();
      await until(async () => other.heard.count === 2);

      const trx = await database.knex.transaction();
      await changes.record(trx, ['token:b'], NOW);
      await trx.rollback();
      await record();
      await until(async () => other.heard.count > 2);
      expect(other.heard.count).toBe(3);

      expect(other.heard.subjects).toEqual(['token:a', 'token:a']);

      listen();
      await until(async () => heard.count === 1);
      await other.record();
      await until(async () => heard.count === 2);
    });

    it('hears of more than a notification names, and of nothing that names nothing', async () => {
      const knex = await databases.init('POSTGRES_15');
      const { database, changes, heard, listen } = await open(knex);
      listen();
      await until(async () => heard.count === 1);
      const many = Array.from(
        { length: 1_000 },
        (_, i) => `token:${i}` as const,
      );
      await database.transaction(trx => changes.record(trx, many, NOW));
      await until(async () => heard.count === 2);
      for (const payload of ['', 'garbage', '{"a": 1}', '[1, null, "x"]']) {
        const { count } = heard;
        await knex.raw(
          `select pg_notify('orchestrator_tokens_' || 'orchestrator_token_feed'::regclass::oid, ?)`,
          [payload],
        );
        await until(async () => heard.count > count);
      }
      expect(heard.subjects).toEqual([]);
    });

    it('comes back when its connection is cut', async () => {
      const knex = await databases.init('POSTGRES_15');
      const { heard, record, listen, logger } = await open(knex);
      listen();
      await until(async () => heard.count === 1);
      for (let round = 1; round <= 3; round++) {
        const { count } = heard;
        await until(async () => (await cutListeners(knex)) > 0);
        await until(async () => heard.count > count);
        expect(logger.warn).toHaveBeenCalledTimes(round);
        const again = heard.count;
        await record();
        await until(async () => heard.count > again);
      }
      expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('127.0.0.1');
    });

    it('makes a connection anew that does not answer', async () => {
      const knex = await databases.init('POSTGRES_15');
      const { database, heard, record, listen } = await open(knex);
      const { client } = database.knex;
      const acquire = client.acquireRawConnection.bind(client);
      let isMute = true;
      client.acquireRawConnection = async () => {
        const connection = await acquire();
        if (isMute) {
          isMute = false;
          const query = connection.query.bind(connection);
          connection.query = (text: string) =>
            text === 'select 1'
              ? Promise.reject(new Error('nothing comes back'))
              : query(text);
        }
        return connection;
      };
      listen({ probeMs: 5 });
      // Once for each connection.
      await until(async () => heard.count === 2);
      await record();
      await until(async () => heard.count === 3);
      expect(isMute).toBe(false);
    });

    it('tries again until the database is there, and says so once', async () => {
      const knex = await databases.init('POSTGRES_15');
      const { database, heard, listen, logger } = await open(knex);
      const { client } = database.knex;
      const acquire = client.acquireRawConnection.bind(client);
      let tries = 0;
      client.acquireRawConnection = async () => {
        tries += 1;
        if (tries > 3) return acquire();
        throw Object.assign(new Error('connect to 10.0.0.1'), {
          code: 'ECONNREFUSED',
        });
      };
      listen();
      await until(async () => heard.count === 1);
      expect(tries).toBe(4);
      expect(logger.warn).toHaveBeenCalledTimes(1);
      expect(logger.warn.mock.calls[0][0]).toContain('ECONNREFUSED');
      expect(logger.warn.mock.calls[0][0]).not.toContain('10.0.0.1');
      expect(logger.info).toHaveBeenCalledTimes(1);
    });

    it('hears nothing of another schema of the database', async () => {
      const knex = await databases.init('POSTGRES_15');
      const portals = [];
      for (const searchPath of ['portal_one', 'portal_two']) {
        await knex.raw('create schema ??', [searchPath]);
        const portal = await open(connect(knex, { searchPath: [searchPath] }));
        portal.listen();
        await until(async () => portal.heard.count === 1);
        portals.push(portal);
      }
      const [one, two] = portals;
      await one.record();
      await until(async () => one.heard.count === 2);
      await two.record();
      await until(async () => two.heard.count === 2);
      expect(one.heard.count).toBe(2);
    });

    it('leaves no connection behind', async () => {
      const knex = await databases.init('POSTGRES_15');
      const { heard, listen } = await open(knex);
      const listening = async () => {
        const { rows } = await knex.raw(
          `select 1 from pg_stat_activity where datname = current_database() and query like 'listen %'`,
        );
        return rows.length;
      };
      const notifications = listen();
      await until(async () => heard.count === 1);
      expect(await listening()).toBe(1);
      await notifications.stop();
      await until(async () => (await listening()) === 0);
      // Ended while it connects.
      const second = listen();
      await second.stop();
      await until(async () => (await listening()) === 0);
      expect(heard.count).toBe(1);
    });
  });

  it('does nothing on SQLite', async () => {
    const knex = await databases.init('SQLITE_3');
    const { heard, record, listen } = await open(knex);
    const acquire = jest.spyOn(knex.client, 'acquireRawConnection');
    listen();
    await record();
    expect(heard.count).toBe(0);
    expect(acquire).not.toHaveBeenCalled();
  });
});
