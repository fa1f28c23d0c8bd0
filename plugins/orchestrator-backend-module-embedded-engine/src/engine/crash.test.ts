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
import { randomUUID } from 'node:crypto';
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
  until,
} from '../__testUtils__/engines';
import {
  callsByKey,
  everything,
  everythingCalls,
  everythingResult,
  scriptEverything,
} from '../__testUtils__/everything';
import { RestStub } from '../__testUtils__/restStub';
import type { Commit } from '../store/Commit';
import { RunStore } from '../store/RunStore';

const databases = testDatabases();

jest.setTimeout(60_000);

/** Lets an engine die right after it has stored so many changes; resolves when it has. */
function dieAfter(count: number): Promise<void> {
  const { commit } = RunStore.prototype;
  return new Promise(resolve => {
    let seen = 0;
    jest
      .spyOn(RunStore.prototype, 'commit')
      .mockImplementation(async function dying(this: RunStore, given: Commit) {
        if (seen >= count) {
          throw new Error('The process is gone');
        }
        const stored = await commit.call(this, given);
        seen += 1;
        if (seen >= count) {
          resolve();
          throw new Error('The process is gone');
        }
        return stored;
      });
  });
}

afterEach(() => jest.restoreAllMocks());

describe.each(databases.eachSupportedId())(
  'after a crash, on %p',
  (databaseId: TestDatabaseId) => {
    let database: LastingDatabase;
    let stub: RestStub;
    let current: CrashableEngine;

    const open = async () => {
      current = await crashableEngine(database, {
        config: {
          egress: [stub.url],
          functions: new Map([['get', { baseUrl: stub.url }]]),
        },
      });
    };

    beforeAll(async () => {
      stub = await RestStub.start();
      database = await lastingDatabase(databases, databaseId);
      await open();
      await register(current.engine, everything);
      await current.close();
    });

    afterAll(async () => {
      await current.close();
      await database.close();
      await stub.stop();
    });

    it('goes on from every point, and repeats nothing that is recorded', async () => {
      const points = [];
      for (let point = 1, finished = false; !finished; point += 1) {
        scriptEverything(stub);
        await open();
        await current.engine.begin?.();
        const crashed = dieAfter(point);
        const id = await start(current.engine, 'everything');
        finished = await Promise.race([
          crashed.then(() => false),
          ended(current.engine, id).then(
            () => true,
            () => false,
          ),
        ]);
        if (finished) {
          jest.restoreAllMocks();
          await current.close();
          break;
        }
        await current.crash();
        jest.restoreAllMocks();

        await open();
        const recorded: { call_key: string }[] = await current
          .knex('embedded_journal')
          .where({ run_id: id });
        const before = callsByKey(stub);
        await current.engine.begin?.();
        const run = await ended(current.engine, id);
        const after = callsByKey(stub);

        expect({
          point,
          state: run.state,
          data: run.data,
          error: run.error,
        }).toEqual({
          point,
          state: 'COMPLETED',
          data: everythingResult,
        });
        for (const { call_key: key } of recorded) {
          expect([point, key, after.get(`${id}.${key}`)]).toEqual([
            point,
            key,
            before.get(`${id}.${key}`),
          ]);
        }
        // A call that was under way may be sent again, under the same key: no path has more keys than calls.
        const keys = new Map<string, Set<string>>();
        for (const { headers, path } of stub.calls) {
          keys.set(
            path,
            (keys.get(path) ?? new Set()).add(
              String(headers['idempotency-key']),
            ),
          );
        }
        expect(
          Object.fromEntries([...keys].map(([path, set]) => [path, set.size])),
        ).toEqual(everythingCalls);
        expect(run.nodes.every(node => node.exit !== undefined)).toBe(true);
        points.push(point);
        await current.close();
      }
      // Each call, sleep and retry is a point of its own.
      expect(points.length).toBeGreaterThanOrEqual(10);
      await open();
    });

    it('lets another process take over from one that is stopped, whose late writes change nothing', async () => {
      let release = () => {};
      const gate = new Promise<void>(resolve => {
        release = resolve;
      });
      scriptEverything(stub);
      let firstCall = true;
      stub.answer('GET /one', () => {
        const answer = firstCall
          ? { after: gate, body: { one: 'late' } }
          : { body: { one: 1 } };
        firstCall = false;
        return answer;
      });
      const stalled = current;
      await stalled.engine.begin?.();
      const id = await start(stalled.engine, 'everything');
      await until(stalled.engine, id, () => stub.calls.length === 1);
      stalled.stall();

      await open();
      await current.engine.begin?.();
      const run = await ended(current.engine, id);
      expect(run).toMatchObject({ state: 'COMPLETED', data: everythingResult });
      const row = await current.knex('embedded_runs').where({ id }).first();
      const commits = jest.spyOn(RunStore.prototype, 'commit');
      release();
      await until(current.engine, id, () => commits.mock.results.length > 0);
      expect(await commits.mock.results[0].value).toEqual({
        stored: false,
        ended: [],
      });

      expect(await current.knex('embedded_runs').where({ id }).first()).toEqual(
        row,
      );
      expect(await current.engine.get(id, call)).toEqual(run);
      await stalled.crash();
    });

    it('hands its runs back when it stops in order', async () => {
      scriptEverything(stub);
      stub.reset({ 'GET /one': [{ after: new Promise(() => {}) }] });
      await current.engine.begin?.();
      const id = await start(current.engine, 'everything', {}, randomUUID());
      await until(current.engine, id, () => stub.calls.length === 1);
      await current.close();

      scriptEverything(stub);
      await open();
      // Nothing waits for a lease: the run is due at once.
      const row = await current.knex('embedded_runs').where({ id }).first();
      expect([row.status, row.owner, Number(row.wake_at)]).toEqual([
        'ACTIVE',
        null,
        0,
      ]);
      await current.engine.begin?.();
      expect(await ended(current.engine, id)).toMatchObject({
        state: 'COMPLETED',
        data: everythingResult,
      });
    });
  },
);
