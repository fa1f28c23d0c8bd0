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
import { mockServices } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { call, testDatabases } from '../__testUtils__/engines';
import { historyRows } from './Commit';
import { prepareDatabase } from './database';
import { HistoryReader } from './HistoryReader';

jest.setTimeout(60_000);

const databases = testDatabases();

describe.each(databases.eachSupportedId())('HistoryReader, %s', databaseId => {
  let knex: Knex;
  let reader: HistoryReader;

  beforeEach(async () => {
    knex = await databases.init(databaseId);
    await prepareDatabase(knex, {
      skipMigrations: false,
      synchronous: 'normal',
    });
    reader = new HistoryReader(knex, mockServices.logger.mock());
  });

  const storeRun = (id: string, status = 'ACTIVE') =>
    knex('embedded_runs').insert({
      id,
      definition_id: 'a',
      definition_hash: 'a',
      version: '1',
      status,
      rev: 1,
      started_at: 0,
      state: '{}',
      data: '{}',
      input: '{}',
    });

  /** Stores one commit's events. */
  const store = (runId: string, first: number, count: number) =>
    knex('embedded_history').insert({
      run_id: runId,
      first,
      count,
      stored_at: 0,
      events: JSON.stringify(
        Array.from({ length: count }, (_v, i) => ({
          kind: 'log',
          time: 1_000 + first + i,
          detail: { line: `${first + i}` },
        })),
      ),
    });

  const read = async (after: string | undefined, limit: number, id = 'r') => {
    const found = await reader.read(id, after, { ...call, limit });
    return found && [found.events.map(event => event.id).join(), found.ended];
  };

  it('gives what happened, with its number, time and detail', async () => {
    await storeRun('r');
    await store('r', 1, 2);
    expect(await reader.read('r', undefined, { ...call, limit: 10 })).toEqual({
      events: [
        {
          id: '1',
          time: '1970-01-01T00:00:01.001Z',
          kind: 'log',
          detail: { line: '1' },
        },
        {
          id: '2',
          time: '1970-01-01T00:00:01.002Z',
          kind: 'log',
          detail: { line: '2' },
        },
      ],
      ended: false,
    });
  });

  it('goes on behind any event, within a row and between two', async () => {
    await storeRun('r', 'COMPLETED');
    await storeRun('s', 'COMPLETED');
    await store('r', 1, 3);
    await store('r', 4, 1);
    await store('r', 5, 4);
    await store('s', 1, 9);
    expect(await read(undefined, 20)).toEqual(['1,2,3,4,5,6,7,8', true]);
    expect(await read('0', 2)).toEqual(['1,2', false]);
    expect(await read('2', 2)).toEqual(['3,4', false]);
    expect(await read('3', 1)).toEqual(['4', false]);
    expect(await read('4', 3)).toEqual(['5,6,7', false]);
    expect(await read('4', 4)).toEqual(['5,6,7,8', true]);
    expect(await read('7', 1)).toEqual(['8', true]);
    expect(await read('8', 5)).toEqual(['', true]);
    for (const after of [
      '9',
      '900',
      '2147483646',
      '2147483647',
      '9999999999',
    ]) {
      await expect(read(after, 5)).rejects.toMatchObject({
        name: 'InputError',
      });
    }
  });

  it('misses nothing and repeats nothing, however it is cut', async () => {
    await storeRun('r', 'ABORTED');
    for (const [first, count] of [
      [1, 1],
      [2, 5],
      [7, 2],
      [9, 1],
      [10, 7],
    ]) {
      await store('r', first, count);
    }
    for (let limit = 1; limit <= 17; limit += 1) {
      const seen: string[] = [];
      for (let ended = false; !ended; ) {
        const page = await reader.read('r', seen.at(-1), { ...call, limit });
        ended = page!.ended;
        expect(page!.events.length > 0 || ended).toBe(true);
        expect(page!.events.length).toBeLessThanOrEqual(limit);
        seen.push(...page!.events.map(({ id }) => id));
      }
      expect(seen).toEqual(
        Array.from({ length: 16 }, (_v, i) => String(i + 1)),
      );
    }
  });

  it('reads little beyond a page, and no more than a page of large rows', async () => {
    await storeRun('r', 'COMPLETED');
    const line = 'x'.repeat(60 * 1024);
    const entries = Array.from({ length: 60 }, (_v, i) => ({
      kind: 'log' as const,
      time: i,
      detail: { line },
    }));
    await knex('embedded_history').insert(historyRows('r', entries, 60, 0));
    const parse = jest.spyOn(JSON, 'parse');
    const seen: string[] = [];
    for (let ended = false; !ended; ) {
      parse.mockClear();
      const page = await reader.read('r', seen.at(-1), { ...call, limit: 50 });
      const parsed = parse.mock.calls
        .map(([text]) => text.length)
        .filter(length => length > 10_000)
        .reduce((sum, length) => sum + length, 0);
      expect(parsed).toBeGreaterThan(0);
      expect(parsed).toBeLessThanOrEqual(1024 * 1024);
      ended = page!.ended;
      seen.push(...page!.events.map(({ id }) => id));
    }
    parse.mockRestore();
    expect(seen).toEqual(Array.from({ length: 60 }, (_v, i) => String(i + 1)));
  });

  it('says that a run goes on until it has ended; one in error has', async () => {
    await storeRun('r');
    await storeRun('failed', 'ERROR');
    await store('r', 1, 2);
    await store('failed', 1, 2);
    expect(await read('2', 10)).toEqual(['', false]);
    expect(await read('0', 10, 'failed')).toEqual(['1,2', true]);
    expect(await read(undefined, 10, 'none')).toBeUndefined();
  });

  it.each(['-1', '1.5', 'x', '', '1e3', '9'.repeat(15), ' 1', '1\n'])(
    'refuses %p as the id of an event',
    async after => {
      await storeRun('r');
      await expect(
        reader.read('r', after, { ...call, limit: 1 }),
      ).rejects.toMatchObject({ name: 'InputError' });
    },
  );

  it('knows of no event of a run that has none', async () => {
    await storeRun('r');
    expect(await read('0', 1)).toEqual(['', false]);
    await expect(read('1', 1)).rejects.toMatchObject({ name: 'InputError' });
  });

  it('tells the last event of each run', async () => {
    await storeRun('r');
    await storeRun('new');
    await store('r', 1, 3);
    await store('r', 4, 2);
    const heads = await reader.heads(['r', 'new', 'none'], call);
    expect([...heads].sort()).toEqual([
      ['new', '0'],
      ['r', '5'],
    ]);
    expect((await reader.heads([], call)).size).toBe(0);
  });

  it('is unavailable where the database is', async () => {
    await knex.destroy();
    await expect(reader.heads(['r'], call)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
  });
});
