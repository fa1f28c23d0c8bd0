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

import { ALL, NONE } from '../grants/criteria';
import type { RunLists } from '../database/RunLists';
import type { StatisticsStore } from '../database/StatisticsStore';
import { RunCounts } from './RunCounts';
import type { Filter } from './search/Filter';

const mine = {
  workflows: ALL,
  owners: ['user:default/alice'],
  initiators: [],
  everybodys: NONE,
};
const recent: Filter = {
  kind: 'range',
  field: 'start',
  operator: '>',
  bound: 5,
};

function create(runs: number) {
  let time = 0;
  const world = { runs };
  const lists = {
    count: jest.fn(async (_where: unknown, limit?: number) =>
      limit === undefined ? world.runs : Math.min(world.runs, limit + 1),
    ),
  };
  const statistics = { count: jest.fn(async () => 7) };
  const counts = new RunCounts({
    lists: lists as unknown as RunLists,
    statistics: statistics as unknown as StatisticsStore,
    isPostgres: false,
    now: () => time,
  });
  const advance = (by: number) => {
    time += by;
  };
  return { counts, lists, statistics, world, advance };
}

describe('RunCounts', () => {
  it('asks the statistics where they can tell', async () => {
    const { counts, lists, statistics } = create(1);
    const byState: Filter = {
      kind: 'not',
      of: {
        kind: 'and',
        of: [
          { kind: 'equal', field: 'state', values: ['ERROR'] },
          { kind: 'like', field: 'workflowId', pattern: 'a%' },
        ],
      },
    };
    expect(await counts.count(mine, undefined)).toBe(7);
    expect(await counts.count(mine, byState)).toBe(7);
    expect(statistics.count).toHaveBeenCalledTimes(2);
    expect(lists.count).not.toHaveBeenCalled();
    // They tell the runs that a user owns, not which of them the user started.
    const byInitiator: Filter = {
      kind: 'equal',
      field: 'initiator',
      values: ['user:default/alice'],
    };
    expect(await counts.count(mine, byInitiator)).toBe(1);
    expect(statistics.count).toHaveBeenCalledTimes(2);
  });

  it('counts exactly up to 10,000, every time', async () => {
    const { counts, lists, world } = create(10_000);
    expect(await counts.count(mine, recent)).toBe(10_000);
    world.runs = 9_999;
    expect(await counts.count(mine, recent)).toBe(9_999);
    expect(lists.count.mock.calls.map(([, limit]) => limit)).toEqual([
      10_000, 10_000,
    ]);
  });

  it('remembers a larger count for 5 s', async () => {
    const { counts, world, advance } = create(20_000);
    expect(await counts.count(mine, recent)).toBe(20_000);
    world.runs = 30_000;
    advance(4_999);
    expect(await counts.count(mine, recent)).toBe(20_000);
    advance(1);
    expect(await counts.count(mine, recent)).toBe(30_000);
  });

  it('counts once for all who ask for the same at the same time', async () => {
    const { counts, lists } = create(20_000);
    const asked = await Promise.all([
      counts.count(mine, recent),
      counts.count(mine, recent),
      counts.count({ ...mine, owners: ['user:default/bob'] }, recent),
    ]);
    expect(asked).toEqual([20_000, 20_000, 20_000]);
    const whole = lists.count.mock.calls.filter(
      ([, limit]) => limit === undefined,
    );
    expect(whole).toHaveLength(2);
  });

  it('counts anew after a count that failed', async () => {
    const { counts, lists } = create(20_000);
    lists.count.mockRejectedValueOnce(new Error('away'));
    await expect(counts.count(mine, recent)).rejects.toThrow('away');
    expect(await counts.count(mine, recent)).toBe(20_000);
  });
});
