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

import type { TestDatabaseId } from '@backstage/backend-test-utils';
import {
  type CrashableEngine,
  crashableEngine,
  type LastingDatabase,
  lastingDatabase,
} from '../__testUtils__/crashableEngine';
import {
  call,
  ended,
  register,
  start,
  testDatabases,
} from '../__testUtils__/engines';
import type { EmbeddedEngineLimits } from '../config/limits';
import type { Commit } from '../store/Commit';
import { RunStore } from '../store/RunStore';

const databases = testDatabases();

jest.setTimeout(120_000);

/** What one commit may store, beside one event: MAX_RECORDED. */
const PART = 2 * 1024 * 1024;

const forEach = (id: string, items: number, action: object) => ({
  id,
  start: 'A',
  functions: [{ name: 'log', type: 'custom', operation: 'sysout' }],
  events: [{ name: 'sent', kind: 'produced', type: 't.sent' }],
  states: [
    {
      name: 'A',
      type: 'foreach',
      mode: 'sequential',
      inputCollection: `\${ [range(0; ${items})] }`,
      iterationParam: 'i',
      actions: [{ name: 'act', ...action }],
      end: true,
    },
  ],
});

const sending = (data: string) => ({
  eventRef: { produceEventRef: 'sent', data },
});

/** Watches what is stored. */
function watchCommits(): Commit[] {
  const { commit } = RunStore.prototype;
  const commits: Commit[] = [];
  jest
    .spyOn(RunStore.prototype, 'commit')
    .mockImplementation(function watching(this: RunStore, given: Commit) {
      commits.push(given);
      return commit.call(this, given);
    });
  return commits;
}

afterEach(() => jest.restoreAllMocks());

describe.each(databases.eachSupportedId())(
  'runs that record much, on %p',
  (databaseId: TestDatabaseId) => {
    let database: LastingDatabase;
    let current: CrashableEngine;

    const open = async (
      limits: Partial<EmbeddedEngineLimits> = {},
      begins = true,
    ) => {
      current = await crashableEngine(database, {
        config: {
          limits,
          // It is down: what is sent waits.
          egress: ['http://127.0.0.1:9'],
          events: { sink: 'http://127.0.0.1:9/', crossWorkspace: [] },
        },
      });
      if (begins) {
        await current.engine.begin?.();
      }
    };

    const sent = async (): Promise<string[]> =>
      (
        await current
          .knex('embedded_produced')
          .orderBy('seq')
          .select<{ event: string }[]>('event')
      ).map(({ event }) => JSON.parse(event).event.id);

    const ids = (run: string, count: number) =>
      Array.from({ length: count }, (_v, i) => `${run}.${i + 1}`);

    beforeAll(async () => {
      database = await lastingDatabase(databases, databaseId);
    });

    afterEach(async () => {
      await current.knex('embedded_produced').delete();
      await current.close();
    });

    afterAll(() => database.close());

    it('store it in parts, and send each event once', async () => {
      await open();
      await register(
        current.engine,
        forEach('large', 100, sending('${ {t: ("x" * 60000)} }')),
      );
      const commits = watchCommits();
      const id = await start(current.engine, 'large');
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
      });
      const lengths = commits.map(({ records }) =>
        records
          .flatMap(({ produced }) => produced)
          .reduce((sum, event) => sum + JSON.stringify(event).length, 0),
      );
      expect(lengths.filter(length => length > 0).length).toBeGreaterThan(2);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(PART + 65_536);
      expect(await sent()).toEqual(ids(id, 100));
    });

    it('go on after a crash between two parts', async () => {
      await open();
      await register(
        current.engine,
        forEach('crashing', 100, sending('${ {t: ("x" * 60000)} }')),
      );
      const { commit } = RunStore.prototype;
      let seen = 0;
      const crashed = new Promise<void>(resolve => {
        jest
          .spyOn(RunStore.prototype, 'commit')
          .mockImplementation(async function dying(
            this: RunStore,
            given: Commit,
          ) {
            if (seen === 0) {
              await commit.call(this, given);
              seen += 1;
              resolve();
            }
            throw new Error('The process is gone');
          });
      });
      const id = await start(current.engine, 'crashing');
      await crashed;
      await current.crash();
      jest.restoreAllMocks();
      await open({}, false);
      const before = await sent();
      expect(before.length).toBeGreaterThan(0);
      expect(before.length).toBeLessThan(100);
      await current.engine.begin?.();
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
      });
      expect(await sent()).toEqual(ids(id, 100));
    });

    it('fail where too many events wait to be sent, whenever they were sent', async () => {
      await open({ producedPerRun: 50 });
      await register(
        current.engine,
        forEach('waiting', 100, sending('${ {t: ("x" * 60000)} }')),
      );
      const id = await start(current.engine, 'waiting');
      const failed = await ended(current.engine, id);
      expect(failed.state).toBe('ERROR');
      expect(failed.error?.message).toContain(
        'More than 50 events of the run would wait to be sent',
      );
      expect(await sent()).toEqual(ids(id, 50));
      // The sink has had them: another try sends the others.
      await current.knex('embedded_produced').delete();
      await current.engine.retrigger!(id, call);
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
      });
      expect(await sent()).toEqual(ids(id, 100).slice(50));
    });

    it('have a history of small rows, and of as many lines as are kept', async () => {
      await open({ logLines: 300 });
      await register(
        current.engine,
        forEach('logging', 400, {
          functionRef: {
            refName: 'log',
            arguments: { message: '${ "x" * 4000 }' },
          },
        }),
      );
      const id = await start(current.engine, 'logging');
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
      });
      const rows: { count: number; events: string }[] = await current
        .knex('embedded_history')
        .where({ run_id: id });
      expect(Math.max(...rows.map(({ count }) => count))).toBeLessThanOrEqual(
        100,
      );
      expect(
        Math.max(...rows.map(({ events }) => events.length)),
      ).toBeLessThanOrEqual(66 * 1024);
      const kinds: string[] = [];
      const numbers: string[] = [];
      for (let isEnd = false; !isEnd; ) {
        const page = await current.engine.history!.read(id, numbers.at(-1), {
          ...call,
          limit: 100,
        });
        numbers.push(...page!.events.map(event => event.id));
        kinds.push(...page!.events.map(({ kind }) => kind));
        isEnd = page!.ended;
      }
      expect(numbers).toEqual(numbers.map((_v, i) => String(i + 1)));
      expect(kinds.filter(kind => kind === 'log')).toHaveLength(301);
      expect(kinds.filter(kind => kind === 'node')).toHaveLength(802);
    });
  },
);
