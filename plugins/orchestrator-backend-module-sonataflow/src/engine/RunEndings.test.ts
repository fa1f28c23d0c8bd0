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
import { setImmediate } from 'node:timers/promises';
import { FaultProxy } from '../__testUtils__/FaultProxy';
import { HostPatterns } from '../config/HostPatterns';
import { call, FakeWorld, startOf } from './__testUtils__/FakeWorld';

describe('abort and retrigger of a SonataFlow engine', () => {
  let world: FakeWorld;
  beforeEach(async () => {
    world = await FakeWorld.start();
    world.runtime.deploy({ id: 'grandchild', behaviour: 'waits' });
    world.runtime.deploy({
      id: 'child',
      behaviour: 'waits',
      child: 'grandchild',
    });
    world.runtime.deploy({ id: 'parent', behaviour: 'waits', child: 'child' });
  });
  afterEach(() => world.close());

  const start = async (definitionId: string) => {
    const engine = world.engine();
    const { id } = await engine.start(startOf(definitionId), call);
    return { engine, id };
  };
  const states = () =>
    Object.fromEntries(
      [...world.dataIndex.instances.values()].map(row => [
        row.processId,
        row.state,
      ]),
    );
  const deletions = () =>
    world.runtime.requests
      .filter(({ method }) => method === 'DELETE')
      .map(({ path }) => path.split('/')[3]);

  it('abort the runs below a run, their parents first', async () => {
    const { engine, id } = await start('parent');
    await start('waits');
    await engine.abort(id, call);
    expect(states()).toEqual({
      parent: 'ABORTED',
      child: 'ABORTED',
      grandchild: 'ABORTED',
      waits: 'ACTIVE',
    });
    // An aborted child counts as completed for a parent that is still there, which would go on.
    expect(deletions()).toEqual(['parent', 'child', 'grandchild']);
  });

  it('reach what an ended child has left behind', async () => {
    const { engine, id } = await start('parent');
    const child = [...world.dataIndex.instances.values()].find(
      row => row.processId === 'child',
    )!;
    world.runtime.complete(child.id);
    await engine.abort(id, call);
    expect(states()).toEqual({
      parent: 'ABORTED',
      child: 'COMPLETED',
      grandchild: 'ABORTED',
    });
  });

  it('abort a run although one below it cannot be, and finish when asked again', async () => {
    const { engine, id } = await start('parent');
    const proxy = await FaultProxy.start(world.runtime.url);
    const child = [...world.dataIndex.instances.values()].find(
      row => row.processId === 'child',
    )!;
    world.dataIndex.change(child.id, { serviceUrl: proxy.url.origin });
    proxy.inject('error-500', { times: 1 });
    await engine.abort(id, call);
    expect(states()).toMatchObject({ parent: 'ABORTED', child: 'ACTIVE' });
    expect(world.warnings).toEqual([
      expect.stringContaining(
        `Run ${child.id} was started by a run that was aborted`,
      ),
    ]);
    expect(JSON.stringify(world.warnings)).not.toContain('127.0.0.1');
    await expect(engine.abort(id, call)).rejects.toMatchObject({
      name: 'ConflictError',
    });
    expect(states()).toMatchObject({ child: 'ABORTED', grandchild: 'ABORTED' });
    await proxy.stop();
  });

  it('end although runs tell that they are below one another', async () => {
    const { engine, id } = await start('parent');
    world.dataIndex.change(id, { parentProcessInstanceId: id });
    await engine.abort(id, call);
    expect(states()).toMatchObject({ parent: 'ABORTED', child: 'ABORTED' });
  });

  it('are known here before the Data Index hears of them', async () => {
    const { engine, id } = await start('waits');
    const before = { ...world.dataIndex.instances.get(id)! };
    await engine.abort(id, call);
    world.dataIndex.put(before);
    expect(await engine.get(id, call)).toMatchObject({
      state: 'ABORTED',
      end: expect.any(String),
    });
    for (const work of [engine.abort(id, call), engine.retrigger(id, call)]) {
      await expect(work).rejects.toMatchObject({ name: 'ConflictError' });
    }
  });

  it.each([
    'hang',
    'error-500',
    'html',
    'redirect',
    'reset',
    'garbage',
  ] as const)(
    'fail where the runtime answers with %s, sent once, and no address in it',
    async fault => {
      const proxy = await FaultProxy.start(world.runtime.url);
      world.runtime.callItself(proxy.url);
      const engine = world.engine({ timeout: 300, startTimeout: 300 });
      const { id } = await engine.start(startOf('fails'), call);
      for (const work of ['abort', 'retrigger'] as const) {
        const sent = proxy.requests.length;
        proxy.inject(fault, { times: 1 });
        const error = await engine[work](id, call).then(
          () => undefined,
          reason => reason,
        );
        expect(error.name).toMatch(
          /^(EngineTimeoutError|EngineAnswerError|ServiceUnavailableError)$/,
        );
        expect(error.message).not.toMatch(/127\.0\.0\.1|http:/);
        expect(proxy.requests.length - sent).toBe(1);
        expect(states().fails).toBe('ERROR');
      }
      await proxy.stop();
    },
    // A text that says no more than 500 gets a second look.
    20_000,
  );

  it('retrigger without a body, and with what services are to get', async () => {
    const hosts = new HostPatterns(['127.0.0.1']);
    const engine = world.engine({ authTokens: { hosts } });
    const { id } = await engine.start(startOf('failsOnce'), call);
    await engine.retrigger(id, {
      ...call,
      downstream: {
        authTokens: [{ provider: 'github', token: 'gh' }],
        pluginToken: async () => undefined,
      },
    });
    const sent = world.runtime.requests.find(({ path }) =>
      path.endsWith(`/${id}/retrigger`),
    )!;
    expect(sent.body).toBe('');
    expect(sent.rawHeaders).toContain('X-Authorization-Github');
    expect(states().failsOnce).toBe('COMPLETED');
  });

  it('refuse a retrigger while another process retriggers the run', async () => {
    const { engine, id } = await start('failsOnce');
    const goOn = world.runtime.holdRetriggers();
    const sent = async (count: number) => {
      const isRetrigger = ({ path }: { path: string }) =>
        path.endsWith('/retrigger');
      while (world.runtime.requests.filter(isRetrigger).length < count) {
        await setImmediate();
      }
    };
    const first = engine.retrigger(id, call);
    await sent(1);
    const second = world
      .engine()
      .retrigger(id, call)
      .catch(error => error);
    await sent(2);
    goOn();
    await first;
    expect(await second).toMatchObject({ name: 'ConflictError' });
    expect(states().failsOnce).toBe('COMPLETED');
  });

  it('do not take a text that says it is JSON for a fault of the runtime', async () => {
    const { engine, id } = await start('waits');
    await expect(engine.retrigger(id, call)).rejects.toMatchObject({
      name: 'ConflictError',
    });
    await expect(engine.abort(randomUUID(), call)).rejects.toMatchObject({
      name: 'NotFoundError',
    });
  });

  it('wait for one another on one run, and not on others', async () => {
    const { engine, id } = await start('failsOnce');
    const { id: other } = await start('waits');
    const proxy = await FaultProxy.start(world.runtime.url);
    world.dataIndex.change(id, { serviceUrl: proxy.url.origin });
    proxy.inject('html', { times: 1 });
    const outcomes = await Promise.allSettled([
      engine.retrigger(id, call),
      engine.retrigger(id, call),
      engine.abort(id, call),
      engine.abort(other, call),
    ]);
    expect(
      outcomes.map(one =>
        one.status === 'rejected' ? one.reason.name : one.status,
      ),
    ).toEqual(['EngineAnswerError', 'fulfilled', 'ConflictError', 'fulfilled']);
    await proxy.stop();
  });
});
