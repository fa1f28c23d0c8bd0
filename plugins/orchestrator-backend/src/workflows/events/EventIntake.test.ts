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
import type {
  EngineEvent,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import {
  createFakeEngine,
  type FakeDefinition,
  FakeStorage,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { RUNS } from '../../database/RunRow';
import type { Access } from '../../gate/Access';
import { ALL } from '../../grants/criteria';
import { admin, alice, bob, fakeAccess } from '../__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from '../__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const definitions: FakeDefinition[] = [
  {
    id: 'order',
    scenario: 'waitsForEvent',
    startsOn: { type: 'order.placed' },
    consumes: [
      { name: 'paid', type: 'order.paid', correlation: ['order'] },
      // What started the run correlates with it too.
      { name: 'again', type: 'order.placed', correlation: ['order'] },
    ],
  },
  {
    id: 'audit-order',
    workspace: 'audit',
    scenario: 'waits',
    startsOn: { type: 'order.placed' },
  },
  {
    id: 'bulk',
    scenario: 'waits',
    startsOn: { type: 'bulk' },
    consumes: [{ name: 'done', type: 'bulk.done', correlation: ['order'] }],
  },
  {
    id: 'callback',
    scenario: 'waitsForEvent',
    consumes: [{ name: 'answer', type: 'answer' }],
  },
];

function event(type: string, more: Partial<EngineEvent> = {}): EngineEvent {
  return { id: `${type}-1`, source: '/shop', type, extensions: {}, ...more };
}

const placed = event('order.placed', {
  data: { total: 3 },
  extensions: { order: 'o-1' },
});
const bulk = event('bulk', { extensions: { order: 'o-1' } });
const paid = event('order.paid', { extensions: { order: 'o-1' } });

/** Alice, who may change things in one workspace only. */
const narrowAlice = fakeAccess({
  ref: 'user:default/alice',
  readable: ALL,
  changeable: { kind: 'workspaces', values: ['default'] },
});

describe('events from outside', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const storage = new FakeStorage();
      const replica = async () => {
        const engine = createFakeEngine({ storage, definitions });
        const fixture = await createWorkflowFixture({
          database,
          engines: [engine],
        });
        return { ...fixture, ...fixture.service, engine };
      };
      const one = await replica();
      const list = async (access: Access) =>
        (await one.runs.list(access, {})).items
          .map(({ processId, id }) => ({ processId, id }))
          .sort((a, b) => (a.processId! < b.processId! ? -1 : 1));
      const stateOf = async (id: string): Promise<RunState | undefined> =>
        (await one.engine.get(id, { caller: 'test' }))?.state;
      return { ...one, database, replica, list, stateOf };
    }

    it('start what their sender may start, as the sender, once', async () => {
      const { events, runs, engine, audit, list, stop } = await create();
      await events.receive(narrowAlice, placed);
      const id = engine.events!.runIdFor(placed, 'order');
      expect(await list(admin)).toEqual([{ processId: 'order', id }]);
      expect(await runs.get(alice, id)).toMatchObject({
        initiatorEntity: 'user:default/alice',
        workflowdata: { total: 3 },
      });
      // Another one brings the same: nothing is started anew, nor given away, and what it may start beside is.
      await events.receive(bob, placed);
      expect(await list(alice)).toEqual([{ processId: 'order', id }]);
      expect(await list(bob)).toEqual([
        {
          processId: 'audit-order',
          id: engine.events!.runIdFor(placed, 'audit-order'),
        },
      ]);
      expect(
        audit.events.map(one => [one.meta!.workflowId, one.added]),
      ).toEqual([
        ['order', { id }],
        ['order', { id, repeated: true }],
        ['audit-order', { id: expect.not.stringMatching(id) }],
      ]);
      await stop();
    });

    it('another event of the same order starts another run', async () => {
      const { events, list, stop } = await create();
      await events.receive(narrowAlice, placed);
      await events.receive(narrowAlice, {
        ...placed,
        id: 'second',
        extensions: { order: 'o-2' },
      });
      expect(await list(alice)).toHaveLength(2);
      await stop();
    });

    it('wake only runs that their sender may signal', async () => {
      const { events, engine, audit, stateOf, stop } = await create();
      await events.receive(narrowAlice, placed);
      await events.receive(
        fakeAccess({
          ref: 'user:default/bob',
          changeable: { kind: 'ids', values: ['order'] },
        }),
        { ...placed, id: 'bobs' },
      );
      const own = engine.events!.runIdFor(placed, 'order');
      const bobs = engine.events!.runIdFor({ ...placed, id: 'bobs' }, 'order');
      audit.events.splice(0);
      await events.receive(alice, paid);
      expect(await stateOf(own)).toBe('COMPLETED');
      expect(await stateOf(bobs)).toBe('ACTIVE');
      expect(audit.events).toEqual([
        expect.objectContaining({
          eventId: 'signal-instance',
          outcome: 'succeeded',
          records: [
            {
              event: 'run.signalled',
              workflowId: 'order',
              instanceId: own,
              meta: { type: 'order.paid' },
            },
          ],
        }),
      ]);
      await events.receive(admin, paid);
      expect(await stateOf(bobs)).toBe('COMPLETED');
      await stop();
    });

    it('pass over a crowd of runs, tell of it, and reach the others', async () => {
      const { events, engine, stateOf, stop } = await create();
      await events.receive(admin, placed);
      const order = engine.events!.runIdFor(placed, 'order');
      const audit = engine.events!.runIdFor(placed, 'audit-order');
      const deliver = jest.spyOn(engine.events!, 'deliver');
      jest.spyOn(engine.events!, 'match').mockResolvedValue({
        definitions: [],
        runs: [
          { id: order, definitionId: 'order' },
          { id: audit, definitionId: 'audit-order' },
        ],
        crowded: ['audit-order'],
      });
      await expect(events.receive(admin, paid)).rejects.toMatchObject({
        code: 'request.invalid',
        message: expect.stringContaining('"audit-order"'),
      });
      expect(await stateOf(order)).toBe('COMPLETED');
      expect(deliver.mock.calls.map(([, ids]) => ids)).toEqual([[order]]);
      // Who could not signal them does not learn of them.
      await events.receive(narrowAlice, paid);
      await stop();
    });

    it('do not reach the run that they started when they come again', async () => {
      const { events, engine, stateOf, stop } = await create();
      for (let time = 0; time < 3; time++) await events.receive(alice, placed);
      const id = engine.events!.runIdFor(placed, 'order');
      expect(await stateOf(id)).toBe('ACTIVE');
      expect(engine.troubles.calls.get('deliver')).toBeUndefined();
      await stop();
    });

    it('are decided on once, however many runs they reach', async () => {
      const { events, actions, engine, stop } = await create();
      for (let index = 0; index < 25; index++) {
        await events.receive(alice, { ...bulk, id: `bulk-${index}` });
      }
      await actions.execute(alice, 'callback', {});
      const access = {
        ...narrowAlice,
        runsAmong: jest.fn(narrowAlice.runsAmong),
        workflows: jest.fn(narrowAlice.workflows),
        decideRun: jest.fn(narrowAlice.decideRun),
        decideWorkflow: jest.fn(narrowAlice.decideWorkflow),
      };
      await events.receive(access as unknown as Access, {
        ...bulk,
        id: 'done',
        type: 'bulk.done',
      });
      expect(access.runsAmong).toHaveBeenCalledTimes(1);
      expect(access.runsAmong.mock.calls[0][1]).toHaveLength(25);
      expect(access.decideRun).not.toHaveBeenCalled();
      expect(access.decideWorkflow).not.toHaveBeenCalled();
      expect(engine.troubles.calls.get('deliver')).toBe(1);
      await stop();
    });

    it('reach a run that the index does not know yet', async () => {
      const { events, engine, stateOf, stop } = await create();
      const provenance = {
        initiator: 'user:default/alice',
        workspace: 'default',
      };
      // As a run that another one starts: nobody told the index.
      await engine.start(
        { definitionId: 'callback', runId: 'child', input: {}, provenance },
        { caller: 'engine' },
      );
      await events.receive(
        bob,
        event('answer', { extensions: { kogitoprocrefid: 'child' } }),
      );
      expect(await stateOf('child')).toBe('ACTIVE');
      await events.receive(
        alice,
        event('answer', { extensions: { kogitoprocrefid: 'child' } }),
      );
      expect(await stateOf('child')).toBe('COMPLETED');
      await stop();
    });

    it('go on where they stopped when the engine was down in between', async () => {
      const { events, engine, list, stop } = await create();
      engine.troubles.failNext(
        'start',
        Object.assign(new Error('down'), { name: 'ServiceUnavailableError' }),
      );
      await expect(events.receive(alice, placed)).rejects.toMatchObject({
        code: 'engine.unavailable',
        status: 503,
      });
      expect(await list(admin)).toEqual([]);
      engine.troubles.loseNextAnswer('start');
      await expect(events.receive(alice, placed)).rejects.toMatchObject({
        status: 503,
      });
      await events.receive(alice, placed);
      expect((await list(admin)).map(run => run.processId)).toEqual([
        'audit-order',
        'order',
      ]);
      await stop();
    });

    it('that another one brings again finish the start of the first, as the first', async () => {
      const { events, engine, runs, stop } = await create();
      const start = jest.spyOn(engine, 'start');
      engine.troubles.failNext(
        'start',
        Object.assign(new Error('down'), { name: 'ServiceUnavailableError' }),
      );
      await expect(events.receive(narrowAlice, placed)).rejects.toMatchObject({
        status: 503,
      });
      await events.receive(
        fakeAccess({
          ref: 'user:default/bob',
          changeable: { kind: 'ids', values: ['order'] },
        }),
        placed,
      );
      const id = engine.events!.runIdFor(placed, 'order');
      expect(await runs.get(alice, id)).toMatchObject({
        initiatorEntity: 'user:default/alice',
        state: 'ACTIVE',
      });
      const [first, second] = start.mock.calls as any[];
      expect(first[1].downstream).toBeDefined();
      expect(second[0].provenance.initiator).toBe('user:default/alice');
      expect(second[1].downstream).toBeUndefined();
      await stop();
    });

    it('start no second run where two replicas take them at once', async () => {
      const { events, replica, database, list, stop } = await create();
      const other = await replica();
      await Promise.all(
        [events, other.events, events, other.events].map((one, index) =>
          one.receive(index % 2 ? alice : bob, placed),
        ),
      );
      expect(await list(admin)).toHaveLength(2);
      expect(await database.knex(RUNS).count({ count: '*' })).toEqual([
        { count: databaseId === 'SQLITE_3' ? 2 : '2' },
      ]);
      await stop();
      await other.stop();
    });

    it('of no interest to anybody are taken all the same', async () => {
      const { events, list, audit, stop } = await create();
      await events.receive(alice, event('nobody.waits'));
      expect(await list(admin)).toEqual([]);
      expect(audit.events).toEqual([]);
      await stop();
    });

    it('are the only way to start a workflow that waits for one', async () => {
      const { actions, list, stop } = await create();
      await expect(actions.execute(alice, 'order', {})).rejects.toMatchObject({
        code: 'request.invalid',
        message: expect.stringContaining('is started by an event'),
      });
      expect(await list(admin)).toEqual([]);
      await stop();
    });

    it('that the engine refuses are refused by what it says', async () => {
      const { events, engine, stop } = await create();
      engine.troubles.failNext(
        'match',
        Object.assign(new Error('It is too large'), { name: 'InputError' }),
      );
      await expect(events.receive(alice, placed)).rejects.toMatchObject({
        code: 'request.invalid',
        message: expect.stringContaining('It is too large'),
      });
      await stop();
    });
  });
});
