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
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import {
  change,
  createRemoteRuns,
  RESERVATION,
  WORKSPACE,
} from '../database/__testUtils__/remoteRuns';
import { RunPlacementStore } from '../database/RunPlacementStore';
import { RUNS } from '../database/RunRow';
import { WorkflowIdStore } from '../database/WorkflowIdStore';
import { fakeAccess } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

/** Sees everybody's runs in some workspaces. */
function adminOf(...values: string[]) {
  const workspaces = { kind: 'workspaces' as const, values };
  return fakeAccess({
    ref: 'user:default/admin',
    readable: workspaces,
    everybodys: workspaces,
  });
}

const everywhere = fakeAccess({
  ref: 'user:default/admin',
  everybodys: { kind: 'all' },
});

describe('runs of workflows that are not known when they come', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    const report = (engine: ReturnType<typeof createFakeEngine>, id: string) =>
      engine.report({
        runId: id,
        definitionId: 'pay',
        state: 'ACTIVE',
        start: '2026-01-01T00:00:00.000Z',
        revision: 1,
      });

    it('are in no workspace until they are', async () => {
      const engine = createFakeEngine();
      report(engine, 'early');
      const { service, stop } = await createWorkflowFixture({
        database: await createIndexDatabase(await databases.init(databaseId)),
        engines: [engine],
        times: { catalogInterval: 5, feedInterval: 5 },
      });
      const { runs } = service;
      const seenBy = async (access: typeof everywhere) =>
        (await runs.list(access, {})).items.map(({ id }) => id);
      expect(await seenBy(adminOf('default', 'secret'))).toEqual([]);
      expect(await seenBy(everywhere)).toEqual(['early']);
      engine.setDefinition({ id: 'pay', workspace: 'secret' });
      await until(async () => (await seenBy(adminOf('secret'))).length > 0);
      expect(await seenBy(adminOf('default'))).toEqual([]);
      // Known once is known for ever.
      engine.removeDefinition('pay');
      report(engine, 'late');
      await until(async () => engine.storage.outbox.size === 0);
      expect((await seenBy(adminOf('secret'))).sort()).toEqual([
        'early',
        'late',
      ]);
      await stop();
    });

    it('are not in that of a workflow of another engine', async () => {
      const engine = createFakeEngine();
      const other = createFakeEngine({
        id: 'other',
        definitions: [{ id: 'pay', workspace: 'secret' }],
      });
      report(engine, 'run');
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const { stop } = await createWorkflowFixture({
        database,
        engines: [engine, other],
      });
      await new RunPlacementStore(database).place();
      expect(await database.knex(RUNS)).toMatchObject([
        { id: 'run', workspace: '' },
      ]);
      await stop();
    });

    it('take their statistics along, whoever owns them', async () => {
      const { knex, database, runs, bring, expectCounted } =
        await createRemoteRuns(await databases.init(databaseId), {
          isUnknown: true,
        });
      await runs.reserve({ ...RESERVATION, workspace: '' });
      const adopted = { initiator: 'user:default/carol' };
      const many = Array.from({ length: 450 }, (_, index) =>
        change(`run-${index}`, {
          start: new Date(index * 100_000_000).toISOString(),
          adopted: index % 3 ? adopted : undefined,
        }),
      );
      await bring(change('made', { startedAs: 'reserved' }), ...many);
      const placements = new RunPlacementStore(database);
      await placements.place();
      await expectCounted();
      await new WorkflowIdStore(database).claim([
        { workflowId: 'pay', engineId: 'remote', workspace: WORKSPACE },
      ]);
      await Promise.all([placements.place(), placements.place()]);
      await placements.place();
      const rows = await knex(RUNS).distinct('workspace');
      expect(rows).toEqual([{ workspace: WORKSPACE }]);
      await expectCounted();
      const left = await knex('orchestrator_last_runs').where('workspace', '');
      expect(left).toEqual([]);
    });
  });
});
