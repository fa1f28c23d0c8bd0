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
import {
  createFakeEngine,
  type FakeEngineOptions,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { EngineLeases } from '../database/EngineLeases';
import { LostRunStore } from '../database/LostRunStore';
import { RUNS } from '../database/RunRow';
import { alice, bob } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';
import { EngineCalls } from './EngineCalls';
import { IndexCheck } from './IndexCheck';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const MINUTE = 60_000;

describe('IndexCheck', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(options: FakeEngineOptions = {}) {
      let elapsed = 0;
      const now = () => Date.now() + elapsed;
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({
        definitions: [
          { id: 'wait', scenario: 'waits' },
          { id: 'done', scenario: 'completes' },
          { id: 'fail', scenario: 'fails' },
        ],
        capabilities: { acceptsRunId: false },
        keepsProvenance: false,
        ...options,
      });
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        now,
        times: { feedInterval: 5 },
      });
      const logger = mockServices.logger.mock();
      const createCheck = () =>
        new IndexCheck({
          calls: new EngineCalls(engine, 10_000, logger),
          store: new LostRunStore(database),
          leases: new EngineLeases(database),
          logger,
          now,
        });
      const check = createCheck();
      const { actions, runs } = fixture.service;
      return {
        ...fixture.service,
        audit: fixture.audit,
        stop: fixture.stop,
        database,
        engine,
        logger,
        check,
        createCheck,
        advance: (by: number) => {
          elapsed += by;
        },
        /** Starts a run of alice's and waits until the index has all of it. */
        async start(workflowId: string) {
          const { id } = await actions.execute(alice, workflowId, {});
          await until(async () => engine.storage.outbox.size === 0);
          return id;
        },
        /** The ids of the runs that alice sees as lost in her list. */
        async lost() {
          const { items } = await runs.list(alice, {});
          return items.filter(({ lost }) => lost).map(({ id }) => id);
        },
      };
    }

    it('shows runs that nothing goes on with as lost, and no longer once something does', async () => {
      const { engine, check, start, lost, runs, advance, stop } =
        await create();
      const id = await start('wait');
      await start('wait');
      const failed = await start('fail');
      engine.lose(id);
      engine.lose(failed);
      await check.check();
      expect(await lost()).toEqual([]);
      advance(6 * MINUTE);
      await check.check();
      expect((await lost()).sort()).toEqual([id, failed].sort());
      expect(await runs.get(alice, id)).toMatchObject({
        state: 'ACTIVE',
        lost: true,
        error: { message: 'The engine has lost it' },
      });
      expect(await runs.get(alice, failed)).toMatchObject({
        state: 'ERROR',
        lost: true,
        error: {
          nodeDefinitionId: 'step',
          message: 'The engine has lost it; before: The step failed',
        },
      });
      // It is there again.
      engine.storage.runs.get(id)!.run = {
        ...engine.storage.runs.get(id)!.run,
        lost: undefined,
      };
      await check.check();
      expect(await lost()).toEqual([failed]);
      await stop();
    });

    it('shows runs whose row is gone as lost, those that have ended too, and keeps whose they are', async () => {
      const { engine, check, start, lost, runs, advance, stop, logger } =
        await create();
      const waiting = await start('wait');
      const ended = await start('done');
      await start('done');
      await start('wait');
      advance(6 * MINUTE);
      await check.check();
      expect(await lost()).toEqual([]);
      engine.forget(waiting);
      engine.forget(ended);
      await check.check();
      expect((await lost()).sort()).toEqual([waiting, ended].sort());
      for (const [id, state] of [
        [waiting, 'ACTIVE'],
        [ended, 'COMPLETED'],
      ] as const) {
        expect(await runs.get(alice, id)).toMatchObject({
          state,
          lost: true,
          error: {
            message:
              'The engine of the workflow does not have this run any more',
          },
        });
        await expect(runs.get(bob, id)).rejects.toMatchObject({
          code: 'instance.not_found',
        });
      }
      const warned = logger.warn.mock.calls.length;
      await check.check();
      expect(logger.warn).toHaveBeenCalledTimes(warned);
      await stop();
    });

    it('looks at runs that have ended only where the engine has fewer', async () => {
      const { engine, check, start, advance, stop } = await create();
      const ended = await start('done');
      await start('done');
      advance(6 * MINUTE);
      await check.check();
      expect(engine.troubles.calls.get('standings')).toBeUndefined();
      engine.forget(ended);
      await check.check();
      expect(engine.troubles.calls.get('standings')).toBe(1);
      // It is known now that this one is gone.
      await check.check();
      expect(engine.troubles.calls.get('standings')).toBe(1);
      await stop();
    });

    it('does not believe an engine that has nothing, or fails', async () => {
      const { engine, check, start, lost, advance, stop, logger } =
        await create();
      const id = await start('wait');
      const ended = await start('done');
      advance(6 * MINUTE);
      engine.troubles.failNext('standings', new Error('down'));
      await check.check();
      expect(await lost()).toEqual([]);
      engine.forget(id);
      engine.forget(ended);
      await check.check();
      await check.check();
      expect(await lost()).toEqual([]);
      expect(logger.warn.mock.calls.map(([text]) => text)).toEqual([
        'The index cannot be compared with engine "fake" at the moment: Engine "fake" gave a bad answer',
        'Engine "fake" says that it has no runs, though the index has some: it is not believed',
      ]);
      await start('wait');
      await check.check();
      expect((await lost()).sort()).toEqual([id, ended].sort());
      await stop();
    });

    it('has a run that the engine tells of again back', async () => {
      const { engine, check, start, lost, advance, stop } = await create();
      const id = await start('wait');
      await start('wait');
      advance(6 * MINUTE);
      const stored = engine.storage.runs.get(id)!;
      engine.forget(id);
      await check.check();
      expect(await lost()).toEqual([id]);
      engine.storage.runs.set(id, stored);
      engine.report({
        runId: id,
        definitionId: 'wait',
        state: 'ACTIVE',
        start: stored.run.start,
        // As it was told before.
        revision: stored.revision,
      });
      await until(async () => (await lost()).length === 0);
      await stop();
    });

    it('lets a run that is lost be aborted, and records it', async () => {
      const { engine, check, start, lost, actions, runs, advance, ...rest } =
        await create();
      const stuck = await start('wait');
      const gone = await start('wait');
      const fresh = await start('wait');
      await start('wait');
      for (const id of [stuck, fresh]) engine.lose(id);
      engine.forget(gone);
      // Nobody has looked yet; the engine says so itself.
      await actions.abort(alice, fresh);
      await expect(actions.abort(alice, gone)).rejects.toMatchObject({
        code: 'instance.not_found',
      });
      advance(6 * MINUTE);
      await check.check();
      await actions.abort(alice, stuck);
      await actions.abort(alice, gone);
      for (const id of [stuck, gone, fresh]) {
        expect(await runs.get(alice, id)).toMatchObject({ state: 'ABORTED' });
        await expect(actions.abort(alice, id)).rejects.toMatchObject({
          status: expect.any(Number),
        });
      }
      // What has ended is not stuck; the details of the other are gone for ever.
      expect(await lost()).toEqual([gone]);
      const aborted = rest.audit.events.filter(
        ({ eventId, outcome }) =>
          eventId === 'abort-workflow' && outcome === 'succeeded',
      );
      expect(aborted.map(({ record }) => record)).toEqual(
        [fresh, stuck, gone].map(instanceId => ({
          event: 'run.aborted',
          workflowId: 'wait',
          instanceId,
        })),
      );
      await check.check();
      expect((await runs.get(alice, stuck)).lost).toBeUndefined();
      await rest.stop();
    });

    it('does not abort a run that is there, whatever is lost elsewhere', async () => {
      const { engine, check, start, actions, advance, stop } = await create();
      const id = await start('done');
      await start('wait');
      advance(6 * MINUTE);
      await check.check();
      await expect(actions.abort(alice, id)).rejects.toMatchObject({
        code: 'instance.conflict',
      });
      engine.troubles.failNext('abort', new Error('down'));
      await expect(
        actions.abort(alice, await start('wait')),
      ).rejects.toMatchObject({ code: 'engine.bad_answer' });
      await stop();
    });

    it('refuses to retrigger a run that is gone in words', async () => {
      const { engine, check, start, actions, advance, stop } = await create();
      const id = await start('fail');
      await start('fail');
      advance(6 * MINUTE);
      engine.forget(id);
      await check.check();
      await expect(actions.retrigger(alice, 'fail', id)).rejects.toMatchObject({
        code: 'instance.conflict',
        message: 'The engine of the workflow has lost the run',
      });
      await stop();
    });

    it('is made by one replica', async () => {
      const { engine, check, createCheck, start, advance, stop } = await create(
        { hasExclusiveFeed: true },
      );
      await start('wait');
      advance(6 * MINUTE);
      // The replica that follows the engine holds the lease.
      await check.check();
      await createCheck().check();
      expect(engine.troubles.calls.get('countRuns')).toBeUndefined();
      await stop();
      await Promise.all([check.check(), createCheck().check()]);
      expect(engine.troubles.calls.get('countRuns')).toBe(1);
    });

    it('goes past runs of which the engine cannot say how it stands to them', async () => {
      const { engine, check, start, lost, advance, stop } = await create();
      const hard = await start('wait');
      const ended = await start('done');
      await start('done');
      const failed = await start('fail');
      advance(6 * MINUTE);
      const { standings } = engine;
      Object.assign(engine, {
        standings: async (
          ...args: Parameters<NonNullable<typeof standings>>
        ) => {
          if (args[0].includes(hard)) throw new Error('slow');
          return standings!(...args);
        },
      });
      engine.lose(failed);
      engine.forget(ended);
      await check.check();
      // What had ended is looked at nevertheless.
      expect(await lost()).toEqual([ended]);
      await check.check();
      expect((await lost()).sort()).toEqual([ended, failed].sort());
      await stop();
    });

    it('goes through more runs than one question takes', async () => {
      const { engine, check, start, database, advance, stop } = await create();
      await start('wait');
      const ids = Array.from({ length: 450 }, (_, index) => `run-${index}`);
      for (const runId of ids) {
        engine.report({
          runId,
          definitionId: 'wait',
          state: 'ACTIVE',
          // Many at the same time.
          start: new Date(
            Math.floor(Number(runId.slice(4)) / 100),
          ).toISOString(),
          revision: 1,
        });
      }
      await until(async () => engine.storage.outbox.size === 0);
      advance(6 * MINUTE);
      await check.check();
      const marked = await database.knex(RUNS).where({ lost_as: 'gone' });
      expect(marked).toHaveLength(450);
      expect(engine.troubles.calls.get('standings')).toBe(3);
      await stop();
    });
  });
});
