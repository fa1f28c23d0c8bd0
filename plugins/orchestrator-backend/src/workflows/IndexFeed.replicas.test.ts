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
import type { IndexDatabase } from '../database/IndexDatabase';
import { admin, alice, bob } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

jest.setTimeout(60_000);

const call = { caller: 'user:default/alice' };

describe('IndexFeed in several replicas', () => {
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

    it('counts once what several replicas follow at the same time', async () => {
      const database: IndexDatabase = await createDatabase();
      const engine = createEngine();
      const replicas = await Promise.all(
        [1, 2, 3].map(() =>
          createWorkflowFixture({
            database,
            engines: [engine],
            times: { feedInterval: 1 },
          }),
        ),
      );
      const ids: string[] = [];
      for (let round = 0; round < 10; round++) {
        const started = await Promise.all(
          replicas.flatMap(({ service }) => [
            service.actions.execute(alice, 'wait', {}),
            service.actions.execute(bob, 'done', {}),
          ]),
        );
        for (const [index, { id }] of started.entries()) {
          ids.push(id);
          if (index % 2 === 0) engine.advance(id, 'ERROR');
          await startUnder(engine, 'user:default/bob', `${round}-${index}`);
        }
      }
      await until(async () => engine.storage.outbox.size === 0);
      const [{ service }] = replicas;
      expect(await statesOf(service)).toEqual({
        ERROR: 30,
        COMPLETED: 30,
        ACTIVE: 60,
      });
      const { overviews } = await service.workflows.list(bob, {});
      expect(overviews).toMatchObject([
        { workflowId: 'wait', workflowRunStats: { totalCount: 0 } },
        {
          workflowId: 'done',
          workflowRunStats: { successCount: 30, runsLastMonth: 30 },
        },
      ]);
      await Promise.all(replicas.map(({ stop }) => stop()));
    });
  });
});
