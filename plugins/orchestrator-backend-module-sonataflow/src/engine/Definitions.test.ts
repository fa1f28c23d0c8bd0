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

import { FaultProxy } from '../__testUtils__/FaultProxy';
import { answer, TestServer } from '../__testUtils__/TestServer';
import { call, FakeWorld, startOf } from './__testUtils__/FakeWorld';

describe('the definitions of a SonataFlow engine', () => {
  let world: FakeWorld;
  let now: number;
  beforeEach(async () => {
    world = await FakeWorld.start();
    now = Date.UTC(2026, 0, 1);
  });
  afterEach(() => world.close());

  const engine = (config = {}) => world.engine(config, { now: () => now });
  const later = (seconds: number) => {
    now += seconds * 1_000;
  };
  const SCHEMA = {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' } },
  };

  it('tell what the Data Index, the text and the runtime say', async () => {
    world.runtime.deploy({
      id: 'pay',
      version: '2.1',
      behaviour: 'waits',
      inputSchema: SCHEMA,
      source: JSON.stringify({
        id: 'pay',
        name: 'Pay',
        description: 'in the text',
        metadata: { workspace: 'payments' },
        dataInputSchema: { failOnValidationErrors: false },
      }),
    });
    world.dataIndex.definitions.at(-1)!.description = 'pays';
    const listed = await engine().listDefinitions(call);
    expect(listed).toHaveLength(5);
    expect(listed.find(({ id }) => id === 'pay')).toEqual({
      id: 'pay',
      name: 'Pay',
      description: 'pays',
      version: '2.1',
      format: 'json',
      workspace: 'payments',
      origin: 'remote',
      inputSchema: SCHEMA,
      failOnValidationErrors: false,
      available: true,
    });
  });

  it('have the description of their text where the Data Index keeps none', async () => {
    const source = 'id: d\ndescription: in the text\n';
    world.runtime.deploy({ id: 'd', behaviour: 'waits', source });
    const listed = await engine().listDefinitions(call);
    expect(listed.find(({ id }) => id === 'd')).toMatchObject({
      name: 'd',
      description: 'in the text',
    });
  });

  it('belong to the configured workspace where they name none', async () => {
    const listed = await engine({ workspace: 'rhdh' }).listDefinitions(call);
    expect(listed.map(({ workspace }) => workspace)).toEqual(
      Array(4).fill('rhdh'),
    );
  });

  it('are left out where their text cannot be read: their workspace is not known', async () => {
    world.runtime.deploy({
      id: 'odd',
      behaviour: 'waits',
      source: 'metadata: {workspace: [',
    });
    const odd = engine();
    const ids = async () =>
      (await odd.listDefinitions(call)).map(({ id }) => id);
    expect(await ids()).not.toContain('odd');
    expect(await ids()).toHaveLength(4);
    expect(world.warnings).toEqual([
      expect.stringContaining('Workflow "odd" is left out'),
    ]);
    await expect(odd.start(startOf('odd'), call)).rejects.toMatchObject({
      name: 'NotFoundError',
      notStarted: true,
    });
    expect(world.starts).toEqual([]);
  });

  it('are not said to be missing while their texts cannot be read now', async () => {
    const proxy = await FaultProxy.start(world.dataIndex.url);
    let asked = 0;
    proxy.inject('error-500', {
      match: () => {
        asked += 1;
        return asked > 1;
      },
    });
    const some = engine({ dataIndexUrl: proxy.url });
    expect(await some.listDefinitions(call)).toEqual([]);
    asked = 0;
    await expect(some.start(startOf('waits'), call)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      notStarted: true,
    });
    proxy.clear();
    await some.start(startOf('waits'), call);
    expect(world.starts).toHaveLength(1);
    await proxy.stop();
  });

  it('take the text from the runtime where the Data Index has none', async () => {
    const source = 'id: own\nmetadata: {workspace: own}\n';
    world.runtime.deploy({ id: 'own', behaviour: 'waits', source });
    world.dataIndex.definitions.at(-1)!.source = undefined;
    const own = engine();
    const listed = await own.listDefinitions(call);
    expect(listed.find(({ id }) => id === 'own')?.workspace).toBe('own');
    expect(await own.getDefinitionSource('own', call)).toEqual({
      source,
      format: 'yaml',
    });
  });

  it('need no text where their runtime has them without one', async () => {
    world.runtime.deploy({ id: 'bare', behaviour: 'waits', source: '' });
    const listed = await engine({ workspace: 'rhdh' }).listDefinitions(call);
    expect(listed.find(({ id }) => id === 'bare')).toMatchObject({
      workspace: 'rhdh',
      available: true,
    });
    expect(world.warnings).toEqual([]);
  });

  describe('without a text in the Data Index', () => {
    const own = async (some: ReturnType<typeof engine>) =>
      (await some.listDefinitions(call)).find(({ id }) => id === 'own');
    beforeEach(() => {
      const source = 'id: own\nmetadata: {workspace: secret}\n';
      world.runtime.deploy({ id: 'own', behaviour: 'waits', source });
      world.dataIndex.definitions.at(-1)!.source = undefined;
    });

    it('are in no workspace while only a gateway says that there is none', async () => {
      const gateway = new TestServer((_request, _body, response) =>
        answer(response, 404, 'no route', 'text/plain'),
      );
      await gateway.listen();
      world.runtime.callItself(gateway.url);
      const some = engine();
      expect(await own(some)).toBeUndefined();
      expect(world.warnings).toEqual([]);
      world.runtime.callItself(world.runtime.url);
      expect(await own(some)).toMatchObject({ workspace: 'secret' });
      await gateway.close();
    });

    it('are in no workspace while their runtime does not have them, and stay in that which is known', async () => {
      const known = engine();
      expect(await own(known)).toMatchObject({ workspace: 'secret' });
      world.runtime.undeploy('own');
      later(300);
      expect(await own(known)).toMatchObject({
        workspace: 'secret',
        available: false,
      });
      expect(world.warnings).toEqual([]);
      expect(await own(engine())).toBeUndefined();
      expect(world.warnings).toEqual([
        expect.stringContaining('Workflow "own" is left out'),
      ]);
    });
  });

  it('ask for texts once in a while only, and again when something else changes', async () => {
    const asked = () => world.dataIndex.queries.get('DefinitionSource') ?? 0;
    const some = engine();
    await some.listDefinitions(call);
    expect(asked()).toBe(4);
    later(60);
    await some.listDefinitions(call);
    expect(asked()).toBe(4);
    world.dataIndex.definitions[0].description = 'changed';
    await some.listDefinitions(call);
    expect(asked()).toBe(5);
    later(300);
    await some.listDefinitions(call);
    expect(asked()).toBe(9);
  });

  it('ask each runtime once for its workflows, and for each workflow when it is new or once in a while', async () => {
    const counts = () => {
      const paths = world.runtime.requests.map(({ path }) => path);
      return [
        paths.filter(path => path === '/management/processes').length,
        paths.filter(path => /^\/management\/processes\/\w+$/.test(path))
          .length,
      ];
    };
    const some = engine();
    await some.listDefinitions(call);
    expect(counts()).toEqual([1, 4]);
    await some.listDefinitions(call);
    expect(counts()).toEqual([1, 4]);
    later(5);
    await some.listDefinitions(call);
    expect(counts()).toEqual([2, 4]);
    world.runtime.deploy({ id: 'new', behaviour: 'waits' });
    later(5);
    await some.listDefinitions(call);
    expect(counts()).toEqual([3, 5]);
    later(60);
    await some.listDefinitions(call);
    expect(counts()).toEqual([4, 10]);
  });

  it('keep the same schema object as long as it says the same', async () => {
    world.runtime.deploy({ id: 's', behaviour: 'waits', inputSchema: SCHEMA });
    const some = engine();
    const schema = async () =>
      (await some.listDefinitions(call)).find(({ id }) => id === 's')!
        .inputSchema;
    const first = await schema();
    later(120);
    expect(await schema()).toBe(first);
    expect(first).toEqual(SCHEMA);
  });

  it('leave a schema that we cannot use to the runtime', async () => {
    const inputSchema = {
      type: 'object',
      properties: { a: { $ref: 'http://elsewhere.test/s' } },
    };
    world.runtime.deploy({ id: 's', behaviour: 'waits', inputSchema });
    const listed = await engine().listDefinitions(call);
    expect(listed.find(({ id }) => id === 's')).toMatchObject({
      inputSchema,
      failOnValidationErrors: false,
      available: true,
    });
  });

  describe('in several versions', () => {
    const versionOf = async (some: ReturnType<typeof engine>) =>
      (await some.listDefinitions(call)).filter(({ id }) => id === 'v');

    it.each([
      ['1.9', '1.10'],
      ['1.10', '1.9'],
    ])(
      'after %s, %s is the one that the runtime has now',
      async (first, second) => {
        const source = (version: string) =>
          `id: v\nmetadata: {workspace: "w${version}"}\n`;
        for (const version of [first, second]) {
          world.runtime.deploy({
            id: 'v',
            version,
            behaviour: 'waits',
            source: source(version),
          });
        }
        const some = engine();
        const now_ = {
          version: second,
          workspace: `w${second}`,
          available: true,
        };
        expect(await versionOf(some)).toEqual([expect.objectContaining(now_)]);
        expect(await some.getDefinitionSource('v', call)).toEqual({
          source: source(second),
          format: 'yaml',
        });
        await world.runtime.stop();
        later(5);
        expect(await versionOf(some)).toEqual([
          expect.objectContaining({ ...now_, available: false }),
        ]);
      },
    );

    it('the highest one counts as long as no runtime has answered', async () => {
      await world.runtime.stop();
      for (const version of ['1.10', '1.9']) {
        world.runtime.deploy({ id: 'v', version, behaviour: 'waits' });
      }
      expect(await versionOf(engine())).toEqual([
        expect.objectContaining({ version: '1.10', available: false }),
      ]);
    });
  });

  describe('cannot run', () => {
    const waits = async (some: ReturnType<typeof engine>) =>
      (await some.listDefinitions(call)).find(({ id }) => id === 'waits')!;

    it('while their runtime does not answer, and keep what was known of them', async () => {
      world.runtime.deploy({
        id: 's',
        behaviour: 'waits',
        inputSchema: SCHEMA,
      });
      const some = engine();
      await some.listDefinitions(call);
      await world.runtime.stop();
      later(5);
      const listed = await some.listDefinitions(call);
      expect(listed.find(({ id }) => id === 's')).toMatchObject({
        available: false,
        unavailableReason: 'The runtime of workflow "s" does not answer',
        inputSchema: SCHEMA,
        version: '1.0',
      });
      await world.runtime.resume();
      later(5);
      expect(await waits(some)).toMatchObject({ available: true });
      expect(await waits(some)).not.toHaveProperty('unavailableReason');
    });

    it('where their runtime does not have them any more', async () => {
      world.runtime.undeploy('waits');
      expect(await waits(engine())).toMatchObject({
        available: false,
        unavailableReason:
          'The runtime of workflow "waits" does not have it any more',
      });
    });

    it.each([undefined, 'ftp://elsewhere', 'http://user:pass@127.0.0.1'])(
      'where their address is %p',
      async serviceUrl => {
        const row = world.dataIndex.definitions.find(
          ({ id }) => id === 'waits',
        );
        row!.serviceUrl = serviceUrl;
        expect(await waits(engine())).toMatchObject({
          available: false,
          unavailableReason: 'It is not known where workflow "waits" runs',
        });
      },
    );

    it.each([
      'html',
      'broken-json',
      'redirect',
      'error-500',
      'garbage',
      'reset',
    ] as const)(
      'while their runtime answers with %s, and nothing tells of its address',
      async fault => {
        const proxy = await FaultProxy.start(world.runtime.url);
        world.runtime.callItself(proxy.url);
        proxy.inject(fault);
        const found = await waits(engine());
        expect(found).toMatchObject({
          available: false,
          unavailableReason: 'The runtime of workflow "waits" does not answer',
        });
        await proxy.stop();
      },
    );
  });

  it('wait for a runtime that hangs no longer than all others can', async () => {
    const proxy = await FaultProxy.start(world.runtime.url);
    world.runtime.callItself(proxy.url);
    world.runtime.deploy({ id: 'quick', behaviour: 'waits' });
    const quick = world.dataIndex.definitions.at(-1)!;
    quick.serviceUrl = world.runtime.url.origin;
    proxy.inject('hang');
    const listed = await engine().listDefinitions(call);
    const available = listed.filter(one => one.available).map(({ id }) => id);
    expect(available).toEqual(['quick']);
    expect(listed).toHaveLength(5);
    await proxy.stop();
  });

  it('are not those of the Data Index where it does not answer', async () => {
    await world.dataIndex.stop();
    const error = await engine()
      .listDefinitions(call)
      .catch(reason => reason);
    expect(error.name).toBe('ServiceUnavailableError');
    expect(error.message).toContain('Data Index of engine "emea"');
    expect(error.message).not.toContain('127.0.0.1');
  });

  it('are not found by an id that is none', async () => {
    const some = engine();
    for (const id of ['', '..', 'a/b', "a' OR '1'='1", '\0', '💥']) {
      expect(await some.getDefinitionSource(id, call)).toBeUndefined();
    }
  });
});
