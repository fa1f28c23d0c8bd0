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
import {
  createFakeEngine,
  type FakeDefinition,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import fc from 'fast-check';
import {
  anyRunCriteria,
  anyRuns,
  replaceRuns,
} from '../database/__testUtils__/someRuns';
import { toRecord, type StartedRun } from '../database/RunRow';
import { instanceNotFound } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import { includesRun, type RunCriteria } from '../grants/criteria';
import { admin, alice } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from './__testUtils__/workflowFixture';

jest.setTimeout(120_000);

/** An access whose decision on one run goes its own way, not through the criteria of lists. */
function accessTo(criteria: RunCriteria): Access {
  return {
    ...alice,
    runs: async () => criteria,
    async decideRun(_scope, run) {
      if (!run || !includesRun(criteria, run)) throw instanceNotFound();
    },
  };
}

describe('RunReader', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(definitions: FakeDefinition[] = []) {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({ definitions });
      const { service } = await createWorkflowFixture({
        database,
        engines: [engine],
      });
      return { ...service, database, engine };
    }

    it('shows on its pages exactly the runs that it gives one by one', async () => {
      const { runs, database } = await create();
      const orders = ['start', 'end', 'processName', 'id', 'duration'];
      await fc.assert(
        fc.asyncProperty(
          anyRuns,
          anyRunCriteria,
          fc.constantFrom(...orders),
          fc.constantFrom('ASC', 'DESC'),
          fc.integer({ min: 1, max: 7 }),
          async (all, criteria, orderBy, orderDirection, pageSize) => {
            await replaceRuns(database.knex, all);
            const access = accessTo(criteria);
            const listed: string[] = [];
            const totals = new Set<number>();
            let size = pageSize;
            for (let offset = 0; size === pageSize; offset += pageSize) {
              const { items, totalCount } = await runs.list(access, {
                paginationInfo: { pageSize, offset, orderBy, orderDirection },
              });
              listed.push(...items.map(({ id }) => id));
              totals.add(totalCount);
              size = items.length;
            }
            expect([...totals]).toEqual([listed.length]);
            const given: string[] = [];
            const refusals = new Set<string>();
            for (const { id } of all) {
              await runs.get(access, id).then(
                run => given.push(run.id),
                ({ code }) => refusals.add(code),
              );
            }
            refusals.delete('instance.not_found');
            expect([...refusals]).toEqual([]);
            expect(new Set(listed).size).toBe(listed.length);
            expect([...listed].sort()).toEqual(given);
          },
        ),
        { numRuns: 40 },
      );
    });

    const run = (id: string, more: Partial<StartedRun> = {}): StartedRun => ({
      id,
      engineId: 'fake',
      workflowId: 'greet',
      workspace: 'default',
      name: 'Greet',
      initiator: 'user:default/alice',
      owner: 'user:default/alice',
      state: 'COMPLETED',
      start: 1_000,
      revision: 1,
      ...more,
    });

    it('sorts by every field, ties by id, absent values last or first', async () => {
      const { runs, database } = await create();
      await replaceRuns(database.knex, [
        run('a', { start: 1_000, end: 9_000, duration: 8_000, version: '2' }),
        run('b', { start: 2_000, version: '1' }),
        run('c', { start: 2_000, end: 3_000, duration: 1_000 }),
      ]);
      const order = async (paginationInfo?: object) => {
        const { items } = await runs.list(alice, { paginationInfo });
        return items.map(({ id }) => id).join('');
      };
      expect(await order()).toBe('cba');
      expect(await order({})).toBe('cba');
      expect(await order({ orderBy: 'start' })).toBe('abc');
      expect(await order({ orderBy: 'end' })).toBe('cab');
      expect(await order({ orderBy: 'end', orderDirection: 'DESC' })).toBe(
        'bac',
      );
      expect(await order({ orderBy: 'version' })).toBe('bac');
      expect(await order({ orderBy: 'duration' })).toBe('cab');
      expect(await order({ orderDirection: 'ASC' })).toBe('abc');
    });

    it('asks the database the same number of questions for any page', async () => {
      const { runs, database } = await create();
      const many = (count: number) =>
        Array.from({ length: count }, (_, index) => run(`run-${index}`));
      const ask = async (pageSize: number) => {
        const seen: string[] = [];
        const watch = ({ sql }: { sql: string }) => seen.push(sql);
        database.knex.on('query', watch);
        const { items } = await runs.list(alice, {
          paginationInfo: { pageSize },
        });
        database.knex.removeListener('query', watch);
        expect(items).toHaveLength(pageSize);
        return seen.length;
      };
      await replaceRuns(database.knex, many(150));
      expect(await ask(1)).toBe(2);
      expect(await ask(150)).toBe(2);
    });

    it('lists the newest 1,000 where no page is asked for', async () => {
      const { runs, database } = await create();
      const old = run('old', { start: 1 });
      const many = Array.from({ length: 1_000 }, (_, index) =>
        toRecord(run(`run-${index}`)),
      );
      await replaceRuns(database.knex, [old]);
      for (let index = 0; index < 1_000; index += 250) {
        await database
          .knex('orchestrator_runs')
          .insert(many.slice(index, index + 250));
      }
      const { items } = await runs.list(alice, {});
      expect(items).toHaveLength(1_000);
      expect(items.map(({ id }) => id)).not.toContain('old');
    });

    it('lists the runs of one workflow', async () => {
      const { runs, database } = await create();
      await replaceRuns(database.knex, [
        run('a'),
        run('b', { workflowId: 'other', state: 'ERROR' }),
      ]);
      const filters = { field: 'state', operator: 'EQ', value: 'ERROR' };
      expect(await runs.list(alice, {}, 'greet')).toMatchObject({
        items: [{ id: 'a' }],
        totalCount: 1,
      });
      expect(await runs.list(alice, { filters }, 'greet')).toEqual({
        items: [],
        totalCount: 0,
        paginationInfo: {},
      });
      expect(await runs.list(admin, { filters }, 'other')).toMatchObject({
        items: [{ id: 'b' }],
        totalCount: 1,
      });
    });

    it('gives what the engine knows, briefly in lists and in full for one', async () => {
      const { runs, database, engine } = await create([
        {
          id: 'greet',
          name: 'Greet',
          description: 'Says hello',
          scenario: 'fails',
        },
      ]);
      const start = {
        definitionId: 'greet',
        runId: 'a',
        input: { name: 'Ann' },
        provenance: { initiator: 'user:default/alice', workspace: 'default' },
      };
      await engine.start(start, { caller: 'user:default/alice' });
      await replaceRuns(database.knex, [
        run('a', { state: 'ACTIVE', start: Date.now() }),
        run('lost', { start: 1 }),
      ]);
      const { items } = await runs.list(alice, {});
      expect(items[0].workflowdata).toEqual({ name: 'Ann' });
      expect(items[0].nodes).toEqual([
        { __typename: 'NodeInstance', id: 'a-1' },
      ]);
      expect(items[0]).not.toHaveProperty('error');
      expect(items[1]).toMatchObject({ id: 'lost', nodes: [] });
      expect(await runs.get(alice, 'a')).toMatchObject({
        state: 'ERROR',
        description: 'Says hello',
        end: expect.any(String),
        nodes: [
          {
            __typename: 'NodeInstance',
            id: 'a-1',
            definitionId: 'step',
            nodeId: 'step',
            errorMessage: 'The step failed',
          },
        ],
        error: {
          __typename: 'ProcessInstanceError',
          nodeDefinitionId: 'step',
          message: 'The step failed',
        },
      });
      expect(await runs.get(alice, 'lost')).toMatchObject({
        state: 'COMPLETED',
        error: null,
      });
      expect(await runs.logs(alice, 'a')).toEqual({
        instanceId: 'a',
        logs: expect.arrayContaining([
          { id: expect.any(String), log: 'started' },
        ]),
      });
      expect(await runs.logs(alice, 'lost')).toEqual({
        instanceId: 'lost',
        logs: [],
      });
    });
  });
});
