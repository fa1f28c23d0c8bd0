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

import { randomUUID } from 'node:crypto';
import { FaultProxy } from '../__testUtils__/FaultProxy';
import { call, FakeWorld, startOf } from './__testUtils__/FakeWorld';

describe('the runs of a SonataFlow engine', () => {
  let world: FakeWorld;
  beforeEach(async () => {
    world = await FakeWorld.start();
  });
  afterEach(() => world.close());

  const start = async (definitionId: string, input = {}) => {
    const engine = world.engine({ timeout: 500 });
    const { id } = await engine.start(startOf(definitionId, input), call);
    return { engine, id };
  };

  it('have all that the Data Index tells', async () => {
    const { engine, id } = await start('fails', { a: 1 });
    world.dataIndex.change(id, {
      executionSummary: ['Workflow started', 'Workflow failed'],
    });
    const row = world.dataIndex.instances.get(id)!;
    expect(await engine.get(id, call)).toEqual({
      id,
      definitionId: 'fails',
      version: '1.0',
      state: 'ERROR',
      start: row.start,
      // In error it has no end of its own.
      end: row.lastUpdate,
      data: { a: 1 },
      nodes: [
        {
          id: 'node-instance-1',
          definitionId: 'node-1',
          name: 'First',
          type: 'ActionNode',
          enter: row.start,
          errorMessage: 'it failed',
        },
      ],
      error: {
        nodeDefinitionId: 'node-1',
        nodeInstanceId: 'node-instance-1',
        message: 'it failed',
      },
      executionSummary: ['Workflow started', 'Workflow failed'],
    });
  });

  it('have their true data as long as their runtime has it', async () => {
    const { engine, id } = await start('waits', { now: 1 });
    world.dataIndex.change(id, {
      variables: { workflowdata: { now: 1, dropped: 'long ago' } },
    });
    expect((await engine.get(id, call))!.data).toEqual({ now: 1 });
    world.runtime.complete(id);
    expect((await engine.get(id, call))!.data).toEqual({
      now: 1,
      dropped: 'long ago',
    });
  });

  it('never have an owner of their own', async () => {
    const { engine, id } = await start('waits');
    world.dataIndex.change(id, {
      variables: { initiatorEntity: 'user:default/evil' },
    });
    expect(await engine.get(id, call)).not.toHaveProperty('provenance');
    const many = await engine.getMany([id], call);
    expect(many.get(id)).not.toHaveProperty('provenance');
  });

  it('have empty data where the Data Index knows no variables', async () => {
    const { engine, id } = await start('completes');
    world.dataIndex.put({
      ...world.dataIndex.instances.get(id)!,
      variables: null,
    });
    expect((await engine.get(id, call))!.data).toEqual({});
  });

  it('show no error once they completed, though SonataFlow keeps that of a skipped node', async () => {
    const { engine, id } = await start('fails');
    world.dataIndex.change(id, { state: 'COMPLETED' });
    expect(await engine.get(id, call)).not.toHaveProperty('error');
  });

  it.each([
    'hang',
    'error-500',
    'html',
    'broken-json',
    'huge',
    'redirect',
    'reset',
  ] as const)(
    'have the data of the Data Index where their runtime answers with %s',
    async fault => {
      const proxy = await FaultProxy.start(world.runtime.url);
      world.runtime.callItself(proxy.url);
      const { engine, id } = await start('waits', { a: 1 });
      proxy.inject(fault);
      expect(await engine.get(id, call)).toMatchObject({
        state: 'ACTIVE',
        data: { a: 1 },
      });
      expect(await engine.get(id, call)).not.toHaveProperty('lost');
      await proxy.stop();
    },
  );

  it('are waited for where they were started here and the Data Index lags', async () => {
    const { engine, id } = await start('waits');
    const row = world.dataIndex.instances.get(id)!;
    world.dataIndex.delete(id);
    const reading = engine.get(id, call);
    const asked = world.dataIndex.asked;
    while (world.dataIndex.asked < asked + 2) {
      await new Promise(resolve => setImmediate(resolve));
    }
    world.dataIndex.put(row);
    expect(await reading).toMatchObject({ id });
  });

  it('are not those of others that the Data Index answers with', async () => {
    const { engine, id } = await start('waits');
    expect(await engine.get('', call)).toBeUndefined();
    expect(await engine.get('\0', call)).toBeUndefined();
    expect(await engine.get(`${id}' OR '1'='1`, call)).toBeUndefined();
  });

  describe('read together', () => {
    const startMany = async (count: number, text = 'x') => {
      const engine = world.engine({ maxResponseBytes: 20_000 });
      const ids: string[] = [];
      for (let at = 0; at < count; at += 1) {
        ids.push((await engine.start(startOf('waits', { text }), call)).id);
      }
      world.dataIndex.queries.clear();
      return { engine, ids };
    };

    it.each([1, 5, 20])('%d of them cost one question', async count => {
      const { engine, ids } = await startMany(count);
      const requests = world.runtime.requests.length;
      const found = await engine.getMany([...ids, randomUUID()], call);
      expect([...found.keys()]).toEqual(ids);
      expect(Object.fromEntries(world.dataIndex.queries)).toEqual({
        Instances: 1,
      });
      expect(world.runtime.requests).toHaveLength(requests);
      expect(found.get(ids[0])).toMatchObject({
        state: 'ACTIVE',
        data: { text: 'x' },
        nodes: [{ id: 'node-instance-1' }],
      });
    });

    it('none of them cost nothing, and are not all that there are', async () => {
      const { engine } = await startMany(2);
      expect((await engine.getMany([], call)).size).toBe(0);
      expect((await engine.getMany([''], call)).size).toBe(0);
      expect(world.dataIndex.queries.size).toBe(0);
    });

    it('have no data where all of it does not fit into an answer', async () => {
      const { engine, ids } = await startMany(3, 'x'.repeat(8_000));
      const found = await engine.getMany(ids, call);
      expect([...found.keys()]).toEqual(ids);
      for (const run of found.values()) expect(run).not.toHaveProperty('data');
      expect(world.dataIndex.queries.get('Instances')).toBe(2);
    });

    it('have data in the order asked for until the budget is spent', async () => {
      const { engine, ids } = await startMany(3, 'x'.repeat(1_000));
      const order = [ids[2], ids[0], ids[1]];
      const found = await engine.getMany(order, { ...call, dataBudget: 1_500 });
      const having = order.filter(id => found.get(id)!.data !== undefined);
      expect(having).toEqual([ids[2]]);
    });
  });

  describe('that have become too large for an answer', () => {
    const LARGE = 'x'.repeat(30_000);
    const TOO_LARGE_DATA = 'The data of the run is too large to be shown';
    const TOO_LARGE_NODES = 'The nodes of the run are too large to be shown';
    const grow = async (definitionId: string, what: 'data' | 'nodes') => {
      const engine = world.engine({ maxResponseBytes: 20_000 });
      const { id } = await engine.start(startOf(definitionId), call);
      const [node] = world.dataIndex.instances.get(id)!.nodes!;
      world.dataIndex.change(
        id,
        what === 'data'
          ? { variables: { workflowdata: { LARGE } } }
          : { nodes: Array.from({ length: 500 }, () => node) },
      );
      return { engine, id };
    };

    it('have the data of their runtime, else none, which is said', async () => {
      const { engine, id } = await grow('waits', 'data');
      expect(await engine.get(id, call)).toMatchObject({
        data: {},
        nodes: [{ id: 'node-instance-1', name: 'First' }],
      });
      world.runtime.complete(id);
      const run = await engine.get(id, call);
      expect(run).toMatchObject({
        state: 'COMPLETED',
        executionSummary: [TOO_LARGE_DATA],
        nodes: [{ id: 'node-instance-1' }],
      });
      expect(run).not.toHaveProperty('data');
    });

    it('have no nodes, which is said', async () => {
      const { engine, id } = await grow('fails', 'nodes');
      expect(await engine.get(id, call)).toMatchObject({
        state: 'ERROR',
        nodes: [],
        error: { message: 'it failed' },
        executionSummary: [TOO_LARGE_NODES],
      });
    });

    it.each(['data', 'nodes'] as const)(
      'can be retriggered and aborted for all that, with much %s',
      async what => {
        const { engine, id } = await grow('fails', what);
        await engine.retrigger(id, call);
        await engine.abort(id, call);
        expect(world.dataIndex.instances.get(id)!.state).toBe('ABORTED');
      },
    );

    it('take nothing from the runs beside them in a list', async () => {
      const { engine, id } = await grow('waits', 'nodes');
      const { id: beside } = await engine.start(startOf('waits'), call);
      const found = await engine.getMany([id, beside], call);
      expect([...found.keys()]).toEqual([id, beside]);
      expect(found.get(beside)).toMatchObject({ state: 'ACTIVE' });
    });
  });

  it('have no logs of their own', async () => {
    const { engine, id } = await start('waits');
    expect(await engine.logs(id, call)).toEqual([]);
    expect(await engine.logs(randomUUID(), call)).toBeUndefined();
  });
});
