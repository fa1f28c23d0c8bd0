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
  type FakeDefinition,
  type FakeEngineOptions,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { RunStore } from '../database/RunStore';
import type { WorkflowTimes } from './workflowTimes';
import { alice, bob } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

jest.setTimeout(60_000);

const definitions: FakeDefinition[] = [
  { id: 'greet', scenario: 'completes' },
  { id: 'fail', scenario: 'fails' },
];

describe('starting with an Idempotency-Key', () => {
  const databases = TestDatabases.create({
    ids: ['SQLITE_3', 'POSTGRES_15'],
  });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(
      options: FakeEngineOptions = {},
      times?: Partial<WorkflowTimes>,
    ) {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({ definitions, ...options });
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        times,
      });
      return { ...fixture, ...fixture.service, database, engine };
    }

    const start = { inputData: { name: 'Ann', age: 3 } };

    it('starts one run for one initiator, workflow and key', async () => {
      const { actions, engine, stop } = await create();
      const first = await actions.execute(alice, 'greet', start, 'k');
      const reordered = { inputData: { age: 3, name: 'Ann' } };
      expect(await actions.execute(alice, 'greet', reordered, 'k')).toEqual(
        first,
      );
      expect(engine.storage.runs.size).toBe(1);
      const others = [
        await actions.execute(bob, 'greet', start, 'k'),
        await actions.execute(alice, 'fail', start, 'k'),
        await actions.execute(alice, 'greet', start, 'l'),
        await actions.execute(alice, 'greet', start),
      ];
      expect(new Set([first, ...others].map(({ id }) => id)).size).toBe(5);
      await stop();
    });

    it('refuses another body', async () => {
      const { actions, stop } = await create();
      await actions.execute(alice, 'greet', start, 'k');
      for (const other of [
        { inputData: { name: 'Bea', age: 3 } },
        { ...start, targetEntity: 'component:default/web' },
      ]) {
        await expect(
          actions.execute(alice, 'greet', other, 'k'),
        ).rejects.toMatchObject({
          code: 'request.idempotency_conflict',
          status: 409,
        });
      }
      await stop();
    });

    it.each([true, false])(
      'starts one run of many at the same time (engine takes ids: %s)',
      async acceptsRunId => {
        const { actions, engine, stop } = await create({
          capabilities: { acceptsRunId },
        });
        const release = engine.troubles.hold('start');
        const started = Promise.all(
          Array.from({ length: 5 }, () =>
            actions.execute(alice, 'greet', start, 'k'),
          ),
        );
        await until(async () => engine.troubles.calls.get('start'));
        release();
        const ids = new Set((await started).map(({ id }) => id));
        expect(ids.size).toBe(1);
        expect(engine.storage.runs.size).toBe(1);
        await stop();
      },
    );

    it('keeps no key of a start that was refused', async () => {
      const { actions, engine, stop } = await create();
      const refusal = Object.assign(new Error('No'), {
        name: 'NotFoundError',
      });
      engine.troubles.failNext('start', refusal);
      await expect(
        actions.execute(alice, 'greet', start, 'k'),
      ).rejects.toMatchObject({ code: 'workflow.not_found' });
      const other = { inputData: { name: 'Bea' } };
      await expect(
        actions.execute(alice, 'greet', other, 'k'),
      ).resolves.toEqual({ id: expect.any(String) });
      await stop();
    });

    it('finds the run whose answer was lost', async () => {
      const { actions, engine, runs, stop } = await create();
      engine.troubles.loseNextAnswer('start');
      await expect(
        actions.execute(alice, 'greet', start, 'k'),
      ).rejects.toMatchObject({ code: 'engine.unavailable', status: 503 });
      const { id } = await actions.execute(alice, 'greet', start, 'k');
      expect([...engine.storage.runs.keys()]).toEqual([id]);
      expect((await runs.get(alice, id)).state).toBe('COMPLETED');
      await stop();
    });

    it('looks once for all repeats that wait, without writing, and lets no more wait than it can bear', async () => {
      const { actions, engine, stop } = await create(
        { capabilities: { acceptsRunId: false } },
        { engineTimeout: 20_000 },
      );
      const release = engine.troubles.hold('start');
      const looks = jest.spyOn(RunStore.prototype, 'findByKey');
      const execute = () => actions.execute(alice, 'greet', start, 'k');
      const first = execute();
      await until(async () => engine.troubles.calls.get('start'));
      const repeats = Promise.allSettled(Array.from({ length: 210 }, execute));
      await until(async () => looks.mock.calls.length >= 2);
      release();
      const { id } = await first;
      const answers = await repeats;
      const refused = answers.flatMap(one =>
        one.status === 'rejected' ? [one.reason] : [],
      );
      expect(refused).toHaveLength(10);
      expect(refused[0]).toMatchObject({ code: 'engine.unavailable' });
      for (const one of answers) {
        expect(one).toMatchObject(
          one.status === 'rejected' ? {} : { value: { id } },
        );
      }
      // One every 100 ms to 1 s, not one for each that waits.
      expect(looks.mock.calls.length).toBeLessThan(30);
      looks.mockRestore();
      expect(engine.storage.runs.size).toBe(1);
      await stop();
    });

    it('answers 503 where an engine that makes ids never answered the first', async () => {
      const { actions, engine, stop } = await create(
        { capabilities: { acceptsRunId: false } },
        { engineTimeout: 300 },
      );
      const release = engine.troubles.hold('start');
      await expect(
        actions.execute(alice, 'greet', start, 'k'),
      ).rejects.toMatchObject({ code: 'engine.timeout', status: 504 });
      await expect(
        actions.execute(alice, 'greet', start, 'k'),
      ).rejects.toMatchObject({ code: 'engine.unavailable', status: 503 });
      release();
      await stop();
    });
  });
});
