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
import { mockServices } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import {
  type EngineEvent,
  isNotStarted,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import {
  call,
  ended,
  register,
  start,
  testDatabases,
  testEngine,
  until,
} from '../__testUtils__/engines';
import { EngineHost } from '../host/EngineHost';
import { RestStub } from '../__testUtils__/restStub';

jest.setTimeout(60_000);

const databases = testDatabases();
const provenance = { initiator: 'user:default/test', workspace: 'default' };

/** Is started by an event, and waits for one more that correlates with it. */
const ordered: JsonObject = {
  id: 'ordered',
  start: 'Order',
  events: [
    {
      name: 'order',
      type: 'order',
      kind: 'consumed',
      source: 'shop',
      correlation: [{ contextAttributeName: 'orderid' }],
    },
  ],
  states: [
    {
      name: 'Order',
      type: 'event',
      onEvents: [{ eventRefs: ['order'], actions: [] }],
      transition: 'Again',
    },
    {
      name: 'Again',
      type: 'event',
      onEvents: [{ eventRefs: ['order'], actions: [] }],
      end: true,
    },
  ],
};

const slow: JsonObject = {
  id: 'slow',
  start: 'Call',
  functions: [{ name: 'get', type: 'custom', operation: 'rest:get:/slow' }],
  states: [
    {
      name: 'Call',
      type: 'operation',
      actions: [{ functionRef: 'get' }],
      end: true,
    },
  ],
};

describe.each(databases.eachSupportedId())('starts on %p', databaseId => {
  let knex: Knex;
  let engine: WorkflowEngine;
  let stub: RestStub;

  const make = () =>
    testEngine(knex, {
      logger: mockServices.logger.mock(),
      config: {
        egress: [stub.url],
        functions: new Map([['get', { baseUrl: stub.url }]]),
      },
    });

  beforeAll(async () => {
    stub = await RestStub.start();
    knex = await databases.init(databaseId);
    engine = await make();
    await engine.begin?.();
    await register(engine, ordered);
    await register(engine, slow);
  });

  afterAll(async () => {
    await engine.stop();
    await stub.stop();
  });

  const event = (id: string, orderid: string): EngineEvent => ({
    id,
    source: 'shop',
    type: 'order',
    data: { [id]: true },
    extensions: { orderid },
  });

  const startBy = (given: EngineEvent, runId: string) =>
    engine.start(
      { definitionId: 'ordered', runId, input: {}, provenance, event: given },
      call,
    );

  it('are refused where the cause is not the one of the definition', async () => {
    const runId = randomUUID();
    const plain = engine.start(
      { definitionId: 'ordered', runId, input: {}, provenance },
      call,
    );
    await expect(plain).rejects.toMatchObject({ name: 'InputError' });
    expect(await plain.catch(isNotStarted)).toBe(true);
    const byEvent = engine.start(
      {
        definitionId: 'slow',
        runId,
        input: {},
        provenance,
        event: event('a', '1'),
      },
      call,
    );
    await expect(byEvent).rejects.toMatchObject({ name: 'InputError' });
    expect(await byEvent.catch(isNotStarted)).toBe(true);
    expect(await engine.get(runId, call)).toBeUndefined();
    expect(
      (await engine.listDefinitions(call)).find(({ id }) => id === 'ordered'),
    ).toMatchObject({ startsByEvent: true });
  });

  it('by one event are one run, which does not get it once more', async () => {
    const first = event('a', 'order-1');
    const runId = engine.events!.runIdFor(first, 'ordered');
    await Promise.all([startBy(first, runId), startBy(first, runId)]);
    await until(
      engine,
      runId,
      run => (run.data as JsonObject | undefined)?.a === true,
    );
    const second = event('b', 'order-1');
    const { runs } = await engine.events!.match(second, call);
    expect(runs).toEqual([{ id: runId, definitionId: 'ordered' }]);
    expect(await engine.events!.deliver(first, [runId], call)).toEqual([runId]);
    expect(
      await knex('embedded_inbox').where({ run_id: runId, taken_at: null }),
    ).toEqual([]);
    await engine.events!.deliver(second, [runId], call);
    expect(await ended(engine, runId)).toMatchObject({
      state: 'COMPLETED',
      data: { a: true, b: true },
    });
    // What finds a run by events ends with it.
    expect(
      await knex('embedded_correlations').where({ run_id: runId }),
    ).toEqual([]);
  });

  it('can be aborted by way of another backend, which ends their calls', async () => {
    stub.reset({ 'GET /slow': [{ after: new Promise(() => {}) }] });
    const id = await start(engine, 'slow');
    await until(engine, id, () => stub.calls.length === 1);
    const other = await make();
    const drop = jest.spyOn(EngineHost.prototype, 'drop');
    try {
      await other.abort(id, call);
      // The one that aborts it does not have it; the other finds out.
      while (
        drop.mock.contexts.every(
          (context, i) =>
            context === drop.mock.contexts[0] ||
            !drop.mock.calls[i][0].includes(id),
        )
      ) {
        await new Promise(resolve => {
          setTimeout(resolve, 10);
        });
      }
    } finally {
      drop.mockRestore();
      await other.stop();
    }
    expect(await engine.get(id, call)).toMatchObject({ state: 'ABORTED' });
  });
});
