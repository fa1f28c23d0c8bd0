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
import { alice, bob, fakeAccess, groupToken } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from './__testUtils__/workflowFixture';
import { EngineCalls, Engines } from './EngineCalls';
import { Reconciler } from './Reconciler';

jest.setTimeout(60_000);

const GROUP = 'group:default/payments';
const NOT_FOUND = { code: 'instance.not_found', status: 404 };
/** Who started a run of the token, and whose it is. */
const ORIGIN = { initiator: 'token:abc', owner: GROUP, tokenId: 'abc' };

const token = groupToken('abc', GROUP);
const otherToken = groupToken('other', GROUP);
const member = fakeAccess({
  ref: 'user:default/alice',
  owners: ['user:default/alice', GROUP],
});

describe('runs of a token', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(
      prepare: (
        engine: ReturnType<typeof createFakeEngine>,
      ) => Promise<unknown> = async () => {},
    ) {
      const engine = createFakeEngine({
        definitions: [{ id: 'wait', scenario: 'waits', workspace: 'payments' }],
      });
      await prepare(engine);
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const { service, stop } = await createWorkflowFixture({
        database,
        engines: [engine],
      });
      /** Checks who sees the run: in its place, in lists and in statistics. */
      const expectOwned = async (id: string) => {
        for (const caller of [token, member]) {
          expect(await service.runs.get(caller, id)).toMatchObject({
            initiatorEntity: 'token:abc',
          });
          expect(await service.runs.list(caller, {})).toMatchObject({
            items: [{ id }],
            totalCount: 1,
          });
          expect(
            await service.workflows.overview(caller, 'wait'),
          ).toMatchObject({ lastRunId: id });
        }
        for (const caller of [alice, bob, otherToken]) {
          await expect(service.runs.get(caller, id)).rejects.toMatchObject(
            NOT_FOUND,
          );
          expect(await service.runs.list(caller, {})).toMatchObject({
            items: [],
            totalCount: 0,
          });
          expect(
            await service.workflows.overview(caller, 'wait'),
          ).toMatchObject({ lastRunId: undefined });
        }
      };
      const runs = new RunStore(database);
      return { ...service, engine, runStore: runs, expectOwned, stop };
    }

    it('belong to the owner of the token', async () => {
      const { actions, engine, runStore, expectOwned, stop } = await create();
      const { id } = await actions.execute(token, 'wait', {});
      await expectOwned(id);
      expect(await runStore.find(id)).toMatchObject(ORIGIN);
      expect(engine.storage.runs.get(id)!.run.provenance).toMatchObject(ORIGIN);
      await stop();
    });

    it('do so where the engine tells of a run that the index does not know', async () => {
      const { runStore, expectOwned, stop } = await create(engine =>
        engine.start(
          {
            definitionId: 'wait',
            runId: 'elsewhere',
            input: {},
            provenance: { ...ORIGIN, workspace: 'payments' },
          },
          { caller: ORIGIN.initiator },
        ),
      );
      await expectOwned('elsewhere');
      expect(await runStore.find('elsewhere')).toMatchObject(ORIGIN);
      await stop();
    });

    it('do so where the answer to the start was lost', async () => {
      const { actions, engine, runStore, expectOwned, stop } = await create();
      engine.troubles.loseNextAnswer('start');
      await expect(actions.execute(token, 'wait', {})).rejects.toMatchObject({
        code: 'engine.unavailable',
      });
      const logger = mockServices.logger.mock();
      const reconciler = new Reconciler({
        runs: runStore,
        engines: new Engines([new EngineCalls(engine, 10_000, logger)]),
        logger,
        now: () => Date.now() + 2,
        patience: 1,
        lostAfter: 1,
        forgetAfter: 1,
      });
      await reconciler.settle();
      const [id] = engine.storage.runs.keys();
      await expectOwned(id);
      expect(await runStore.find(id)).toMatchObject(ORIGIN);
      await stop();
    });

    it('share no Idempotency-Key with those of another token of the owner', async () => {
      const { actions, engine, stop } = await create();
      const first = await actions.execute(token, 'wait', {}, 'key');
      expect(await actions.execute(token, 'wait', {}, 'key')).toEqual(first);
      const other = await actions.execute(otherToken, 'wait', {}, 'key');
      expect(other.id).not.toBe(first.id);
      expect(engine.storage.runs.size).toBe(2);
      await stop();
    });

    it('are changed by who owns them, and by no other', async () => {
      const { actions, runs, stop } = await create();
      const { id } = await actions.execute(token, 'wait', {});
      for (const caller of [alice, bob, otherToken]) {
        await expect(actions.abort(caller, id)).rejects.toMatchObject(
          NOT_FOUND,
        );
      }
      await actions.abort(member, id);
      expect((await runs.get(token, id)).state).toBe('ABORTED');
      await stop();
    });
  });
});
