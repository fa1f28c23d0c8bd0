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
import { ServiceUnavailableError } from '@backstage/errors';
import {
  EngineAnswerError,
  EngineTimeoutError,
  notStarted,
} from '@flowgate/backstage-plugin-orchestrator-node';
import {
  createFakeEngine,
  type FakeEngineOptions,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { RunStore } from '../database/RunStore';
import { admin, alice } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';
import type { WorkflowTimes } from './workflowTimes';
import { EngineCalls, Engines } from './EngineCalls';
import { Reconciler } from './Reconciler';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const MINUTE = 60_000;
const ALICES = { initiator: 'user:default/alice', owner: 'user:default/alice' };
const KEY = 'key';

describe('starts of an engine that makes ids', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(
      options: FakeEngineOptions = {},
      times: Partial<WorkflowTimes> = {},
    ) {
      let elapsed = 0;
      const now = () => Date.now() + elapsed;
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({
        definitions: [{ id: 'wait', scenario: 'waits', workspace: 'payments' }],
        capabilities: { acceptsRunId: false },
        keepsProvenance: false,
        ...options,
      });
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        now,
        times,
      });
      const runStore = new RunStore(database);
      const logger = mockServices.logger.mock();
      return {
        ...fixture,
        ...fixture.service,
        database,
        engine,
        runStore,
        reconciler: new Reconciler({
          runs: runStore,
          engines: new Engines([new EngineCalls(engine, 10_000, logger)]),
          logger,
          now,
          patience: MINUTE,
          lostAfter: 10 * MINUTE,
          forgetAfter: 7 * 24 * 60 * MINUTE,
        }),
        advance: (by: number) => {
          elapsed += by;
        },
        unsettled: () => runStore.unsettled(Number.MAX_SAFE_INTEGER, 10),
      };
    }

    it('are found again by the id of the reservation, with owner and key', async () => {
      const fixture = await create();
      const { actions, engine, reconciler, runStore, runs } = fixture;
      engine.troubles.loseNextAnswer('start');
      await expect(
        actions.execute(alice, 'wait', {}, KEY),
      ).rejects.toMatchObject({ code: 'engine.unavailable', status: 503 });
      await reconciler.settle();
      expect(await fixture.unsettled()).toHaveLength(1);
      fixture.advance(MINUTE + 1_000);
      await Promise.all([reconciler.settle(), reconciler.settle()]);
      const [id] = engine.storage.runs.keys();
      expect(await runStore.find(id)).toMatchObject({
        ...ALICES,
        workspace: 'payments',
      });
      expect(await actions.execute(alice, 'wait', {}, KEY)).toEqual({ id });
      expect((await runs.list(alice, {})).totalCount).toBe(1);
      expect(engine.storage.runs.size).toBe(1);
      await fixture.stop();
    });

    it('are found by the feed where that is first', async () => {
      const fixture = await create({}, { feedInterval: 5 });
      const { actions, engine, runs } = fixture;
      engine.troubles.loseNextAnswer('start');
      await expect(actions.execute(alice, 'wait', {})).rejects.toBeDefined();
      await until(async () => engine.storage.outbox.size === 0);
      expect((await runs.list(alice, {})).items).toMatchObject([
        { initiatorEntity: 'user:default/alice', workspace: 'payments' },
      ]);
      expect(await fixture.unsettled()).toEqual([]);
      await fixture.stop();
    });

    it('keep their key until the engine had time to tell, then free it, and still find their owner', async () => {
      const fixture = await create();
      const { actions, engine, reconciler, advance, runStore } = fixture;
      engine.troubles.failNext('start', new Error('reset'));
      await expect(
        actions.execute(alice, 'wait', {}, KEY),
      ).rejects.toMatchObject({ code: 'engine.bad_answer' });
      const [{ id: reserved }] = await fixture.unsettled();
      advance(9 * MINUTE);
      await reconciler.settle();
      expect(await fixture.unsettled()).toHaveLength(1);
      advance(2 * MINUTE);
      await reconciler.settle();
      expect(await fixture.unsettled()).toEqual([]);
      const other = { inputData: { other: true } };
      const { id } = await actions.execute(alice, 'wait', other, KEY);

      engine.report({
        runId: 'late',
        definitionId: 'wait',
        state: 'ACTIVE',
        start: new Date().toISOString(),
        revision: 1,
        startedAs: reserved,
      });
      const again = await createWorkflowFixture({
        database: fixture.database,
        engines: [engine],
      });
      expect(await runStore.find('late')).toMatchObject(ALICES);
      expect(await actions.execute(alice, 'wait', other, KEY)).toEqual({ id });
      await again.stop();
      await fixture.stop();
    });

    it('are forgotten long after they were given up', async () => {
      const fixture = await create();
      const { actions, engine, reconciler, advance, runStore } = fixture;
      engine.troubles.failNext('start', new Error('reset'));
      await expect(actions.execute(alice, 'wait', {})).rejects.toBeDefined();
      const [{ id }] = await fixture.unsettled();
      advance(11 * MINUTE);
      await reconciler.settle();
      advance(6 * 24 * 60 * MINUTE);
      await reconciler.settle();
      expect(await runStore.findReserved(id)).toBeDefined();
      advance(2 * 24 * 60 * MINUTE);
      await reconciler.settle();
      expect(await runStore.findReserved(id)).toBeUndefined();
      await fixture.stop();
    });

    it('wait for an engine that does not say what it has started', async () => {
      const fixture = await create();
      const { actions, engine, reconciler, advance } = fixture;
      engine.troubles.loseNextAnswer('start');
      await expect(actions.execute(alice, 'wait', {})).rejects.toBeDefined();
      advance(60 * MINUTE);
      engine.troubles.setDown(true);
      await reconciler.settle();
      await reconciler.settle();
      expect(await fixture.unsettled()).toHaveLength(1);
      engine.troubles.setDown(false);
      await reconciler.settle();
      expect(await fixture.unsettled()).toEqual([]);
      expect((await fixture.runs.list(alice, {})).totalCount).toBe(1);
      await fixture.stop();
    });

    it('are settled though the engine says of one that it is somebody elses run', async () => {
      const fixture = await create();
      const { actions, engine, reconciler, advance, runs } = fixture;
      const bobs = await actions.execute(admin, 'wait', {});
      for (let start = 0; start < 2; start++) {
        engine.troubles.loseNextAnswer('start');
        await expect(actions.execute(alice, 'wait', {})).rejects.toBeDefined();
      }
      const [first] = await fixture.unsettled();
      const { findStarted } = engine;
      Object.assign(engine, {
        findStarted: async (
          ...args: Parameters<NonNullable<typeof findStarted>>
        ) => new Map([...(await findStarted!(...args)), [first.id, bobs.id]]),
      });
      advance(2 * MINUTE);
      await reconciler.settle();
      expect(await fixture.unsettled()).toMatchObject([{ id: first.id }]);
      expect((await runs.list(alice, {})).totalCount).toBe(1);
      expect(await runs.get(admin, bobs.id)).toMatchObject({
        initiatorEntity: 'user:default/admin',
      });
      await fixture.stop();
    });

    it('that came certainly to nothing free their key at once', async () => {
      const fixture = await create();
      const { actions, engine } = fixture;
      engine.troubles.failNext(
        'start',
        notStarted(new ServiceUnavailableError('not reached')),
      );
      await expect(
        actions.execute(alice, 'wait', {}, KEY),
      ).rejects.toMatchObject({ code: 'engine.unavailable', status: 503 });
      expect(await fixture.unsettled()).toEqual([]);
      const other = { inputData: { other: true } };
      await actions.execute(alice, 'wait', other, KEY);
      await fixture.stop();
    });

    it.each([
      [new EngineTimeoutError('Data Index "a" is slow'), 'engine.timeout', 504],
      [
        new EngineAnswerError('Data Index "a" answered HTML'),
        'engine.bad_answer',
        502,
      ],
    ])(
      'that fail by %s say so, and may have made a run',
      async (error, code, status) => {
        const fixture = await create();
        fixture.engine.troubles.failNext('start', error);
        await expect(
          fixture.actions.execute(alice, 'wait', {}),
        ).rejects.toMatchObject({ code, status, message: error.message });
        expect(await fixture.unsettled()).toHaveLength(1);
        await fixture.stop();
      },
    );

    it('have the time that the engine asks for, and their late answer is used', async () => {
      const fixture = await create(
        { startTimeout: 1_500 },
        { engineTimeout: 100_000 },
      );
      const { actions, engine, runs } = fixture;
      const release = engine.troubles.hold('start');
      const started = actions.execute(alice, 'wait', {}, KEY);
      await expect(started).rejects.toMatchObject({ code: 'engine.timeout' });
      release();
      await until(async () => (await fixture.unsettled()).length === 0);
      const [id] = engine.storage.runs.keys();
      expect((await runs.list(alice, {})).items).toMatchObject([{ id }]);
      expect(await actions.execute(alice, 'wait', {}, KEY)).toEqual({ id });
      await fixture.stop();
    });

    it('whose late answer is a refusal free their key', async () => {
      const fixture = await create({ startTimeout: 1_500 });
      const { actions, engine } = fixture;
      const release = engine.troubles.hold('start');
      engine.troubles.failNext('start', notStarted(new Error('no')));
      await expect(
        actions.execute(alice, 'wait', {}, KEY),
      ).rejects.toMatchObject({ code: 'engine.timeout' });
      expect(await fixture.unsettled()).toHaveLength(1);
      release();
      await until(async () => (await fixture.unsettled()).length === 0);
      expect((await fixture.runs.list(alice, {})).totalCount).toBe(0);
      await fixture.stop();
    });
  });
});
