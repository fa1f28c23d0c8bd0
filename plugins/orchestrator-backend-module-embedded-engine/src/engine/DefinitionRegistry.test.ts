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
import type { Knex } from 'knex';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { call, testDatabases } from '../__testUtils__/engines';
import { testEvaluator } from '../__testUtils__/compile';
import {
  DEFAULT_LIMITS,
  type EmbeddedEngineConfig,
} from '../config/EngineConfig';
import { type Clock, systemClock } from '../host/clock';
import type { JqWorker } from '../jq/JqWorker';
import { Egress } from '../rest/Egress';
import type { DocumentReader } from '../rest/readDocument';
import { prepareDatabase } from '../store/database';
import { DefinitionStore } from '../store/DefinitionStore';
import { DefinitionCompiler } from './DefinitionCompiler';
import { DefinitionRegistry } from './DefinitionRegistry';
import { RegisteredDefinitions } from './RegisteredDefinitions';

jest.setTimeout(60_000);

const databases = testDatabases();
let evaluator: JqWorker;
let folder: string;

beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'registry-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noDocuments: DocumentReader = async () => {
  throw new Error('it was answered with status 404');
};

/** What one process has of definitions. */
async function process(
  knex: Knex,
  more: Partial<EmbeddedEngineConfig> = {},
  readDocument: DocumentReader = noDocuments,
  clock: Clock = systemClock,
) {
  await prepareDatabase(knex, {
    skipMigrations: false,
    synchronous: 'normal',
  });
  const config: EmbeddedEngineConfig = {
    enabled: true,
    definitions: [{ folder }],
    egress: ['http://api.test'],
    functions: new Map(),
    openapi: new Map(),
    secrets: new Map(),
    events: { crossWorkspace: [] },
    synchronous: 'normal',
    limits: DEFAULT_LIMITS,
    ...more,
  };
  const logger = mockServices.logger.mock();
  const store = new DefinitionStore(knex);
  const registry = new DefinitionRegistry({
    store,
    compiler: new DefinitionCompiler(
      config,
      evaluator,
      Egress.create(config.egress),
      readDocument,
    ),
    config,
    logger,
    clock,
  });
  return {
    registry,
    logger,
    definitions: new RegisteredDefinitions(registry, store, logger),
  };
}

const json = (definition: JsonObject) => ({
  source: JSON.stringify(definition),
  format: 'json' as const,
});

/** A definition with one function, which it calls. */
const calling = (
  id: string,
  operation: string,
  more: JsonObject = {},
): JsonObject => ({
  id,
  start: 'A',
  functions: [{ name: 'f', operation }],
  states: [
    {
      name: 'A',
      type: 'operation',
      actions: [{ functionRef: 'f' }],
      end: true,
    },
  ],
  ...more,
});

/** A definition that starts another one. */
const starting = (
  id: string,
  subFlowRef: string | JsonObject,
  more: JsonObject = {},
): JsonObject => ({
  id,
  start: 'A',
  states: [
    { name: 'A', type: 'operation', actions: [{ subFlowRef }], end: true },
  ],
  ...more,
});

const leaf = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  version: '1.0',
  start: 'A',
  states: [{ name: 'A', type: 'inject', data: {}, end: true }],
  ...more,
});

const document = (route: string) =>
  JSON.stringify({
    openapi: '3.0.0',
    servers: [{ url: 'http://api.test' }],
    paths: { [route]: { get: { operationId: 'get' } } },
  });

