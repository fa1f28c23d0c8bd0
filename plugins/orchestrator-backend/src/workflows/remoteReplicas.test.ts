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
  FakeStorage,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { AUDIT, type AuditRecord } from '../database/AuditRow';
import { RUNS, type RunRecord } from '../database/RunRow';
import { RunStore } from '../database/RunStore';
import { OrchestratorError } from '../errors/OrchestratorError';
import { alice, bob } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';
import { EngineCalls, Engines } from './EngineCalls';
import { Reconciler } from './Reconciler';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

describe('replicas over an engine that makes ids', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(replicas: number) {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const storage = new FakeStorage();
      const createReplica = async () => {
        const engine = createFakeEngine({
          storage,
          definitions: [{ id: 'wait', scenario: 'waits' }],
          capabilities: { acceptsRunId: false },
          keepsProvenance: false,
          hasExclusiveFeed: true,
        });
        const fixture = await createWorkflowFixture({
          database,
          engines: [engine],
          times: { feedInterval: 1 },
        });
        const logger = mockServices.logger.mock();
        const reconciler = new Reconciler({
          runs: new RunStore(database),
          engines: new Engines([new EngineCalls(engine, 10_000, logger)]),
          logger,
          now: Date.now,
          // At once: as if every start took too long.
          patience: -60_000,
          lostAfter: 3_600_000,
          forgetAfter: 3_600_000,
        });
        return { ...fixture, engine, reconciler };
      };
      return {
        database,
        storage,
        replicas: await Promise.all(
          Array.from({ length: replicas }, createReplica),
        ),
      };
    }

    it('make one run of each start, with its owner, whatever is lost', async () => {
      const { database, storage, replicas } = await create(3);
      for (let round = 0; round < 6; round++) {
        await Promise.allSettled(
          replicas.flatMap(({ service, engine, reconciler }, index) => {
            const start = (who: typeof alice) =>
              service.actions.execute(who, 'wait', {}, `${round}-${index}`);
            if ((round + index) % 2) engine.troubles.loseNextAnswer('start');
            return [
              start(alice),
              reconciler.settle(),
              start(bob),
              reconciler.settle(),
            ];
          }),
        );
      }
      await until(async () => {
        await replicas[0].reconciler.settle();
        const open = await database.knex(RUNS).whereNull('started_at');
        return open.length === 0 && storage.outbox.size === 0;
      });
      const rows = await database.knex<RunRecord>(RUNS);
      expect(rows.map(({ id }) => id).sort()).toEqual(
        [...storage.runs.keys()].sort(),
      );
      for (const who of ['user:default/alice', 'user:default/bob']) {
        const its = rows.filter(({ initiator }) => initiator === who);
        expect(its).toHaveLength(18);
        expect(new Set(its.map(row => row.idempotency_key)).size).toBe(18);
      }
      const told = await database.knex<AuditRecord>(AUDIT).where({
        event: 'run.started',
      });
      expect(told.map(row => row.outcome)).toEqual(told.map(() => 'succeeded'));
      expect(told.map(row => row.instance_id).sort()).toEqual(
        [...storage.runs.keys()].sort(),
      );
      await Promise.all(replicas.map(({ stop }) => stop()));
    });

    it('find the run whose answer came while the database was away', async () => {
      const { storage, replicas } = await create(2);
      const [{ service, stop }, other] = replicas;
      await stop();
      await other.stop();
      const confirm = jest
        .spyOn(RunStore.prototype, 'confirm')
        .mockRejectedValueOnce(
          new OrchestratorError('service.unavailable', 'away'),
        );
      await expect(
        service.actions.execute(alice, 'wait', {}, 'key'),
      ).rejects.toMatchObject({ code: 'service.unavailable' });
      confirm.mockRestore();
      const [id] = storage.runs.keys();
      expect((await service.runs.list(alice, {})).items).toEqual([]);
      await other.reconciler.settle();
      expect((await service.runs.list(alice, {})).items).toMatchObject([
        { id },
      ]);
      expect(await service.actions.execute(alice, 'wait', {}, 'key')).toEqual({
        id,
      });
      expect(storage.runs.size).toBe(1);
    });
  });
});
