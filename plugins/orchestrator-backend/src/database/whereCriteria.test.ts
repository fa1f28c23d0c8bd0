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
import fc from 'fast-check';
import { ALL, includesRun, NONE, type RunCriteria } from '../grants/criteria';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import { countByHand } from './__testUtils__/countByHand';
import { anyRunCriteria, anyRuns, replaceRuns } from './__testUtils__/someRuns';
import { RunLists } from './RunLists';
import { dayOf } from './runTallies';
import { TRUE } from './SqlPart';
import { StatisticsStore } from './StatisticsStore';
import { whereRun, whereRunApart } from './whereCriteria';

jest.setTimeout(120_000);

describe('criteria in SQL', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    it('find the runs that includesRun finds, and their statistics', async () => {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const lists = new RunLists(database);
      const statistics = new StatisticsStore(database);
      const sinceDay = dayOf(Date.UTC(2026, 0, 10, 15));
      await fc.assert(
        fc.asyncProperty(
          anyRuns,
          fc.array(anyRunCriteria, { minLength: 3, maxLength: 8 }),
          async (runs, all) => {
            await replaceRuns(database.knex, runs);
            for (const criteria of all) {
              const expected = runs.filter(run => includesRun(criteria, run));
              for (const parts of [
                [whereRun(criteria)],
                whereRunApart(criteria),
              ]) {
                const found = await lists.page(
                  parts,
                  { by: 'id', descending: false },
                  { limit: 100, offset: 0 },
                );
                expect(found).toEqual(expected);
                expect(await lists.count(parts)).toBe(expected.length);
                expect(await lists.count(parts, 2)).toBe(
                  Math.min(expected.length, 3),
                );
              }
              expect(await statistics.count(criteria, TRUE)).toBe(
                expected.length,
              );
              expect(
                await statistics.ofWorkflows(criteria, undefined, sinceDay),
              ).toEqual(countByHand(expected, sinceDay));
              const [target] = runs.flatMap(run => run.targetEntity ?? []);
              expect(
                await statistics.workflowsOnEntity(
                  criteria,
                  target ?? 'none',
                  100,
                ),
              ).toEqual(
                [
                  ...new Set(
                    expected
                      .filter(run => run.targetEntity === (target ?? 'none'))
                      .map(run => run.workflowId),
                  ),
                ].sort(),
              );
            }
          },
        ),
        { numRuns: 50 },
      );
    });

    it('find pages of several owners in every order', async () => {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const lists = new RunLists(database);
      const criteria: RunCriteria = {
        workflows: ALL,
        owners: [
          'user:default/alice',
          'group:default/payments',
          'group:default/web',
        ],
        initiators: [],
        everybodys: NONE,
      };
      await fc.assert(
        fc.asyncProperty(
          anyRuns,
          fc.constantFrom('start', 'end', 'name', 'state', 'duration', 'id'),
          fc.boolean(),
          fc.integer({ min: 1, max: 5 }),
          async (runs, by, descending, limit) => {
            await replaceRuns(database.knex, runs);
            const parts = whereRunApart(criteria);
            expect(parts).toHaveLength(3);
            const order = { by, descending };
            const whole = await lists.page([whereRun(criteria)], order, {
              limit: 100,
              offset: 0,
            });
            for (let offset = 0; offset <= whole.length; offset += limit) {
              expect(await lists.page(parts, order, { limit, offset })).toEqual(
                whole.slice(offset, offset + limit),
              );
            }
          },
        ),
        { numRuns: 30 },
      );
    });

    it('find the groups that own runs', async () => {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const statistics = new StatisticsStore(database);
      expect(await statistics.groupsWithRuns()).toEqual(new Set());
      await fc.assert(
        fc.asyncProperty(anyRuns, async runs => {
          await replaceRuns(database.knex, runs);
          const owners = runs.map(({ owner }) => owner);
          expect(await statistics.groupsWithRuns()).toEqual(
            new Set(owners.filter(owner => owner.startsWith('group:'))),
          );
        }),
        { numRuns: 20 },
      );
    });
  });
});
