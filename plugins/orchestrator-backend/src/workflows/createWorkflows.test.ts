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
import { RunStore } from '../database/RunStore';
import { admin, alice } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

jest.setTimeout(60_000);

describe('createWorkflows', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const createDatabase = async () =>
    createIndexDatabase(await databases.init('SQLITE_3'));

  it('begins and stops its engines, and works on where one of them does not begin', async () => {
    const broken = createFakeEngine({ id: 'broken' });
    const begin = jest.fn().mockRejectedValue(new Error('http://10.0.0.1'));
    const engine = createFakeEngine({
      definitions: [{ id: 'wait', scenario: 'waits' }],
    });
    const stops = [broken, engine].map(one => jest.spyOn(one, 'stop'));
    const { service, logger, stop } = await createWorkflowFixture({
      database: await createDatabase(),
      engines: [Object.assign(broken, { begin }), engine],
    });
    expect(begin).toHaveBeenCalledTimes(1);
    expect(logger.error.mock.calls).toEqual([
      ['Engine "broken" did not begin to work: Error'],
    ]);
    await expect(
      service.actions.execute(alice, 'wait', {}),
    ).resolves.toBeDefined();
    await stop();
    for (const stopped of stops) expect(stopped).toHaveBeenCalledTimes(1);
  });

  it('asks an engine that did not begin to work again, until it does', async () => {
    const engine = createFakeEngine({});
    const begin = jest
      .fn()
      .mockRejectedValueOnce(new Error('not yet'))
      .mockRejectedValueOnce(new Error('not yet'))
      .mockResolvedValue(undefined);
    const { logger, stop } = await createWorkflowFixture({
      database: await createDatabase(),
      engines: [Object.assign(engine, { begin })],
      times: { catalogInterval: 5 },
    });
    await until(async () => begin.mock.calls.length === 3);
    await stop();
    expect(begin).toHaveBeenCalledTimes(3);
    expect(logger.error).toHaveBeenCalledTimes(2);
  });

  it('ends every engine, also where one of them does not end or nothing more can be stored', async () => {
    const database = await createDatabase();
    const stuck = createFakeEngine({ id: 'stuck' });
    const bad = createFakeEngine({ id: 'bad' });
    const good = createFakeEngine({ id: 'good' });
    const fixture = await createWorkflowFixture({
      database,
      engines: [stuck, bad, good],
      times: { stopTime: 1, feedInterval: 1 },
    });
    stuck.stop = () => new Promise(() => {});
    bad.stop = async () => {
      throw new TypeError('http://10.0.0.1');
    };
    const stopped = jest.spyOn(good, 'stop');
    // A batch that never ends, as where the database does not answer.
    const asked = new Promise<void>(resolve => {
      good.changes = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    await asked;
    await fixture.stop();
    expect(stopped).toHaveBeenCalledTimes(1);
    expect(fixture.logger.warn.mock.calls.flat().sort()).toEqual([
      'The engine "bad" did not end as it should: TypeError',
      'The engine "stuck" did not end as it should: StopTimeoutError',
      'The index of engine "good" did not end as it should: StopTimeoutError',
    ]);
  });

  it('does not hold up the start of the backend until the index has caught up', async () => {
    const engine = createFakeEngine({
      definitions: [{ id: 'wait', scenario: 'waits' }],
    });
    const release = engine.troubles.hold('changes');
    engine.report({
      runId: 'old',
      definitionId: 'wait',
      state: 'ACTIVE',
      start: '2026-01-01T00:00:00.000Z',
      revision: 1,
    });
    const { service, stop } = await createWorkflowFixture({
      database: await createDatabase(),
      engines: [engine],
      times: { catchUpTime: 1 },
    });
    expect((await service.runs.list(admin, {})).totalCount).toBe(0);
    release();
    await until(async () => {
      const { totalCount } = await service.runs.list(admin, {});
      return totalCount === 1;
    });
    await stop();
  });

  it('sees by itself what changes in engines', async () => {
    const engine = createFakeEngine({
      definitions: [{ id: 'wait', scenario: 'waits' }],
    });
    const { service, stop } = await createWorkflowFixture({
      database: await createDatabase(),
      engines: [engine],
      times: { catalogInterval: 5, feedInterval: 5 },
    });
    engine.setDefinition({ id: 'new' });
    await until(async () => {
      const { totalCount } = await service.workflows.list(admin, {});
      return totalCount === 2;
    });
    const { id } = await service.actions.execute(alice, 'wait', {});
    engine.advance(id, 'COMPLETED');
    const listed = await until(async () => {
      const { items } = await service.runs.list(alice, {});
      return items[0].state === 'COMPLETED' && items[0];
    });
    expect(listed.id).toBe(id);
    await stop();
  });

  it('sees at once what engines hint at', async () => {
    const engine = createFakeEngine({
      definitions: [{ id: 'wait', scenario: 'waits' }],
    });
    const { service, stop } = await createWorkflowFixture({
      database: await createDatabase(),
      engines: [engine],
      hints: true,
    });
    const { id } = await service.actions.execute(alice, 'wait', {});
    engine.advance(id, 'COMPLETED');
    const listed = await until(async () => {
      const { items } = await service.runs.list(alice, {});
      return items[0].state === 'COMPLETED' && items[0];
    });
    expect(listed.id).toBe(id);
    await stop();
  });

  it('settles by itself what a crash left behind', async () => {
    const database = await createDatabase();
    const engine = createFakeEngine({
      definitions: [{ id: 'wait', scenario: 'waits' }],
    });
    const base = {
      engineId: 'fake',
      workflowId: 'wait',
      workspace: 'default',
      name: 'wait',
      initiator: 'user:default/alice',
      owner: 'user:default/alice',
      state: 'PENDING' as const,
      revision: 0,
      reservedAt: 1,
    };
    const runs = new RunStore(database);
    await runs.reserve({ ...base, id: 'started' });
    await runs.reserve({ ...base, id: 'not-started' });
    await engine.start(
      {
        definitionId: 'wait',
        runId: 'started',
        input: {},
        provenance: { initiator: base.initiator, workspace: 'default' },
      },
      { caller: base.initiator },
    );
    // The engine told of the start before the crash, to nobody.
    engine.storage.outbox.clear();
    const { service, stop } = await createWorkflowFixture({
      database,
      engines: [engine],
      times: { reconcileInterval: 5 },
    });
    await until(
      async () => (await runs.unsettled(Date.now(), 10)).length === 0,
    );
    const { items, totalCount } = await service.runs.list(alice, {});
    expect(items).toMatchObject([{ id: 'started', state: 'ACTIVE' }]);
    expect(totalCount).toBe(1);
    await stop();
  });

  it('knows workflows for the permission framework', async () => {
    const { describe: facts, stop } = await createWorkflowFixture({
      database: await createDatabase(),
      engines: [
        createFakeEngine({ definitions: [{ id: 'a', workspace: 'payments' }] }),
      ],
    });
    expect(await facts(['a', 'none'])).toEqual([
      expect.objectContaining({ workflowId: 'a', workspace: 'payments' }),
      undefined,
    ]);
    await stop();
  });
});
