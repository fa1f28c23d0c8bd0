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

import { ServiceUnavailableError } from '@backstage/errors';
import { mockServices } from '@backstage/backend-test-utils';
import { EngineAnswerError } from '@flowgate/backstage-plugin-orchestrator-node';
import type { FakeInstance } from '../__testUtils__/fakeRows';
import { FakeDataIndex } from '../__testUtils__/FakeDataIndex';
import { answer, TestServer } from '../__testUtils__/TestServer';
import { oneFor } from '../__testUtils__/oneFor';
import { HttpClient } from '../http/HttpClient';
import { DataIndex } from './DataIndex';
import { DataIndexClient } from './DataIndexClient';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function ask(url: URL, logger = mockServices.logger.mock()): DataIndex {
  const http = new HttpClient({
    upstream: 'Data Index "test"',
    timeoutMs: 20_000,
    maxBytes: 1_000_000,
    concurrency: 5,
  });
  closers.push(() => http.close());
  return new DataIndex(new DataIndexClient(oneFor(http), url), logger);
}

async function setUp() {
  const fake = await FakeDataIndex.start();
  closers.push(() => fake.stop());
  return { fake, dataIndex: ask(fake.url) };
}

/** A Data Index that always says the same. */
async function serve(status: number, text: string): Promise<DataIndex> {
  const server = new TestServer((_request, _body, response) =>
    answer(response, status, text),
  );
  await server.listen();
  closers.push(() => server.close());
  return ask(server.url);
}

function row(id: string, fields: Partial<FakeInstance> = {}): FakeInstance {
  return {
    id,
    processId: 'order',
    version: '1.0',
    state: 'ACTIVE',
    start: '2026-06-01T10:00:00.000Z',
    lastUpdate: '2026-06-01T10:00:00.000Z',
    endpoint: 'http://runtime/order',
    ...fields,
  };
}

