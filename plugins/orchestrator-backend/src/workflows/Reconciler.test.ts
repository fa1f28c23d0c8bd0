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
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { RunStore } from '../database/RunStore';
import { admin, alice } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from './__testUtils__/workflowFixture';
import { EngineCalls, Engines } from './EngineCalls';
import { Reconciler } from './Reconciler';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const PATIENCE = 60_000;

describe('Reconciler', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      let time = Date.UTC(2026, 0, 1);
      const now = () => time;
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({
        definitions: [{ id: 'wait', scenario: 'waits' }],
        now,
      });
      const logger = mockServices.logger.mock();
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        now,
      });
      const runs = new RunStore(database);
      const reconciler = new Reconciler({
        runs,
        engines: new Engines([new EngineCalls(engine, 10_000, logger)]),
        logger,
        now,
        patience: PATIENCE,
        lostAfter: 10 * PATIENCE,
        forgetAfter: 100 * PATIENCE,
      });
      return {
        ...fixture.service,
        engine,
        reconciler,
        runStore: runs,
        logger,
        advance: (by: number) => {
          time += by;
        },
        unsettled: () => runs.unsettled(Number.MAX_SAFE_INTEGER, 10),
      };
    }

    it('confirms a run whose answer was lost, with its initiator and its key', async () => {
      const { actions, runs, engine, reconciler, advance, unsettled } =
        await create();
      engine.troubles.loseNextAnswer('start');
      await expect(
        actions.execute(alice, 'wait', {}, 'key'),
      ).rejects.toMatchObject({ code: 'engine.unavailable' });
      expect((await runs.list(admin, {})).items).toEqual([]);

      await reconciler.settle();
      expect(await unsettled()).toHaveLength(1);

      advance(PATIENCE + 1);
      await reconciler.settle();
      expect(await unsettled()).toEqual([]);
      const { items, totalCount } = await runs.list(alice, {});
      expect(totalCount).toBe(1);
      expect(items).toMatchObject([
        { state: 'ACTIVE', start: '2026-01-01T00:00:00.000Z' },
      ]);
      expect(await actions.execute(alice, 'wait', {}, 'key')).toEqual({
        id: items[0].id,
      });
      expect(engine.storage.runs.size).toBe(1);
    });

    it('gives up a start that the engine does not have, and its key', async () => {
      const { actions, runs, engine, reconciler, advance, unsettled } =
        await create();
      engine.troubles.failNext('start', new Error('died'));
      await expect(
        actions.execute(alice, 'wait', {}, 'key'),
      ).rejects.toMatchObject({ code: 'engine.bad_answer' });
      advance(PATIENCE + 1);
      await reconciler.settle();
      expect(await unsettled()).toEqual([]);
      expect((await runs.list(admin, {})).items).toEqual([]);
      const other = { inputData: { other: true } };
      await expect(
        actions.execute(alice, 'wait', other, 'key'),
      ).resolves.toEqual({ id: expect.any(String) });
    });

    it('confirms a run that is answered after it was given up', async () => {
      const { runs, runStore, reconciler, advance } = await create();
      const reservation = {
        id: 'late',
        engineId: 'fake',
        workflowId: 'wait',
        workspace: 'default',
        name: 'wait',
        initiator: 'user:default/alice',
        owner: 'user:default/alice',
        state: 'PENDING' as const,
        idempotencyKey: 'key',
        inputHash: 'hash',
        revision: 0,
        reservedAt: Date.UTC(2026, 0, 1),
      };
      await runStore.reserve(reservation);
      advance(PATIENCE + 1);
      await reconciler.settle();
      expect(await runStore.findReserved('late')).toBeUndefined();
      await runStore.confirm(reservation, { id: 'late', state: 'ACTIVE' });
      await runStore.confirm(reservation, { id: 'late', state: 'ACTIVE' });
      const { items, totalCount } = await runs.list(alice, {});
      expect(items).toMatchObject([{ id: 'late' }]);
      expect(totalCount).toBe(1);
    });

    it('joins the reservation with the run that the feed brought under the id of the engine', async () => {
      const { runStore } = await create();
      const base = {
        engineId: 'fake',
        workflowId: 'wait',
        workspace: 'default',
        name: 'wait',
        initiator: 'user:default/alice',
        owner: 'user:default/alice',
        state: 'PENDING' as const,
        revision: 0,
        reservedAt: 5,
      };
      const reservation = {
        ...base,
        id: 'ours',
        idempotencyKey: 'key',
        inputHash: 'hash',
      };
      await runStore.reserve(reservation);
      const brought = { ...base, id: 'theirs' };
      await runStore.reserve(brought);
      await runStore.confirm(brought, { id: 'theirs', state: 'ACTIVE' });
      await runStore.confirm(reservation, { id: 'theirs', state: 'ACTIVE' });
      expect(await runStore.findReserved('ours')).toBeUndefined();
      expect(await runStore.find('theirs')).toMatchObject({
        idempotencyKey: 'key',
        inputHash: 'hash',
        start: 5,
      });
    });

    it('waits for an engine that is down', async () => {
      const { actions, engine, reconciler, advance, unsettled, logger } =
        await create();
      engine.troubles.loseNextAnswer('start');
      await expect(actions.execute(alice, 'wait', {})).rejects.toBeDefined();
      advance(PATIENCE + 1);
      engine.troubles.setDown(true);
      await reconciler.settle();
      expect(await unsettled()).toHaveLength(1);
      expect(logger.warn).toHaveBeenCalledTimes(1);
      engine.troubles.setDown(false);
      await reconciler.settle();
      expect(await unsettled()).toEqual([]);
    });
  });
});
