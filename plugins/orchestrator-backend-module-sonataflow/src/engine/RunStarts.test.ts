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

import { isNotStarted } from '@flowgate/backstage-plugin-orchestrator-node';
import { randomUUID } from 'node:crypto';
import { type Fault, FaultProxy } from '../__testUtils__/FaultProxy';
import { HostPatterns } from '../config/HostPatterns';
import { call, FakeWorld, startOf } from './__testUtils__/FakeWorld';

describe('the starts of a SonataFlow engine', () => {
  let world: FakeWorld;
  beforeEach(async () => {
    world = await FakeWorld.start();
  });
  afterEach(() => world.close());

  const rowsOf = (key: string) =>
    [...world.dataIndex.instances.values()].filter(
      ({ businessKey }) => businessKey === key,
    );
  const refusalOf = (work: Promise<unknown>) =>
    work.then(
      answer => {
        throw new Error(`answered ${JSON.stringify(answer)}`);
      },
      error => error,
    );

  it('send the input, who starts and the key of the start, and nothing else', async () => {
    const request = startOf(
      'waits',
      { a: 1, workflowdata: { b: 2 } },
      {
        initiator: 'user:default/alice',
        owner: 'group:default/team',
        actor: 'plugin:scaffolder',
        tokenId: 'token-id',
        targetEntity: 'component:default/web',
      },
    );
    const { id } = await world.engine().start(request, call);
    expect(rowsOf(request.runId).map(row => row.id)).toEqual([id]);
    const [{ path, body, headers }] = world.starts;
    expect(path).toBe(`/waits?businessKey=${request.runId}`);
    expect(body).toEqual({
      workflowdata: { a: 1, workflowdata: { b: 2 } },
      initiatorEntity: 'user:default/alice',
      targetEntity: 'component:default/web',
    });
    // SonataFlow copies the headers of a start to the calls of the run, but for these, which it knows by their exact case.
    const names = Object.keys(headers).sort();
    expect(names).toEqual([
      'Accept',
      'Connection',
      'Content-Length',
      'Content-Type',
      'Host',
      'User-Agent',
    ]);
  });

  it('do not let the input say who starts', async () => {
    const input = {
      initiatorEntity: 'user:default/evil',
      workflowdatainput: { evil: true },
      isEvent: false,
      targetEntity: 'component:default/mine',
      nested: { initiatorEntity: 'stays' },
    };
    await world.engine().start(startOf('waits', input), call);
    expect(world.starts[0].body).toEqual({
      workflowdata: {
        targetEntity: 'component:default/mine',
        nested: { initiatorEntity: 'stays' },
      },
      initiatorEntity: 'user:default/alice',
    });
  });

  it('name an anonymous initiator so that RHDH can read it', async () => {
    const request = startOf('waits', {}, { initiator: 'anonymous' });
    await world.engine().start(request, call);
    expect(world.starts[0].body.initiatorEntity).toBe('anonymous:anonymous');
  });

  it.each([400, 404, 500, 503])(
    'take a run that failed at once with status %d for started',
    async failsWith => {
      world.runtime.deploy({ id: 'down', behaviour: 'fails', failsWith });
      const request = startOf('down');
      const { id } = await world.engine().start(request, call);
      expect(rowsOf(request.runId)).toMatchObject([{ id, state: 'ERROR' }]);
      expect(world.starts).toHaveLength(1);
    },
  );

  it('are refused with the faults that the runtime finds in the input', async () => {
    world.runtime.deploy({
      id: 'strict',
      behaviour: 'waits',
      inputSchema: { type: 'object', required: ['name'] },
    });
    const request = startOf('strict');
    const error = await refusalOf(world.engine().start(request, call));
    expect(error).toMatchObject({
      name: 'InputError',
      faults: [{ path: '/name', message: 'is missing but it is required' }],
    });
    expect(isNotStarted(error)).toBe(true);
    expect(rowsOf(request.runId)).toEqual([]);
  });

  it('are refused with an input that SonataFlow cannot keep', async () => {
    const request = startOf('waits', { a: { b: 'x\0y' } });
    const error = await refusalOf(world.engine().start(request, call));
    expect(error).toMatchObject({
      name: 'InputError',
      faults: [{ path: '/a/b' }],
    });
    expect(isNotStarted(error)).toBe(true);
    expect(world.starts).toEqual([]);
  });

  it('are refused where the workflow went between the list and the start', async () => {
    const engine = world.engine();
    await engine.listDefinitions(call);
    world.runtime.undeploy('waits');
    const error = await refusalOf(engine.start(startOf('waits'), call));
    expect(error.name).toBe('NotFoundError');
    expect(isNotStarted(error)).toBe(true);
  });

  it.each(['', '.', '..', 'a/b', 'a?b=c', "x' OR 1=1", '💥', '\0', '%2e%2e'])(
    'of what is no id, %p, ask no runtime for it',
    async id => {
      const error = await refusalOf(world.engine().start(startOf(id), call));
      expect(error.name).toBe('NotFoundError');
      expect(isNotStarted(error)).toBe(true);
      expect(world.starts).toEqual([]);
    },
  );

  it.each(['a b', 'ü/../x', '..%2f', 'x?businessKey=y', 'x#y', 'management'])(
    'reach the workflow %p and no other path',
    async id => {
      world.runtime.deploy({ id, behaviour: 'waits' });
      const request = startOf(id);
      await world.engine().start(request, call);
      expect(rowsOf(request.runId)).toMatchObject([{ processId: id }]);
    },
  );

  describe('go wrong', () => {
    let proxy: FaultProxy;
    beforeEach(async () => {
      proxy = await FaultProxy.start(world.runtime.url);
      world.runtime.callItself(proxy.url);
    });
    afterEach(() => proxy.stop());

    /** Starts with a fault in the way, and says what the caller is told and how many runs there are. */
    const startWith = async (fault: Fault) => {
      const engine = world.engine({ startTimeout: 1_000, timeout: 5_000 });
      await engine.listDefinitions(call);
      proxy.inject(fault, { match: ({ method }) => method === 'POST' });
      const request = startOf('waits');
      const error = await refusalOf(engine.start(request, call));
      proxy.clear();
      return { engine, request, error };
    };

    it.each<[Fault, string]>([
      ['hang', 'EngineTimeoutError'],
      ['hang-after', 'EngineTimeoutError'],
      ['dribble', 'EngineTimeoutError'],
      ['error-500', 'EngineAnswerError'],
      ['error-503', 'ServiceUnavailableError'],
      ['html', 'EngineAnswerError'],
      ['broken-json', 'EngineAnswerError'],
      ['huge', 'EngineAnswerError'],
      ['redirect', 'EngineAnswerError'],
      ['reset', 'ServiceUnavailableError'],
      ['lose-answer', 'ServiceUnavailableError'],
      ['garbage', 'EngineAnswerError'],
    ])('with %s: %s, sent once, and no address in it', async (fault, name) => {
      const { error, request } = await startWith(fault);
      expect(error.name).toBe(name);
      // There may be a run: its key is kept.
      expect(isNotStarted(error)).toBe(false);
      expect(error.message).not.toMatch(/127\.0\.0\.1|localhost|http:/);
      expect(error.message).not.toContain(proxy.url.port);
      expect(
        proxy.requests.filter(({ method }) => method === 'POST'),
      ).toHaveLength(1);
      expect(rowsOf(request.runId).length).toBeLessThanOrEqual(1);
    });

    it.each<Fault>(['hang-after', 'dribble', 'lose-answer'])(
      'after %s the run is found by its key',
      async fault => {
        const { engine, request } = await startWith(fault);
        const [{ id }] = rowsOf(request.runId);
        expect(await engine.findStarted!([request], call)).toEqual(
          new Map([[request.runId, id]]),
        );
      },
    );

    it('give up the key where the runtime was never reached', async () => {
      await proxy.stop();
      const engine = world.engine();
      const error = await refusalOf(engine.start(startOf('waits'), call));
      expect(error.name).toBe('ServiceUnavailableError');
      expect(isNotStarted(error)).toBe(true);
    });

    it('give up the key where the Data Index cannot tell of the workflow', async () => {
      world.dataIndex.error = 'SELECT secret FROM table';
      const error = await refusalOf(
        world.engine().start(startOf('waits'), call),
      );
      expect(error.name).toBe('EngineAnswerError');
      expect(isNotStarted(error)).toBe(true);
      expect(error.message).not.toContain('SELECT');
    });

    it('are waited for although the caller does not any more', async () => {
      const engine = world.engine();
      await engine.listDefinitions(call);
      const controller = new AbortController();
      proxy.inject('hang', {
        match: ({ method }) => {
          if (method === 'POST') controller.abort();
          return false;
        },
      });
      const request = startOf('waits');
      const { signal: abortSignal } = controller;
      const { id } = await engine.start(request, { ...call, abortSignal });
      expect(abortSignal.aborted).toBe(true);
      expect(rowsOf(request.runId)).toMatchObject([{ id }]);
    });
  });

  it('that take long keep nothing else waiting', async () => {
    const proxy = await FaultProxy.start(world.runtime.url);
    world.runtime.callItself(proxy.url);
    const engine = world.engine({ concurrency: 2, startTimeout: 5_000 });
    const { id } = await engine.start(startOf('waits', { a: 1 }), call);
    proxy.inject('hang', { match: ({ method }) => method === 'POST' });
    const sent = proxy.requests.length;
    const slow = Array.from({ length: 6 }, () =>
      refusalOf(engine.start(startOf('waits'), call)),
    );
    const posts = () =>
      proxy.requests.slice(sent).filter(({ method }) => method === 'POST');
    while (posts().length < 2) {
      await new Promise(resolve => setImmediate(resolve));
    }
    const listed = await engine.listDefinitions(call);
    expect(listed.filter(one => !one.available)).toEqual([]);
    expect(await engine.get(id, call)).toMatchObject({ data: { a: 1 } });
    await engine.abort(id, call);
    expect(posts()).toHaveLength(2);
    await engine.stop();
    await Promise.all(slow);
    await proxy.stop();
  });

  it('are found by their keys: the oldest of several, and no child runs', async () => {
    const [one, two, child, none] = Array.from({ length: 4 }, () =>
      randomUUID(),
    );
    const row = (id: string, businessKey: string, more = {}) =>
      world.dataIndex.put({
        id,
        businessKey,
        processId: 'waits',
        state: 'ACTIVE',
        start: '2026-01-02T00:00:00.000Z',
        lastUpdate: '2026-01-01T00:00:00.000Z',
        endpoint: 'http://x',
        ...more,
      });
    row('late', one);
    row('early', one, {
      start: '2026-01-01T00:00:00.000Z',
      lastUpdate: '2026-02-01T00:00:00.000Z',
    });
    row('other', two, {
      processId: 'completes',
      start: '2026-01-01T00:00:00.000Z',
    });
    row('b', two);
    row('a', two);
    row('child', child, { parentProcessInstanceId: 'a' });
    const engine = world.engine();
    expect(
      await engine.findStarted!(
        [one, two, child, none].map(runId => ({
          runId,
          definitionId: 'waits',
        })),
        call,
      ),
    ).toEqual(
      new Map([
        [one, 'early'],
        [two, 'a'],
      ]),
    );
    const asked = world.dataIndex.asked;
    expect((await engine.findStarted!([], call)).size).toBe(0);
    expect(world.dataIndex.asked).toBe(asked);
  });

  describe('with credentials for the services behind the workflow', () => {
    const hosts = new HostPatterns(['127.0.0.1']);
    const downstream = {
      authTokens: [{ provider: 'github', token: 'gh' }],
      pluginToken: async (plugin: string) => `minted-${plugin}`,
    };
    const sent = () =>
      Object.entries(world.starts[0].headers).filter(([name]) =>
        /authorization/i.test(name),
      );

    it('send none by default', async () => {
      await world.engine().start(startOf('waits'), { ...call, downstream });
      expect(sent()).toEqual([]);
    });

    it('send what is configured, beside our own', async () => {
      const engine = world.engine({
        authTokens: { hosts },
        forwardToken: { plugins: ['catalog'], hosts },
        runtimes: { bearer: 'ours', hosts },
      });
      await engine.start(startOf('waits'), { ...call, downstream });
      expect(Object.fromEntries(sent())).toEqual({
        Authorization: 'Bearer ours',
        'X-Authorization-Github': 'gh',
        'X-Authorization-Backstage': 'minted-catalog',
        'X-Authorization-Backstage-Catalog': 'minted-catalog',
      });
    });

    it('ask nothing of a host that is not listed, whoever names it', async () => {
      const other = new HostPatterns(['other.test']);
      const { id } = await world.engine().start(startOf('fails'), call);
      const before = world.runtime.requests.length;
      const engine = world.engine({
        runtimes: { bearer: 'ours', hosts: other },
      });
      const listed = await engine.listDefinitions(call);
      expect(listed.find(one => one.id === 'waits')).toMatchObject({
        available: false,
        unavailableReason:
          'The host of the runtime of workflow "waits" is not among runtimes.hosts',
      });
      const error = await refusalOf(
        engine.start(startOf('waits'), { ...call, downstream }),
      );
      expect(error.name).toBe('ConflictError');
      expect(isNotStarted(error)).toBe(true);
      expect(await engine.get(id, call)).toMatchObject({ state: 'ERROR' });
      expect(await engine.standings!([id], call)).toEqual(
        new Map([[id, 'present']]),
      );
      for (const work of [engine.abort(id, call), engine.retrigger(id, call)]) {
        expect((await refusalOf(work)).name).toBe('ServiceUnavailableError');
      }
      expect(world.runtime.requests).toHaveLength(before);
    });

    it('are refused, and start nothing, for a provider that is none', async () => {
      const engine = world.engine({ authTokens: { hosts } });
      const error = await refusalOf(
        engine.start(startOf('waits'), {
          ...call,
          downstream: {
            ...downstream,
            authTokens: [{ provider: 'backstage', token: 'x' }],
          },
        }),
      );
      expect(error.name).toBe('InputError');
      expect(isNotStarted(error)).toBe(true);
      expect(world.starts).toEqual([]);
    });
  });

  describe('by an event', () => {
    const SOURCE = [
      'id: order',
      'start: Begin',
      'events:',
      '  - {name: begin, type: order, source: /shop, correlation: [{contextAttributeName: orderid}, {contextAttributeName: type}, {contextAttributeName: kogitobusinesskey}]}',
      'states:',
      '  - {name: Begin, type: event, onEvents: [{eventRefs: [begin]}]}',
    ].join('\n');
    beforeEach(() =>
      world.runtime.deploy({ id: 'order', behaviour: 'event', source: SOURCE }),
    );
    const eventsUrl = () => new URL('/events', world.runtime.url);

    it('send one, and find the run that it makes', async () => {
      const request = startOf('order', {
        isEvent: true,
        amount: 5,
        orderid: 'the order of somebody else',
        initiatorEntity: 'user:default/evil',
      });
      const { runId } = request;
      const engine = world.engine({ eventsUrl: eventsUrl() });
      const { id } = await engine.start(request, call);
      expect(rowsOf(runId)).toMatchObject([{ id, processId: 'order' }]);
      expect(world.runtime.events).toEqual([
        {
          specversion: '1.0',
          id: runId,
          type: 'order',
          source: '/shop',
          datacontenttype: 'application/json',
          orderid: runId,
          kogitobusinesskey: runId,
          data: { amount: 5, orderid: runId },
        },
      ]);
      // A refused start would keep the key, and the event with it would be lost.
      expect(world.starts).toEqual([]);
      const sent = world.runtime.requests.find(
        ({ path }) => path === '/events',
      );
      expect(sent!.rawHeaders).toContain('application/cloudevents+json');
    });

    it.each([
      ['is refused where it is of another workspace', 'secret', 0],
      ['is no obstacle within the workspace', 'default', 1],
    ])('which also starts another workflow %s', async (_, workspace, sent) => {
      world.runtime.deploy({
        id: 'other',
        behaviour: 'event',
        source: SOURCE.replace(
          'id: order',
          `id: other\nmetadata: {workspace: ${workspace}}`,
        ),
      });
      const engine = world.engine({ eventsUrl: eventsUrl() });
      await engine.listDefinitions(call);
      const outcome = await engine.start(startOf('order'), call).then(
        () => undefined,
        error => error,
      );
      expect(outcome?.name).toBe(sent ? undefined : 'ConflictError');
      expect(isNotStarted(outcome)).toBe(!sent);
      expect(world.runtime.events).toHaveLength(sent);
    });

    it('are refused where no address for events is configured', async () => {
      const error = await refusalOf(
        world.engine().start(startOf('order'), call),
      );
      expect(error.name).toBe('ConflictError');
      expect(isNotStarted(error)).toBe(true);
    });

    it('are refused for a workflow that no event starts', async () => {
      const engine = world.engine({ eventsUrl: eventsUrl() });
      const request = startOf('waits', { isEvent: true });
      const error = await refusalOf(engine.start(request, call));
      expect(error.name).toBe('ConflictError');
      expect(isNotStarted(error)).toBe(true);
      expect(world.runtime.events).toEqual([]);
    });

    it('are refused where only the runtime knows that it takes an event', async () => {
      world.runtime.deploy({ id: 'hidden', behaviour: 'event' });
      const engine = world.engine({ eventsUrl: eventsUrl() });
      const error = await refusalOf(engine.start(startOf('hidden'), call));
      expect(error.name).toBe('ConflictError');
      expect(isNotStarted(error)).toBe(true);
    });

    it('leave open what became of an event whose run does not come', async () => {
      const engine = world.engine({
        eventsUrl: eventsUrl(),
        startTimeout: 1_000,
      });
      await engine.listDefinitions(call);
      world.runtime.undeploy('order');
      const error = await refusalOf(engine.start(startOf('order'), call));
      expect(error.name).toBe('EngineTimeoutError');
      expect(isNotStarted(error)).toBe(false);
      expect(world.runtime.events).toHaveLength(1);
    });

    it('leave open what became of an event that was not taken in order', async () => {
      const proxy = await FaultProxy.start(world.runtime.url);
      proxy.inject('error-500');
      const engine = world.engine({ eventsUrl: new URL('/events', proxy.url) });
      const error = await refusalOf(engine.start(startOf('order'), call));
      expect(error.name).toBe('EngineAnswerError');
      expect(isNotStarted(error)).toBe(false);
      await proxy.stop();
    });
  });
});
