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
import { statementsOf } from '../database/__testUtils__/statementsOf';
import { IndexDatabase } from '../database/IndexDatabase';
import { migrateDatabase } from '../database/openDatabase';
import { TokenChangeStore } from '../database/TokenChangeStore';
import { TOKENS } from '../database/tokenRows';
import { until } from '../workflows/__testUtils__/workflowFixture';
import {
  insertToken,
  MINTED_AT,
  someToken,
  textOf,
} from './__testUtils__/someTokens';
import { createTokenSource } from './createTokenSource';
import type { StoredToken } from './StoredToken';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const ORIGIN = { method: 'GET', path: '/v2/whoami', address: '192.0.2.1' };

describe('createTokenSource', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function startReplica(knex: Knex) {
      const logger = mockServices.logger.mock();
      const database = new IndexDatabase(knex, logger);
      const changes = new TokenChangeStore(database);
      const source = createTokenSource({
        database,
        changes,
        metrics: { tokenLookup: jest.fn(), tokenFeedAge: jest.fn() },
        logger,
        now: () => MINTED_AT,
      });
      cleanUps.push(() => source.stop());
      source.begin();
      const verify = (token: StoredToken) =>
        source.principals.verify(textOf(token, 1), ORIGIN);
      return {
        source,
        verify,
        async revoke({ id }: StoredToken) {
          await database.transaction(async trx => {
            await trx(TOKENS).where({ id }).update({ revoked_at: MINTED_AT });
            await changes.record(trx, [`token:${id}`], MINTED_AT);
          });
          changes.announce([`token:${id}`]);
        },
        /** Uses a token until it comes from memory. */
        async warm(token: StoredToken) {
          await until(async () => (await verify(token)).isCurrent!());
        },
      };
    }

    async function create() {
      const knex = await databases.init(databaseId);
      await migrateDatabase(knex);
      const token = someToken();
      await insertToken(knex, token);
      return { knex, token, replica: await startReplica(knex) };
    }

    it('asks for a token once, and not at all while it is in memory', async () => {
      const { knex, replica } = await create();
      const other = someToken({ id: 'tokenNumber2' });
      await insertToken(knex, other);
      const asked = async (one: StoredToken) => {
        const statements = await statementsOf(knex, () => replica.verify(one));
        return statements.filter(sql => sql.includes(TOKENS)).length;
      };
      expect(await asked(other)).toBe(1);
      // The feed of a machine that is busy can be old for a moment.
      await until(async () => (await asked(other)) === 0);
    });

    it('refuses a token at once that this process has revoked', async () => {
      const { token, replica } = await create();
      await replica.warm(token);
      const verified = await replica.verify(token);
      await replica.revoke(token);
      expect(verified.isCurrent!()).toBe(false);
      await expect(replica.verify(token)).rejects.toMatchObject({
        code: 'auth.token_revoked',
      });
    });

    it('refuses a token that another replica has revoked', async () => {
      const { knex, token, replica } = await create();
      const own =
        databaseId === 'POSTGRES_15'
          ? createKnex({
              client: 'pg',
              connection: knex.client.connectionSettings,
              pool: { min: 0, max: 2 },
            })
          : undefined;
      if (own) cleanUps.push(() => own.destroy());
      const other = await startReplica(own ?? knex);
      await replica.warm(token);
      await other.warm(token);
      const verified = await other.verify(token);
      await replica.revoke(token);
      await until(async () => !verified.isCurrent!());
      await expect(other.verify(token)).rejects.toMatchObject({
        code: 'auth.token_revoked',
      });
    });

    it('writes the uses that it has counted when it ends', async () => {
      const { knex, token, replica } = await create();
      replica.source.stamps.used(token.id, '192.0.2.1');
      await replica.source.stop();
      const [row] = await knex(TOKENS).where({ id: token.id });
      expect(row.last_used_from).toBe('192.0.2.1');
      expect(Number(row.use_count)).toBe(1);
    });

    it('lets nobody in by memory once it has ended, and nobody without a database', async () => {
      const { knex, token, replica } = await create();
      await replica.warm(token);
      const verified = await replica.verify(token);
      await replica.source.stop();
      // Nothing tells it of changes any more.
      await until(async () => !verified.isCurrent!());
      expect(await replica.verify(token)).toBeDefined();
      await knex.schema.dropTable(TOKENS);
      await expect(replica.verify(token)).rejects.toMatchObject({
        status: 503,
      });
    });
  });
});
