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
import { includesRun } from '../grants/criteria';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import { countByHand } from './__testUtils__/countByHand';
import { anyRunCriteria, anyRuns, replaceRuns } from './__testUtils__/someRuns';
import { RunLists } from './RunLists';
import { dayOf } from './runTallies';
import { TRUE } from './SqlPart';
import { StatisticsStore } from './StatisticsStore';
import { whereRun } from './whereCriteria';

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
              const found = await lists.page(
                whereRun(criteria),
                { by: 'id', descending: false },
                { limit: 100, offset: 0 },
              );
              expect(found).toEqual(expected);
              expect(await lists.count(whereRun(criteria))).toBe(
                expected.length,
              );
              for (const byInitiator of [true, false]) {
                expect(
                  await statistics.count(criteria, TRUE, byInitiator),
                ).toBe(expected.length);
              }
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
  });
});
