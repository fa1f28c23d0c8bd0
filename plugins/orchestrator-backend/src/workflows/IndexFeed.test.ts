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
import {
  createFakeEngine,
  type FakeEngine,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import { admin, alice, bob } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

jest.setTimeout(60_000);

const EVERY_FEW = { feedInterval: 5 };
const call = { caller: 'user:default/alice' };

describe('IndexFeed', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    const createDatabase = async () =>
      createIndexDatabase(await databases.init(databaseId));

    const createEngine = () =>
      createFakeEngine({
        definitions: [
          {
            id: 'wait',
            name: 'Wait',
            scenario: 'waits',
            workspace: 'payments',
          },
          { id: 'done', scenario: 'completes' },
        ],
      });

    const startUnder = (engine: FakeEngine, initiator: string, runId: string) =>
      engine.start(
        {
          definitionId: 'wait',
          runId,
          input: {},
          provenance: { initiator, workspace: 'payments' },
        },
        call,
      );

    /** What the lists and the statistics say, which must be the same. */
    async function statesOf(
      service: Awaited<ReturnType<typeof createWorkflowFixture>>['service'],
    ) {
      const { items } = await service.runs.list(admin, {});
      const states: Partial<Record<RunState, number>> = {};
      for (const { state } of items) states[state!] = (states[state!] ?? 0) + 1;
      for (const state of [
        'ACTIVE',
        'ERROR',
        'COMPLETED',
        'ABORTED',
      ] as const) {
        const filters = { field: 'state', operator: 'EQ', value: state };
        const { totalCount } = await service.runs.list(admin, { filters });
        expect([state, totalCount]).toEqual([state, states[state] ?? 0]);
      }
      return states;
    }

    it('follows a run through its states', async () => {
      const engine = createEngine();
      const { service, stop, metrics } = await createWorkflowFixture({
        database: await createDatabase(),
        engines: [engine],
        times: EVERY_FEW,
      });
      const { id } = await service.actions.execute(alice, 'wait', {});
      expect(await statesOf(service)).toEqual({ ACTIVE: 1 });
      for (const state of ['ERROR', 'ACTIVE', 'COMPLETED'] as const) {
        engine.advance(id, state);
        await until(async () => {
          const { items } = await service.runs.list(alice, {});
          return items[0].state === state;
        });
        expect(await statesOf(service)).toEqual({ [state]: 1 });
      }
      const { items } = await service.runs.list(alice, {});
      expect(items[0]).toMatchObject({
        end: expect.any(String),
        duration: expect.stringMatching(/^0 hours, 0 minutes, /),
      });
      expect(metrics.runState.mock.calls.map(([state]) => state)).toEqual([
        'ACTIVE',
        'ERROR',
        'ACTIVE',
        'COMPLETED',
      ]);
      await stop();
    });

    it('takes in runs that were started elsewhere, for their initiator', async () => {
      const engine = createEngine();
      await startUnder(engine, 'user:default/bob', 'elsewhere');
      engine.report({
        runId: 'nobodys',
        definitionId: 'wait',
        state: 'ACTIVE',
        start: '2026-01-01T00:00:00.000Z',
        revision: 1,
      });
      const { service, stop } = await createWorkflowFixture({
        database: await createDatabase(),
        engines: [engine],
        times: EVERY_FEW,
      });
      expect((await service.runs.list(bob, {})).items).toMatchObject([
        { id: 'elsewhere', processName: 'Wait', workspace: 'payments' },
      ]);
      expect((await service.runs.list(alice, {})).items).toEqual([]);
      const all = await service.runs.list(admin, {});
      expect(all.items).toMatchObject([
        { id: 'elsewhere' },
        {
          id: 'nobodys',
          initiatorEntity: 'engine:fake',
          workspace: 'payments',
          start: '2026-01-01T00:00:00.000Z',
        },
      ]);
      await stop();
    });

    it('ignores changes that are old, told again, or of runs of another engine', async () => {
      const engine = createEngine();
      const other = createFakeEngine({ id: 'other' });
      const { service, stop } = await createWorkflowFixture({
        database: await createDatabase(),
        engines: [engine, other],
        times: EVERY_FEW,
      });
      const { id } = await service.actions.execute(alice, 'wait', {});
      engine.advance(id, 'COMPLETED');
      const change = {
        runId: id,
        definitionId: 'wait',
        start: '2026-01-01T00:00:00.000Z',
      };
      engine.report({ ...change, state: 'ERROR', revision: 1 });
      engine.report({ ...change, state: 'ERROR', revision: 2 });
      other.report({ ...change, state: 'ERROR', revision: 99 });
      await until(
        async () =>
          engine.storage.outbox.size === 0 && other.storage.outbox.size === 0,
      );
      expect(await statesOf(service)).toEqual({ COMPLETED: 1 });
      await stop();
    });

    it('passes over what no table takes, and goes on', async () => {
      const engine = createEngine();
      const sound = {
        runId: 'sound',
        definitionId: 'wait',
        version: 'a\0b',
        state: 'ACTIVE' as const,
        start: 'yesterday',
        revision: 1,
        provenance: {
          initiator: 'user:default/bob',
          workspace: 'a\ud800b',
          targetEntity: 'a\0b',
        },
      };
      engine.report({ ...sound, runId: 'a/b' });
      engine.report({ ...sound, definitionId: 'a'.repeat(300) });
      engine.report({ ...sound, state: 'DONE' as never });
      engine.report({ ...sound, revision: NaN });
      engine.report(sound);
      const { service, stop, logger } = await createWorkflowFixture({
        database: await createDatabase(),
        engines: [engine],
      });
      expect((await service.runs.list(bob, {})).items).toMatchObject([
        {
          id: 'sound',
          version: 'a\ufffdb',
          workspace: 'a\ufffdb',
          targetEntity: 'a\ufffdb',
        },
      ]);
      expect((await service.runs.list(admin, {})).totalCount).toBe(1);
      expect(logger.warn).toHaveBeenCalledTimes(1);
      await stop();
    });

    it('never brings an aborted run back', async () => {
      const engine = createEngine();
      const { service, stop } = await createWorkflowFixture({
        database: await createDatabase(),
        engines: [engine],
        times: EVERY_FEW,
      });
      const { id } = await service.actions.execute(alice, 'wait', {});
      await until(async () => engine.storage.outbox.size === 0);
      const releaseChanges = engine.troubles.hold('changes');
      engine.advance(id, 'SUSPENDED');
      await service.actions.abort(alice, id);
      // Only the change from before the abort is told.
      const [[place]] = [...engine.storage.outbox].slice(-1);
      engine.storage.outbox.delete(place);
      releaseChanges();
      await until(async () => engine.storage.outbox.size === 0);
      expect(await statesOf(service)).toEqual({ ABORTED: 1 });
      await stop();
    });

    it('goes on where it was when engine or database come back', async () => {
      const engine = createEngine();
      const { service, stop, logger } = await createWorkflowFixture({
        database: await createDatabase(),
        engines: [engine],
        times: EVERY_FEW,
      });
      const { id } = await service.actions.execute(alice, 'wait', {});
      engine.troubles.setDown(true);
      await until(async () => logger.warn.mock.calls.length > 0);
      engine.advance(id, 'COMPLETED');
      engine.troubles.setDown(false);
      await until(async () => engine.storage.outbox.size === 0);
      expect(await statesOf(service)).toEqual({ COMPLETED: 1 });
      const warnings = logger.warn.mock.calls.map(([text]) => text);
      expect(warnings).toEqual([
        'The index cannot follow engine "fake" at the moment: Engine "fake" is not available',
      ]);
      await stop();
    });

    it('stops when it is told to', async () => {
      const engine = createEngine();
      const { stop } = await createWorkflowFixture({
        database: await createDatabase(),
        engines: [engine],
        times: EVERY_FEW,
        hints: true,
      });
      await stop();
      const asked = engine.troubles.calls.get('changes');
      await startUnder(engine, 'user:default/bob', 'later');
      await new Promise(resolve => {
        setTimeout(resolve, 50);
      });
      expect(engine.troubles.calls.get('changes')).toBe(asked);
    });
  });
});
