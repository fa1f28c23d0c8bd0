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
import { DataIndex } from '../dataIndex/DataIndex';
import { call, FakeWorld, startOf } from './__testUtils__/FakeWorld';

describe('runs that nothing goes on with', () => {
  let world: FakeWorld;
  beforeEach(async () => {
    world = await FakeWorld.start();
  });
  afterEach(() => world.close());

  const start = async (definitionId = 'waits') => {
    const engine = world.engine();
    const { id } = await engine.start(startOf(definitionId, { a: 1 }), call);
    return { engine, id };
  };

  it.each([
    [
      'another version',
      'waits',
      (id: string) => {
        world.runtime.lose(id);
        world.runtime.deploy({
          id: 'waits',
          version: '2.0',
          behaviour: 'waits',
        });
      },
      'The runtime of the run has another version of workflow "waits" now',
    ],
    [
      'no such workflow any more',
      'waits',
      () => world.runtime.undeploy('waits'),
      'The runtime of the run does not have workflow "waits" any more',
    ],
    [
      'no memory of it',
      'waits',
      (id: string) => world.runtime.lose(id),
      'The runtime of the run does not have it any more',
    ],
    [
      'no memory of one in error',
      'fails',
      (id: string) => world.runtime.lose(id),
      'The runtime of the run does not have it any more',
    ],
  ])(
    'are lost where the runtime has %s',
    async (_name, definitionId, lose, lost) => {
      const { engine, id } = await start(definitionId);
      lose(id);
      // The Data Index' data is all that is left.
      expect(await engine.get(id, call)).toMatchObject({
        lost,
        data: { a: 1 },
      });
      expect(await engine.standings!([id], call)).toEqual(
        new Map([[id, 'lost']]),
      );
    },
  );

  it('cannot be aborted or retriggered: nobody has them', async () => {
    const { engine, id } = await start('fails');
    world.runtime.lose(id);
    for (const work of [engine.abort(id, call), engine.retrigger(id, call)]) {
      await expect(work).rejects.toMatchObject({
        name: 'NotFoundError',
        message: 'The runtime of the run does not have it any more',
      });
    }
  });

  it('are not those that have ended, wait, or are not there', async () => {
    const { engine, id: ended } = await start('completes');
    const { id: waiting } = await start('waits');
    const { id: failed } = await start('fails');
    const ids = [ended, waiting, failed];
    expect(await engine.standings!([...ids, randomUUID()], call)).toEqual(
      new Map(ids.map(id => [id, 'present'])),
    );
    expect(await engine.standings!([], call)).toEqual(new Map());
  });

  it('are not those of which the Data Index cannot tell everything', async () => {
    const { engine, id } = await start();
    const instances = jest
      .spyOn(DataIndex.prototype, 'instances')
      .mockResolvedValue(new Map());
    const ids = [id, randomUUID()];
    const standings = await engine.standings!(ids, call);
    instances.mockRestore();
    expect(standings).toEqual(new Map([[id, 'present']]));
  });

  it('are not those of which the Data Index does not know where they are', async () => {
    const { engine, id } = await start();
    world.dataIndex.change(id, { endpoint: null, serviceUrl: undefined });
    const run = await engine.get(id, call);
    expect(run).toMatchObject({ state: 'ACTIVE' });
    expect(run).not.toHaveProperty('lost');
    expect(await engine.standings!([id], call)).toEqual(
      new Map([[id, 'present']]),
    );
    // Not found, its abort would end it for the index alone.
    await expect(engine.abort(id, call)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
  });

  it('are not those whose runtime is down', async () => {
    const { engine, id } = await start();
    await world.runtime.stop();
    expect(await engine.get(id, call)).not.toHaveProperty('lost');
    expect(await engine.standings!([id], call)).toEqual(
      new Map([[id, 'present']]),
    );
    await expect(engine.abort(id, call)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
  });

  it.each(['html', 'error-500', 'error-503', 'broken-json'] as const)(
    'are not those whose gateway answers with %s',
    async fault => {
      const { engine, id } = await start();
      const proxy = await FaultProxy.start(world.runtime.url);
      world.dataIndex.change(id, { serviceUrl: proxy.url.origin });
      proxy.inject(fault);
      world.runtime.lose(id);
      expect(await engine.get(id, call)).not.toHaveProperty('lost');
      expect((await engine.standings!([id], call)).get(id)).toBe('present');
      await proxy.stop();
    },
  );

  it('are not those that end while they are looked at', async () => {
    const { engine, id } = await start();
    const proxy = await FaultProxy.start(world.runtime.url);
    world.dataIndex.change(id, { serviceUrl: proxy.url.origin });
    // The runtime has ended it; the Data Index hears of it when it is asked for the workflows.
    world.runtime.lose(id);
    proxy.inject('hang', {
      match: ({ path }) => {
        if (path === '/management/processes') {
          world.dataIndex.change(id, {
            state: 'COMPLETED',
            end: '2026-01-01T00:00:00.000Z',
            lastUpdate: new Date().toISOString(),
          });
        }
        return false;
      },
    });
    const run = await engine.get(id, call);
    expect(run).toMatchObject({ state: 'COMPLETED' });
    expect(run).not.toHaveProperty('lost');
    await proxy.stop();
  });

  it('are found without a question for each', async () => {
    const engine = world.engine();
    const ids: string[] = [];
    for (let at = 0; at < 30; at += 1) {
      const { id } = await engine.start(startOf('waits'), call);
      world.runtime.lose(id);
      ids.push(id);
    }
    world.dataIndex.queries.clear();
    const requests = world.runtime.requests.length;
    const standings = await engine.standings!(ids, call);
    expect([...standings.values()]).toEqual(Array(30).fill('lost'));
    expect(Object.fromEntries(world.dataIndex.queries)).toEqual({
      Instances: 1,
      Changed: 1,
    });
    // One for the list of workflows, one for the workflow, one for each run.
    expect(world.runtime.requests.length - requests).toBe(32);
  });

  const startMany = async (count: number, options = {}) => {
    const engine = world.engine({ timeout: 200 }, options);
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const { id } = await engine.start(startOf('waits'), call);
      world.runtime.lose(id);
      ids.push(id);
    }
    return { engine, ids };
  };
  const isRun = ({ path }: { path: string }) => path.startsWith('/waits/');

  it('are not looked for any more at a runtime that does not answer for some', async () => {
    const proxy = await FaultProxy.start(world.runtime.url);
    world.runtime.callItself(proxy.url);
    const { engine, ids } = await startMany(40);
    proxy.inject('hang', { match: isRun });
    const standings = await engine.standings!(ids, call);
    expect([...standings.values()]).toEqual(Array(40).fill('present'));
    expect(proxy.requests.filter(isRun).length).toBeLessThanOrEqual(10);
    await proxy.stop();
  });

  it('are found another time where a runtime is too slow to be asked for all', async () => {
    let now = Date.now();
    const proxy = await FaultProxy.start(world.runtime.url);
    world.runtime.callItself(proxy.url);
    const { engine, ids } = await startMany(30, { now: () => now });
    // Each question takes two of the five seconds.
    proxy.inject('hang', {
      match: request => {
        if (isRun(request)) now += 2_000;
        return false;
      },
    });
    const lost = new Set<string>();
    for (let round = 0; round < 200 && lost.size < ids.length; round += 1) {
      const standings = await engine.standings!(ids, call);
      const found = ids.filter(id => standings.get(id) === 'lost');
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThan(ids.length);
      found.forEach(id => lost.add(id));
    }
    expect(lost.size).toBe(ids.length);
    await proxy.stop();
  });

  it('count as runs of their workflow until the Data Index forgets them', async () => {
    const { engine, id } = await start();
    await start('completes');
    const count = () =>
      engine.countRuns!(['waits', 'completes', 'fails'], call);
    const counts = (waits: number) =>
      new Map([
        ['waits', waits],
        ['completes', 1],
        ['fails', 0],
      ]);
    world.runtime.lose(id);
    expect(await count()).toEqual(counts(1));
    world.dataIndex.delete(id);
    expect(await count()).toEqual(counts(0));
    expect(await engine.countRuns!([], call)).toEqual(new Map());
  });
});