const put = (name: string, content: JsonObject | string) =>
  writeFile(
    path.join(folder, name),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

describe.each(databases.eachSupportedId())('definitions on %p', databaseId => {
  it('are read with all files that they refer to', async () => {
    await mkdir(path.join(folder, 'parts'));
    await put('parts/functions.json', [
      { name: 'f', operation: 'parts/api.json#get', authRef: 'own' },
    ] as unknown as JsonObject);
    await put('parts/api.json', document('/x'));
    await put(
      'parts/auth.yaml',
      'auth: [{ name: own, scheme: bearer, properties: { metadata: { provider: github } } }]',
    );
    await put(
      'parts/errors.yaml',
      'errors:\n  - { name: gone, code: 404 }\nmore: {}',
    );
    await put('parts/retries.yaml', '- { name: often, maxAttempts: 5 }');
    await put('parts/events.yaml', '- { name: e, type: t }');
    await put('parts/constants.json', { greeting: 'hi' });
    await put('parts/timeouts.yaml', 'timeouts: { actionExecTimeout: PT1S }');
    await put('parts/secrets.yaml', '[token]');
    await put('parts/input.json', { type: 'object', required: ['a'] });
    await put(
      'w.sw.json',
      calling('w', '', {
        functions: 'parts/functions.json',
        auth: 'parts/auth.yaml',
        errors: 'parts/errors.yaml',
        retries: 'parts/retries.yaml',
        events: 'parts/events.yaml',
        constants: 'parts/constants.json',
        timeouts: 'parts/timeouts.yaml',
        secrets: 'parts/secrets.yaml',
        dataInputSchema: 'parts/input.json',
        states: [
          {
            name: 'A',
            type: 'operation',
            actions: [{ functionRef: 'f', retryRef: 'often' }],
            onErrors: [{ errorRef: 'gone', transition: 'B' }],
            transition: 'B',
          },
          {
            name: 'B',
            type: 'event',
            onEvents: [{ eventRefs: ['e'] }],
            end: true,
          },
        ],
      }),
    );
    const { registry } = await process(await databases.init(databaseId), {
      secrets: new Map([
        ['token', { value: 'hunter2-token', workflows: ['w'] }],
      ]),
    });
    const entry = await registry.find('w');
    expect(entry?.reason).toBeUndefined();
    expect(entry?.compiled?.definition).toMatchObject({
      constants: { greeting: 'hi' },
      inputSchema: { required: ['a'] },
      providers: ['github'],
    });
    expect(entry?.compiled?.definition.states.get('A')).toMatchObject({
      actions: [{ timeout: 1_000, retry: { maxAttempts: 5 } }],
      handlers: [{ codes: ['404'] }],
    });
    expect(Object.keys(entry!.source.resources!)).toHaveLength(10);
  });

  it('keep for their runs what was in the files when they were loaded', async () => {
    const knex = await databases.init(databaseId);
    await put('api.json', document('/first'));
    await put('w.sw.json', calling('w', 'api.json#get'));
    const first = await (await process(knex)).registry;
    const before = (await first.find('w'))!;
    await first.keep(before);

    await put('api.json', document('/second'));
    const second = (await process(knex)).registry;
    const after = (await second.find('w'))!;
    expect(after.hash).not.toBe(before.hash);
    await rm(folder, { recursive: true });

    const third = (await process(knex)).registry;
    const { states } = await third.byHash(before.hash);
    expect(states.get('A')).toMatchObject({
      actions: [{ call: { operation: { url: 'http://api.test/first' } } }],
    });
  });

  it.each<[string, string, RegExp]>([
    ['is missing', 'no.json', /"no.json": the file is missing/],
    ['is a folder', 'inner', /"inner": is no file/],
    ['is no JSON', 'broken.json', /"broken.json" line 1/],
    ['is too large', 'large.json', /larger than 2097152 bytes/],
    ['lies above', '../outside.json', /in the folder|is missing/],
    ['is linked from above', 'link.json', /in the folder/],
    ['has a whole path', '/etc/passwd', /in the folder/],
    ['is named by an address of a file', 'file:///etc/passwd', /in the folder/],
  ])('are refused where a file %s', async (_name, reference, message) => {
    await mkdir(path.join(folder, 'inner'));
    await put('broken.json', '{"a": ');
    await put('large.json', `{"a": "${'x'.repeat(2_200_000)}"}`);
    const outside = await mkdtemp(path.join(tmpdir(), 'outside-'));
    await writeFile(path.join(outside, 'a.json'), '{}');
    await symlink(path.join(outside, 'a.json'), path.join(folder, 'link.json'));
    await put('w.sw.json', leaf('w', { constants: reference }));
    try {
      const { registry } = await process(await databases.init(databaseId));
      expect((await registry.find('w'))?.reason).toMatch(message);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('come over HTTP without files, and keep documents of addresses', async () => {
    const knex = await databases.init(databaseId);
    const read = jest.fn(async () => document('/first'));
    const { definitions, registry } = await process(knex, {}, read);
    await expect(
      definitions.create(json(calling('w', 'api.json#get')), call),
    ).rejects.toThrow(/"api.json": a registered definition has no files/);

    const url = 'http://api.test/openapi.json';
    await definitions.create(json(calling('w', `${url}#get`)), call);
    expect(read.mock.calls).toEqual([[url, DEFAULT_LIMITS.openapiBytes]]);
    const { hash } = (await registry.find('w'))!;

    // Another process, when the address is gone.
    const other = await process(knex);
    const entry = await other.registry.find('w');
    expect(entry?.hash).toBe(hash);
    expect(entry?.compiled?.definition.states.get('A')).toMatchObject({
      actions: [{ call: { operation: { url: 'http://api.test/first' } } }],
    });
    await expect(other.registry.byHash(hash)).resolves.toMatchObject({
      id: 'w',
    });
    await expect(
      other.definitions.replace('w', json(calling('w', `${url}#get`)), call),
    ).rejects.toThrow(
      '"http://api.test/openapi.json": it was answered with status 404',
    );
  });

  it('of folders come right when their addresses answer again', async () => {
    await put('w.sw.json', calling('w', 'http://api.test/openapi.json#get'));
    await put('broken.sw.json', calling('broken', 'no.json#get'));
    let now = Date.now();
    const read = jest.fn(noDocuments);
    const { logger, registry } = await process(
      await databases.init(databaseId),
      {},
      read,
      { ...systemClock, now: () => now },
    );
    const find = async (id: string) => (await registry.find(id))!;
    expect((await find('w')).reason).toMatch(/answered with status 404/);
    read.mockImplementation(async () => document('/x'));
    now += 59_999;
    await registry.list();
    expect(read).toHaveBeenCalledTimes(1);
    now += 1;
    // Nobody waits for it.
    expect((await find('w')).compiled).toBeUndefined();
    while ((await find('w')).compiled === undefined) {
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
    expect(read).toHaveBeenCalledTimes(2);
    expect(logger.info).toHaveBeenCalledWith(
      expect.stringMatching(/w\.sw\.json can run now/),
    );
    now += 60_000;
    await registry.list();
    expect(read).toHaveBeenCalledTimes(2);
    expect((await find('broken')).reason).toMatch(/the file is missing/);
  });

  it('start only workflows that are there', async () => {
    await put('parent.sw.json', starting('parent', 'child'));
    await put('child.sw.json', starting('child', 'parent'));
    await put('lost.sw.json', starting('lost', 'nowhere'));
    await put(
      'newer.sw.json',
      starting('newer', { workflowId: 'newer', version: '2.0' }),
    );
    const { definitions, logger, registry } = await process(
      await databases.init(databaseId),
    );
    const reasons = Object.fromEntries(
      (await registry.list()).map(({ id, reason }) => [id, reason]),
    );
    expect(reasons).toEqual({
      parent: undefined,
      child: undefined,
      lost: '/states/A/actions/0/subFlowRef: there is no workflow nowhere',
      newer: undefined,
    });
    expect(logger.warn.mock.calls.flat()).toEqual([
      expect.stringMatching(
        /newer\.sw\.json: .* has version 1\.0, not 2\.0; the call will fail/,
      ),
    ]);

    await expect(
      definitions.create(json(starting('a', 'b')), call),
    ).rejects.toThrow('there is no workflow b');
    await definitions.create(json(leaf('b')), call);
    await definitions.create(json(starting('a', 'b')), call);
    await definitions.create(json(starting('c', 'parent')), call);
    await definitions.create(json(starting('self', 'self')), call);
  });

  it('start workflows of another workspace only where the configuration says so', async () => {
    const knex = await databases.init(databaseId);
    const inside = { metadata: { workspace: 'payments' } };
    await put('pay.sw.json', leaf('pay', inside));
    await put('shop.sw.json', starting('shop', 'pay'));
    const fenced = await process(knex);
    expect((await fenced.registry.find('shop'))?.reason).toMatch(
      /there is no workflow pay$/,
    );
    await expect(
      fenced.definitions.create(json(starting('a', 'pay')), call),
    ).rejects.toThrow('there is no workflow pay');

    const open = await process(knex, {
      events: { crossWorkspace: [{ from: 'default', to: 'payments' }] },
    });
    expect((await open.registry.find('shop'))?.reason).toBeUndefined();
    await open.definitions.create(json(starting('a', 'pay')), call);
  });
});
