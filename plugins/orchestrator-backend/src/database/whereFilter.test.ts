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
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import type { Filter } from '../workflows/search/Filter';
import {
  matchesFilter,
  matchesPattern,
} from '../workflows/search/matchesFilter';
import {
  anyRuns,
  fieldOf,
  INITIATORS,
  ODD_TEXTS,
  replaceRuns,
  WORKFLOW_IDS,
} from './__testUtils__/someRuns';
import { RunLists } from './RunLists';
import { whereFilter } from './whereFilter';

jest.setTimeout(120_000);

const TEXT_FIELDS = ['name', 'targetEntity', 'actor', 'version', 'initiator'];
const NOON = Date.UTC(2026, 0, 10, 12);

const anyText = fc.constantFrom(...ODD_TEXTS, ...INITIATORS, '1.0', 'nothing');

const anyPattern = fc
  .array(
    fc.constantFrom(...ODD_TEXTS, '%', '*', '_', 'b', '[', ']', '?', '\\'),
    {
      maxLength: 4,
    },
  )
  .map(parts => parts.join(''));

const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>(tie => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant('equal' as const),
      field: fc.constantFrom(...TEXT_FIELDS),
      values: fc.array(anyText, { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('equal' as const),
      field: fc.constant('state'),
      values: fc.array(fc.constantFrom('ERROR', 'ACTIVE'), { maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant('absent' as const),
      field: fc.constantFrom(...TEXT_FIELDS, 'end', 'duration'),
      absent: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('like' as const),
      field: fc.constantFrom('name', 'workflowId'),
      pattern: fc.oneof(anyPattern, fc.constantFrom(...WORKFLOW_IDS)),
    }),
    fc.record({
      kind: fc.constant('range' as const),
      field: fc.constantFrom('start', 'end'),
      operator: fc.constantFrom('>', '>=', '<', '<='),
      bound: fc.integer({ min: 0, max: 5 }).map(n => NOON + n * 3_600_000),
    }),
    fc.record({
      kind: fc.constant('range' as const),
      field: fc.constant('duration'),
      operator: fc.constantFrom('>', '>=', '<', '<='),
      bound: fc.integer({ min: -1, max: 6 }),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('filter'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('filter') }),
  ) as fc.Arbitrary<Filter>,
})).filter;

describe('whereFilter', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  it.each(databases.eachSupportedId())(
    'finds on %s the runs that matchesFilter finds',
    async databaseId => {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const lists = new RunLists(database);
      await fc.assert(
        fc.asyncProperty(
          anyRuns,
          fc.array(anyFilter, { minLength: 5, maxLength: 10 }),
          async (runs, filters) => {
            await replaceRuns(database.knex, runs);
            for (const filter of filters) {
              const found = await lists.page(
                [whereFilter(filter, database.isPostgres)],
                { by: 'id', descending: false },
                { limit: 100, offset: 0 },
              );
              const expected = runs.filter(run =>
                matchesFilter(filter, field => fieldOf(run, field)),
              );
              expect(found.map(({ id }) => id)).toEqual(
                expected.map(({ id }) => id),
              );
            }
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it.each(databases.eachSupportedId())(
    'takes on %s nothing but wildcards for wildcards',
    async databaseId => {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const lists = new RunLists(database);
      const runs = ODD_TEXTS.map((name, index) => ({
        id: `run-${String(index).padStart(2, '0')}`,
        engineId: 'fake',
        workflowId: 'greet',
        workspace: 'default',
        initiator: 'user:default/alice',
        owner: 'user:default/alice',
        state: 'ACTIVE' as const,
        start: NOON,
        revision: 0,
        name,
      }));
      await replaceRuns(database.knex, runs);
      const names = async (pattern: string) => {
        const filter: Filter = { kind: 'like', field: 'name', pattern };
        const found = await lists.page(
          [whereFilter(filter, database.isPostgres)],
          { by: 'id', descending: false },
          { limit: 100, offset: 0 },
        );
        return found.map(({ name }) => name);
      };
      for (const pattern of [
        ...ODD_TEXTS,
        'a[%]b',
        '%[%',
        '%?%',
        '%\\%',
        '_',
      ]) {
        expect([pattern, await names(pattern)]).toEqual([
          pattern,
          ODD_TEXTS.filter(text => matchesPattern(text, pattern)),
        ]);
      }
      expect(await names('a?b')).toEqual(['a?b']);
      expect(await names('a[b]')).toEqual(['a[b]']);
    },
  );

  it('binds what callers send and never writes it into the statement', () => {
    const evil = "x' or 1=1 --";
    const part = whereFilter(
      {
        kind: 'or',
        of: [
          { kind: 'equal', field: 'name', values: [evil] },
          { kind: 'like', field: 'name', pattern: evil },
        ],
      },
      true,
    );
    expect(part.sql).toBe('(name = ?) or (name like ?)');
    expect(part.bindings).toEqual([evil, evil]);
  });
});