describe('DataIndex', () => {
  it('answers an empty list without asking: the Data Index would tell of everything', async () => {
    const { fake, dataIndex } = await setUp();
    fake.put(row('a'));
    expect(await dataIndex.instances([], {}, {})).toEqual(new Map());
    expect(await dataIndex.existing([], {})).toEqual(new Map());
    expect(await dataIndex.byBusinessKeys([], {})).toEqual([]);
    expect(await dataIndex.children([], {})).toEqual([]);
    expect(await dataIndex.variables([], {})).toEqual(new Map());
    expect(await dataIndex.countByProcess([], {})).toEqual(new Map());
    // What cannot be an id is no filter that is left over, either.
    expect(await dataIndex.instances(['', 'a\0'], {}, {})).toEqual(new Map());
    expect(fake.asked).toBe(0);
  });

  it('reads no more of runs than it is asked for, in one question', async () => {
    const { fake, dataIndex } = await setUp();
    const node = {
      id: 'n',
      definitionId: 'd',
      nodeId: '1',
      name: 'First',
      type: 'ActionNode',
      enter: '2026-06-01T10:00:00.000Z',
    };
    fake.put(
      row('a', {
        variables: { workflowdata: { x: 1 } },
        nodes: [node],
        executionSummary: ['it began'],
        businessKey: 'key',
        parentProcessInstanceId: 'parent',
        error: { message: 'm', nodeDefinitionId: 'd', nodeInstanceId: 'n' },
        serviceUrl: 'http://runtime',
      }),
    );
    fake.put(row('b', { end: '2026-06-01T10:00:01Z', state: 'COMPLETED' }));
    const bare = await dataIndex.instances(['a', 'b', 'c', 'a'], {}, {});
    expect([...bare.keys()].sort()).toEqual(['a', 'b']);
    expect(bare.get('a')).toEqual({
      id: 'a',
      processId: 'order',
      version: '1.0',
      state: 'ACTIVE',
      start: '2026-06-01T10:00:00.000Z',
      lastUpdate: '2026-06-01T10:00:00.000Z',
      businessKey: 'key',
      parentId: 'parent',
      nodes: [],
      error: { message: 'm', nodeDefinitionId: 'd', nodeInstanceId: 'n' },
      serviceUrl: 'http://runtime',
    });
    expect(bare.get('b')?.end).toBe('2026-06-01T10:00:01.000Z');
    expect(await dataIndex.instance('a', {})).toMatchObject({
      variables: { workflowdata: { x: 1 } },
      nodes: [{ id: 'n', name: 'First' }],
      executionSummary: ['it began'],
    });
    expect(fake.asked).toBe(2);
  });

  it('asks for many ids in questions of 200', async () => {
    const { fake, dataIndex } = await setUp();
    const ids = Array.from({ length: 401 }, (_none, at) => `run-${at}`);
    ids.forEach(id => fake.put(row(id)));
    expect((await dataIndex.existing(ids, {})).size).toBe(401);
    expect(fake.queries.get('Changed')).toBe(3);
  });

  it('puts nothing that it is given into the text of a question', async () => {
    const { fake, dataIndex } = await setUp();
    const hostile = '"}}) { id } #*%_\\\n\u2028🙂{$x}';
    fake.put(row(hostile, { processId: hostile, businessKey: hostile }));
    fake.definitions.push({ id: hostile, version: hostile, source: 'text' });
    expect((await dataIndex.instance(hostile, {}))?.id).toBe(hostile);
    expect(await dataIndex.byBusinessKeys([hostile], {})).toHaveLength(1);
    expect(await dataIndex.countByProcess([hostile], {})).toEqual(
      new Map([[hostile, 1]]),
    );
    expect(await dataIndex.definitionSource(hostile, hostile, {})).toBe('text');
  });

  it('finds runs by business key and by parent, all that there are', async () => {
    const { fake, dataIndex } = await setUp();
    fake.put(row('a', { businessKey: 'k1' }));
    fake.put(row('b', { businessKey: 'k1' }));
    fake.put(row('c', { businessKey: 'k_' }));
    for (let at = 0; at < 120; at++) {
      fake.put(row(`child-${at}`, { parentProcessInstanceId: 'a' }));
    }
    const found = await dataIndex.byBusinessKeys(['k1', 'k2'], {});
    expect(found.map(({ id }) => id).sort()).toEqual(['a', 'b']);
    expect(await dataIndex.children(['a'], {})).toHaveLength(120);
  });

  it('counts 20 workflows with one request', async () => {
    const { fake, dataIndex } = await setUp();
    const ids = Array.from({ length: 21 }, (_none, at) => `process-${at}`);
    fake.put(row('a', { processId: 'process-3' }));
    fake.put(row('b', { processId: 'process-20' }));
    fake.put(row('c', { processId: 'process-20' }));
    const counts = await dataIndex.countByProcess(ids, {});
    expect(counts.size).toBe(21);
    expect(counts.get('process-0')).toBe(0);
    expect(counts.get('process-3')).toBe(1);
    expect(counts.get('process-20')).toBe(2);
    expect(fake.asked).toBe(2);
    expect(await dataIndex.countAll({})).toBe(3);
  });

  it('knows all versions of a workflow but those out of service, and the source of the highest', async () => {
    const { fake, dataIndex } = await setUp();
    fake.definitions.push(
      { id: 'order', version: '1.9', source: 'nine', annotations: ['a'] },
      { id: 'order', version: '1.10', source: 'ten' },
      { id: 'gone', version: '1', metadata: { status: 'unavailable' } },
    );
    const rows = await dataIndex.definitions({});
    expect(rows).toEqual([
      { id: 'order', version: '1.9', annotations: ['a'] },
      { id: 'order', version: '1.10', annotations: [] },
    ]);
    expect(await dataIndex.definitionSource('order', undefined, {})).toBe(
      'ten',
    );
    expect(await dataIndex.definitionSource('order', '1.9', {})).toBe('nine');
    expect(await dataIndex.definitionSource('none', undefined, {})).toBe(
      undefined,
    );
  });

  it('does not tell what the Data Index says about an error', async () => {
    const { fake, dataIndex } = await setUp();
    fake.error = 'could not execute [select secret from processes]';
    const error = await dataIndex.countAll({}).catch(thrown => thrown);
    expect(error).toBeInstanceOf(EngineAnswerError);
    expect(error.message).toBe(
      'Data Index "test" did not answer what it was asked',
    );
  });

  it.each([
    ['status 500', 500, '{}', EngineAnswerError],
    ['status 404', 404, 'secret', EngineAnswerError],
    ['status 503', 503, 'secret', ServiceUnavailableError],
    ['no object', 200, '[]', EngineAnswerError],
    ['no data', 200, '{}', EngineAnswerError],
    ['data without rows', 200, '{"data":{}}', EngineAnswerError],
    [
      'rows that are none',
      200,
      '{"data":{"ProcessInstances":{}}}',
      EngineAnswerError,
    ],
    ['HTML', 200, '<html>secret</html>', EngineAnswerError],
  ])('refuses %s', async (_name, status, text, type) => {
    const dataIndex = await serve(status, text);
    const error = await dataIndex.existing(['a'], {}).catch(thrown => thrown);
    expect(error).toBeInstanceOf(type);
    expect(error.message).not.toContain('secret');
  });

  it('passes over rows that cannot be, and says so once', async () => {
    const good = row('good');
    const rows = [
      null,
      7,
      {},
      { ...good, id: 1 },
      { ...good, id: 'no-state', state: 'FLYING' },
      { ...good, id: 'no-time', lastUpdate: 'yesterday' },
      { ...good, id: 'far', lastUpdate: '+275000-01-01T00:00:00.000Z' },
      { ...good, variables: '{"workflowdata":{"x":1}}', nodes: [null, 1, {}] },
      { ...good, id: 'not-asked-for' },
    ];
    const server = new TestServer((_request, _body, response) =>
      answer(
        response,
        200,
        JSON.stringify({ data: { ProcessInstances: rows } }),
      ),
    );
    await server.listen();
    closers.push(() => server.close());
    const logger = mockServices.logger.mock();
    const dataIndex = ask(server.url, logger);
    const ids = ['good', 'no-state', 'no-time', 'far'];
    const found = await dataIndex.instances(ids, {}, {});
    expect([...found.keys()]).toEqual(['good']);
    expect(found.get('good')).toMatchObject({
      variables: { workflowdata: { x: 1 } },
      nodes: [],
    });
    await dataIndex.instances(ids, {}, {});
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('uses the rows of an answer of which others lack what each row must have', async () => {
    const { fake, dataIndex } = await setUp();
    fake.put(row('good'));
    fake.put(row('bad', { lastUpdate: null }));
    fake.put(row('node', { nodes: [{ id: 'n' }] }));
    const ids = ['good', 'bad', 'node'];
    const found = await dataIndex.instances(ids, { nodes: true }, {});
    expect([...found.keys()].sort()).toEqual(['good', 'node']);
    expect(found.get('node')?.nodes).toEqual([]);
    expect(await dataIndex.newest({})).toBe('2026-06-01T10:00:00.000Z');
  });

  it('finds runs of which it is not known where they are', async () => {
    const { fake, dataIndex } = await setUp();
    fake.put(row('a', { endpoint: null }));
    expect(await dataIndex.instance('a', {})).toMatchObject({ id: 'a' });
    expect([...(await dataIndex.existing(['a'], {})).keys()]).toEqual(['a']);
  });

  it.each([
    ['another error', { classification: 'DataFetchingException' }, ['a', 0]],
    ['all rows', { classification: 'NullValueInNonNullableField' }, ['a']],
    ['nothing', undefined, undefined],
  ])('does not use an answer with an error of %s', async (...given) => {
    const [, extensions, path] = given;
    const dataIndex = await serve(
      200,
      JSON.stringify({
        errors: [{ message: 'secret', path, extensions }],
        data: { ProcessInstances: [] },
      }),
    );
    const error = await dataIndex.newest({}).catch(thrown => thrown);
    expect(error).toBeInstanceOf(EngineAnswerError);
    expect(error.message).not.toContain('secret');
  });

  it('asks again where a gateway says that the Data Index is away', async () => {
    let tries = 0;
    const server = new TestServer((_request, _body, response) => {
      tries += 1;
      if (tries < 3) answer(response, 503, 'away');
      else answer(response, 200, '{"data":{"ProcessDefinitions":[]}}');
    });
    await server.listen();
    closers.push(() => server.close());
    await ask(server.url).ping({});
    expect(tries).toBe(3);
  });

  it('keeps the path of its address', async () => {
    const paths: (string | undefined)[] = [];
    const server = new TestServer((request, _body, response) => {
      paths.push(request.url);
      answer(response, 200, '{"data":{"ProcessDefinitions":[]}}');
    });
    await server.listen();
    closers.push(() => server.close());
    await ask(new URL('/data-index/', server.url)).ping({});
    await ask(new URL('/data-index', server.url)).ping({});
    expect(paths).toEqual(['/data-index/graphql', '/data-index/graphql']);
  });
});
