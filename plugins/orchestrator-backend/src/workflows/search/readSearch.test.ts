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

import fc from 'fast-check';
import type { OrchestratorError } from '../../errors/OrchestratorError';
import { runFields, workflowFields } from './fields';
import { readSearch, type Search } from './readSearch';

function faultsOf(body: unknown): { path: string; message: string }[] {
  try {
    readSearch(body, runFields, true);
  } catch (error) {
    const { code, details } = error as OrchestratorError;
    expect(code).toBe('request.invalid');
    return [...(details.faults ?? [])];
  }
  return [];
}

function filterOf(filters: unknown): Search['filter'] {
  return readSearch({ filters }, runFields, true).filter;
}

const eq = (field: string, value: unknown) => ({
  field,
  operator: 'EQ',
  value,
});

describe('readSearch', () => {
  it.each([undefined, null, {}, { unknown: 1 }])(
    'asks for the newest 1,000 where the body is %j',
    body => {
      expect(readSearch(body, runFields, true)).toEqual({
        filter: undefined,
        orderBy: undefined,
        descending: true,
        limit: 1_000,
        offset: 0,
        paginationInfo: {},
      });
    },
  );

  it('repeats the page that was asked for', () => {
    const paginationInfo = {
      pageSize: 20,
      offset: 40,
      orderBy: 'start',
      orderDirection: 'DESC',
    };
    expect(readSearch({ paginationInfo }, runFields, true)).toEqual({
      filter: undefined,
      orderBy: 'start',
      descending: true,
      limit: 20,
      offset: 40,
      paginationInfo: { pageSize: 20, offset: 40 },
    });
  });

  it('gives 50 where a page has no size, newest first where it has no order', () => {
    const search = readSearch({ paginationInfo: {} }, runFields, true);
    expect(search).toMatchObject({ limit: 50, descending: true });
    const sorted = { paginationInfo: { orderBy: 'end' } };
    expect(readSearch(sorted, runFields, true).descending).toBe(false);
  });

  it('names every fault of a page', () => {
    const paginationInfo = {
      pageSize: 201,
      offset: -1,
      orderBy: 'initiator; drop table',
      orderDirection: 'asc',
    };
    expect(faultsOf({ paginationInfo }).map(({ path }) => path)).toEqual([
      'body/paginationInfo/pageSize',
      'body/paginationInfo/offset',
      'body/paginationInfo/orderBy',
      'body/paginationInfo/orderDirection',
    ]);
    for (const pageSize of [0, 1.5, '20', NaN]) {
      expect(faultsOf({ paginationInfo: { pageSize } })).toHaveLength(1);
    }
  });

  it('reads what RHDH sends', () => {
    expect(
      filterOf({
        operator: 'AND',
        filters: [
          eq('processId', 'greet'),
          {
            field: 'start',
            operator: 'BETWEEN',
            value: ['2026-01-01T00:00:00.000Z', '2026-01-02'],
          },
          { field: 'variables', nested: eq('initiatorEntity', 'user:a/b') },
          { field: 'processName', operator: 'LIKE', value: '%deploy*' },
          { field: 'end', operator: 'IS_NULL', value: 'true' },
          { field: 'state', operator: 'IN', value: ['ERROR', 'ABORTED'] },
        ],
      }),
    ).toEqual({
      kind: 'and',
      of: [
        { kind: 'equal', field: 'workflowId', values: ['greet'] },
        {
          kind: 'and',
          of: [
            {
              kind: 'range',
              field: 'start',
              operator: '>=',
              bound: Date.UTC(2026, 0, 1),
            },
            {
              kind: 'range',
              field: 'start',
              operator: '<=',
              bound: Date.UTC(2026, 0, 2),
            },
          ],
        },
        { kind: 'equal', field: 'initiator', values: ['user:a/b'] },
        { kind: 'like', field: 'name', pattern: '%deploy*' },
        { kind: 'absent', field: 'end', absent: true },
        { kind: 'equal', field: 'state', values: ['ERROR', 'ABORTED'] },
      ],
    });
    expect(filterOf({ operator: 'NOT', filters: [eq('id', 'x')] })).toEqual({
      kind: 'not',
      of: { kind: 'and', of: [{ kind: 'equal', field: 'id', values: ['x'] }] },
    });
  });

  it.each([
    [eq('endpoint', 'x'), 'body/filters/field'],
    [eq('__proto__', 'x'), 'body/filters/field'],
    [{ operator: 'EQ', value: 1 }, 'body/filters/field'],
    [{ field: 'id', operator: 'LIKE', value: 'a%' }, 'body/filters/operator'],
    [
      { field: 'state', operator: 'LIKE', value: 'A%' },
      'body/filters/operator',
    ],
    [
      { field: 'state', operator: 'toString', value: 1 },
      'body/filters/operator',
    ],
    [{ field: 'start', operator: 'IN', value: [] }, 'body/filters/operator'],
    [eq('state', 'DONE'), 'body/filters/value'],
    [eq('id', 5), 'body/filters/value'],
    [eq('id', ['a']), 'body/filters/value'],
    [eq('id', 'a\0b'), 'body/filters/value'],
    [eq('id', 'a\ud800'), 'body/filters/value'],
    [eq('start', 'yesterday'), 'body/filters/value'],
    [eq('start', '2026-02-30T25:00:00Z'), 'body/filters/value'],
    [eq('start', 1), 'body/filters/value'],
    [eq('duration', 1.5), 'body/filters/value'],
    [eq('duration', '1'), 'body/filters/value'],
    [eq('duration', 1e300), 'body/filters/value'],
    [{ field: 'id', operator: 'IN', value: 'a' }, 'body/filters/value'],
    [{ field: 'id', operator: 'IN', value: ['a', 1] }, 'body/filters/value'],
    [{ field: 'id', operator: 'IS_NULL', value: 'no' }, 'body/filters/value'],
    [
      { field: 'start', operator: 'BETWEEN', value: ['2026-01-01'] },
      'body/filters/value',
    ],
    [
      { field: 'processId', operator: 'LIKE', value: '%'.repeat(17) },
      'body/filters/value',
    ],
    [
      { field: 'processId', operator: 'LIKE', value: 'a'.repeat(256) },
      'body/filters/value',
    ],
    [
      { field: 'variables', nested: eq('secret', 'x') },
      'body/filters/nested/field',
    ],
    [{ field: 'metadata', nested: eq('x', 'x') }, 'body/filters/field'],
    [{ field: 'variables', nested: 5 }, 'body/filters/nested'],
    [
      {
        field: 'variables',
        nested: { field: 'initiatorEntity', nested: eq('x', 'x') },
      },
      'body/filters/nested/operator',
    ],
    [{ operator: 'XOR', filters: [eq('id', 'a')] }, 'body/filters/operator'],
    [{ operator: 'AND', filters: 'x' }, 'body/filters/filters'],
    [{ operator: 'OR', filters: [] }, 'body/filters/filters'],
    [{ operator: 'AND', filters: [null] }, 'body/filters/filters/0'],
    [[], 'body/filters'],
    ['x', 'body/filters'],
    [null, 'body/filters'],
  ])('refuses %j', (filters, path) => {
    const faults = faultsOf({ filters });
    expect(faults.map(fault => fault.path)).toEqual([path]);
  });

  it('names every fault of a filter', () => {
    const filters = {
      operator: 'OR',
      filters: [eq('x', 1), eq('state', 'x'), eq('id', 'fine'), eq('end', 0)],
    };
    expect(faultsOf({ filters })).toHaveLength(3);
  });

  it('goes as deep as 8 levels and no deeper', () => {
    const nest = (depth: number) => {
      let filter: unknown = eq('id', 'a');
      for (let level = 1; level < depth; level++) {
        filter = { operator: 'NOT', filters: [filter] };
      }
      return filter;
    };
    expect(faultsOf({ filters: nest(8) })).toEqual([]);
    expect(faultsOf({ filters: nest(9) })).toHaveLength(1);
    expect(faultsOf({ filters: nest(100_000) })).toHaveLength(1);
  });

  it('takes 50 conditions and 200 values, and no more', () => {
    const many = (count: number) => ({
      operator: 'AND',
      filters: Array.from({ length: count }, () => eq('id', 'a')),
    });
    expect(faultsOf({ filters: many(50) })).toEqual([]);
    expect(faultsOf({ filters: many(51) })).toHaveLength(1);
    const pairs = {
      operator: 'AND',
      filters: [many(30), many(30)],
    };
    expect(faultsOf({ filters: pairs }).length).toBeGreaterThan(0);
    const values = (count: number) => ({
      field: 'id',
      operator: 'IN',
      value: Array.from({ length: count }, () => 'a'),
    });
    expect(faultsOf({ filters: values(200) })).toEqual([]);
    expect(faultsOf({ filters: values(201) })).toHaveLength(1);
  });

  it('answers 400 or a filter for whatever is sent, never anything else', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), filters => {
        expect(faultsOf({ filters }).length).toBeLessThanOrEqual(60);
      }),
    );
  });

  it('has fields of its own for workflows', () => {
    const body = { filters: eq('isAvailable', true) };
    expect(readSearch(body, workflowFields, false)).toMatchObject({
      filter: { kind: 'equal', field: 'isAvailable', values: [true] },
      descending: false,
    });
    expect(faultsOf(body)).toHaveLength(1);
  });
});
