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
import type { Knex } from 'knex';
import { testDatabases } from '../__testUtils__/engines';
import { CorrelationStore } from './CorrelationStore';
import { prepareDatabase } from './database';
import { ProducedStore } from './ProducedStore';

jest.setTimeout(60_000);

const databases = testDatabases();
const RUNS = 5_000;
/** Events that wait for the sink to take those before them. */
const EVENTS = 5_000;
const NOW = 1_000;
const LATER = 2_000;

describe.each(databases.eachSupportedId())(
  'what events ask of %s',
  databaseId => {
    let knex: Knex;
    let correlations: CorrelationStore;
    let produced: ProducedStore;

    beforeAll(async () => {
      knex = await databases.init(databaseId);
      await prepareDatabase(knex, {
        skipMigrations: false,
        synchronous: 'normal',
      });
      correlations = new CorrelationStore(knex);
      produced = new ProducedStore(knex);
      const numbers = [...Array(RUNS).keys()];
      await knex.batchInsert(
        'embedded_runs',
        numbers.map(n => ({
          ...{ id: `r${n}`, definition_id: 'a', definition_hash: 'a' },
          ...{ version: '1', rev: 1, started_at: 0 },
          ...{ status: 'ACTIVE', state: '{}', data: '{}', input: '{}' },
        })),
        50,
      );
      await knex.batchInsert(
        'embedded_correlations',
        numbers.map(n => ({
          ...{ run_id: `r${n}`, declaration: 0, token: `t${n}` },
          ...{ needed: 1, workspace: 'w' },
        })),
        50,
      );
      await knex.batchInsert(
        'embedded_produced',
        [...Array(EVENTS).keys()].map(n => ({
          ...{ run_id: `r${n % 500}`, workspace: 'w', event: '{}' },
          ...{ delivered: true, due_at: n % 500 === 7 ? NOW : LATER },
        })),
        50,
      );
      if (databaseId !== 'SQLITE_3') {
        await knex.raw('analyze');
      }
    });

    /** How the database goes about the statements of some work. */
    async function plansOf(work: () => Promise<unknown>): Promise<string> {
      const queries: { sql: string; bindings: Knex.RawBinding[] }[] = [];
      const listen = (query: (typeof queries)[number]) => queries.push(query);
      knex.on('query', listen);
      await work();
      knex.removeListener('query', listen);
      expect(queries.length).toBeGreaterThan(0);
      const isSqlite = databaseId === 'SQLITE_3';
      const how = isSqlite ? 'explain query plan' : 'explain (costs off)';
      const plans: string[] = [];
      for (const { bindings, sql } of queries) {
        const explained = await knex.raw(
          `${how} ${sql.replace(/\$\d+/g, '?')}`,
          bindings,
        );
        const rows: object[] = isSqlite ? explained : explained.rows;
        plans.push(...rows.map(row => Object.values(row).join(' ')));
      }
      return plans.join('\n');
    }

    it('is to find the runs of an event by its tokens', async () => {
      const find = () =>
        correlations.correlated(['t5', 't7', 'none'], {
          workspaces: ['w'],
          perDefinition: 10,
          limit: 10,
        });
      expect((await find()).map(({ id }) => id).sort()).toEqual(['r5', 'r7']);
      const plans = await plansOf(find);
      expect(plans).toContain('embedded_correlations_token_idx');
      expect(plans).not.toMatch(
        /status_ended_at|Seq Scan|SCAN embedded_(runs|correlations)/,
      );
    });

    it('is to find the runs that have events which are due', async () => {
      const find = () => produced.due('outside', NOW);
      const [events, ...more] = await find();
      expect(more).toEqual([]);
      expect(events).toHaveLength(EVENTS / 500);
      expect(new Set(events.map(({ runId }) => runId))).toEqual(
        new Set(['r7']),
      );
      const plans = await plansOf(find);
      expect(plans).toContain('embedded_produced_due_idx');
      expect(plans).toContain('embedded_produced_run_idx');
      expect(plans).not.toMatch(/Seq Scan|SCAN embedded_produced/);
    });

    it('is to look whether there is anything to do', async () => {
      const plans = await plansOf(() => produced.isDue('inside', NOW));
      expect(plans).toContain('embedded_produced_due_idx');
    });

    it('is to count the events of a run', async () => {
      expect(await produced.count('r7')).toBe(EVENTS / 500);
      const plans = await plansOf(() => produced.count('r7'));
      expect(plans).toContain('embedded_produced_run_idx');
      expect(plans).not.toContain('Seq Scan');
    });

    it('is to make the events of a run wait', async () => {
      const plans = await plansOf(() =>
        produced.failed('outside', { seq: 8, runId: 'r7', attempts: 0 }, LATER),
      );
      expect(plans).toContain('embedded_produced_run_idx');
      expect(plans).not.toMatch(/Seq Scan|SCAN embedded_produced/);
      expect(await produced.due('outside', NOW)).toEqual([]);
    });
  },
);
