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

import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import {
  createFakeEngine,
  type FakeEngineOptions,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { EndedRunStore } from '../database/EndedRunStore';
import { RUNS } from '../database/RunRow';
import { alice, admin, bob } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from './__testUtils__/workflowFixture';
import { EngineCalls, Engines } from './EngineCalls';
import { RunRetention } from './RunRetention';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const DAY = 24 * 3_600_000;
const KEEP = 7 * DAY;
const call = { caller: 'test' };

describe('RunRetention', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(options: FakeEngineOptions = {}) {
      let time = Date.UTC(2026, 10, 22);
      const now = () => time;
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({
        definitions: [
          { id: 'wait', scenario: 'waits' },
          { id: 'done', scenario: 'completes' },
        ],
        now,
        ...options,
      });
      // Quick enough that the changes are stored before a test goes on.
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        now,
        times: { feedInterval: 5 },
      });
      const logger = mockServices.logger.mock();
      const retention = new RunRetention({
        store: new EndedRunStore(database),
        engines: new Engines([new EngineCalls(engine, 15_000, logger)]),
        logger,
        now,
        keep: KEEP,
      });
      const { actions, runs, workflows } = fixture.service;
      const indexed = async (id: string) => {
        const [row] = await database.knex(RUNS).where({ id });
        return row?.state as RunState | undefined;
      };
      /** Starts a run and waits until the index knows its state. */
      const start = async (workflowId: string, access = alice) => {
        const { id } = await actions.execute(access, workflowId, {});
        const state = workflowId === 'done' ? 'COMPLETED' : 'ACTIVE';
        while ((await indexed(id)) !== state) await new Promise(setImmediate);
        return id;
      };
      const move = async (id: string, state: RunState) => {
        engine.advance(id, state);
        while ((await indexed(id)) !== state) await new Promise(setImmediate);
      };
      return {
        ...fixture,
        database,
        engine,
        retention,
        logger,
        indexed,
        start,
        move,
        statistics: async (id: string, access = admin) =>
          workflows.overview(access, id),
        count: async (access = admin) =>
          (await runs.list(access, {})).totalCount,
        listed: async (access = admin) =>
          (await runs.list(access, {})).items.map(({ id }) => id).sort(),
        pass: (milliseconds: number) => {
          time += milliseconds;
        },
      };
    }

    it('deletes what completed or was aborted long ago, and nothing else', async () => {
      const on = await create();
      const completed = await on.start('done');
      const [aborted, failed, active] = [
        await on.start('wait'),
        await on.start('wait'),
        await on.start('wait'),
      ];
      await on.move(aborted, 'ABORTED');
      await on.move(failed, 'ERROR');
      on.pass(KEEP);
      expect(await on.retention.prune()).toBe(0);
      on.pass(1);
      const young = await on.start('done');
      expect(await on.retention.prune()).toBe(2);
      expect(await on.listed()).toEqual([failed, active, young].sort());
      expect([...on.engine.storage.runs.keys()].sort()).toEqual(
        [failed, active, young].sort(),
      );
      for (const id of [completed, aborted]) {
        await expect(on.service.runs.get(alice, id)).rejects.toMatchObject({
          code: 'instance.not_found',
        });
      }
      expect(on.logger.info).toHaveBeenCalledWith(
        'Deleted 2 runs that ended long ago',
      );
      await on.stop();
    });

    it('counts them in the statistics, and in no list', async () => {
      const on = await create();
      await on.start('done');
      await on.start('done', bob);
      on.pass(KEEP + 1);
      const last = await on.start('done');
      const before = await on.statistics('done');
      expect(before.workflowRunStats).toMatchObject({
        totalCount: 3,
        successCount: 3,
      });
      await on.retention.prune();
      const after = await on.statistics('done');
      expect(after).toEqual(before);
      expect(after.lastRunId).toBe(last);
      expect(await on.count()).toBe(1);
      expect(await on.count(alice)).toBe(1);
      expect(await on.count(bob)).toBe(0);
      expect(
        (await on.statistics('done', bob)).workflowRunStats?.totalCount,
      ).toBe(1);
      await on.stop();
    });

    it('names the newest run that is left as the last one', async () => {
      const on = await create();
      const older = await on.start('wait');
      on.pass(1_000);
      const newer = await on.start('wait');
      await on.move(newer, 'ABORTED');
      expect((await on.statistics('wait')).lastRunId).toBe(newer);
      on.pass(KEEP + 1);
      await on.retention.prune();
      expect((await on.statistics('wait', alice)).lastRunId).toBe(older);
      await on.move(older, 'COMPLETED');
      on.pass(KEEP + 1);
      await on.retention.prune();
      const empty = await on.statistics('wait', alice);
      expect(empty.lastRunId).toBeUndefined();
      expect(empty.workflowRunStats).toMatchObject({ successCount: 1 });
      await on.stop();
    });

    it('is repaired by the next round where the index was not reached', async () => {
      const on = await create();
      const id = await on.start('done');
      on.pass(KEEP + 1);
      // As after a crash in between.
      expect(await on.engine.deleteRuns!([id], call)).toEqual([id]);
      expect(await on.indexed(id)).toBe('COMPLETED');
      expect(await on.retention.prune()).toBe(1);
      expect(await on.indexed(id)).toBeUndefined();
      await on.stop();
    });

    it('keeps what its engine keeps, and looks at all behind it', async () => {
      const on = await create();
      const ids = [];
      for (let index = 0; index < 5; index++) ids.push(await on.start('done'));
      on.pass(KEEP + 1);
      const kept = ids[1];
      // The engine knows better than the index.
      on.engine.storage.runs.get(kept)!.run = {
        ...on.engine.storage.runs.get(kept)!.run,
        state: 'ACTIVE',
      };
      expect(await on.retention.prune()).toBe(4);
      expect(await on.indexed(kept)).toBe('COMPLETED');
      await on.stop();
    });

    it('keeps a run as long as the one that started it goes on', async () => {
      const on = await create();
      const parent = await on.start('wait');
      const child = await on.start('done');
      await on.database
        .knex(RUNS)
        .where({ id: child })
        .update({ parent_id: parent });
      on.pass(KEEP + 1);
      expect(await on.retention.prune()).toBe(0);
      await on.move(parent, 'ERROR');
      on.pass(KEEP + 1);
      expect(await on.retention.prune()).toBe(0);
      await on.move(parent, 'COMPLETED');
      expect(await on.retention.prune()).toBe(1);
      on.pass(KEEP + 1);
      expect(await on.retention.prune()).toBe(1);
      expect(await on.listed()).toEqual([]);
      await on.stop();
    });

    it('deletes more than one step takes, and stops in between when told to', async () => {
      const on = await create();
      const ids = Array.from({ length: 450 }, (_, index) => `run-${index}`);
      const first = await on.start('done');
      const [row] = await on.database.knex(RUNS).where({ id: first });
      for (let index = 0; index < ids.length; index += 150) {
        await on.database
          .knex(RUNS)
          .insert(ids.slice(index, index + 150).map(id => ({ ...row, id })));
      }
      on.pass(KEEP + 1);
      const controller = new AbortController();
      const { deleteRuns } = on.engine;
      Object.assign(on.engine, {
        deleteRuns: async (asked: string[]) => {
          controller.abort();
          return deleteRuns!(asked, call);
        },
      });
      expect(await on.retention.prune(controller.signal)).toBe(200);
      expect(await on.retention.prune()).toBe(251);
      await on.stop();
    });

    it('leaves the runs of engines that delete none', async () => {
      const on = await create({ keepsHistory: false });
      const id = await on.start('done');
      on.pass(KEEP + 1);
      expect(await on.retention.prune()).toBe(0);
      expect(await on.indexed(id)).toBe('COMPLETED');
      await on.stop();
    });

    it('goes on another time where the engine does not answer', async () => {
      const on = await create();
      const id = await on.start('done');
      on.pass(KEEP + 1);
      on.engine.troubles.failNext('deleteRuns', new Error('down'));
      expect(await on.retention.prune()).toBe(0);
      expect(on.logger.warn).toHaveBeenCalledTimes(1);
      expect(await on.indexed(id)).toBe('COMPLETED');
      on.engine.troubles.loseNextAnswer('deleteRuns');
      expect(await on.retention.prune()).toBe(0);
      expect(await on.retention.prune()).toBe(1);
      await on.stop();
    });

    it('forgets the key of a start with its run', async () => {
      const on = await create();
      const { actions } = on.service;
      const { id } = await actions.execute(alice, 'done', {}, 'key');
      while ((await on.indexed(id)) !== 'COMPLETED') {
        await new Promise(setImmediate);
      }
      expect((await actions.execute(alice, 'done', {}, 'key')).id).toBe(id);
      on.pass(KEEP + 1);
      await on.retention.prune();
      expect((await actions.execute(alice, 'done', {}, 'key')).id).not.toBe(id);
      await on.stop();
    });
  });
});
