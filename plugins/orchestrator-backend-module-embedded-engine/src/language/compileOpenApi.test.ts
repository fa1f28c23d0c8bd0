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

import type { JsonObject } from '@backstage/types';
import {
  compile,
  faultsOf,
  type Surroundings,
  testEvaluator,
} from '../__testUtils__/compile';
import type { EmbeddedOpenApiAuth } from '../config/EngineConfig';
import type { JqWorker } from '../jq/JqWorker';

let evaluator: JqWorker;
beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());

/** A definition that calls one operation of a document. */
function calling(
  operation: string,
  args: JsonObject | undefined = {},
  more: JsonObject = {},
  declared: JsonObject = {},
): JsonObject {
  return {
    id: 'test',
    start: 'A',
    functions: [{ name: 'f', operation, ...declared }],
    ...more,
    states: [
      {
        name: 'A',
        type: 'operation',
        actions: [{ functionRef: { refName: 'f', arguments: args } }],
        end: true,
      },
    ],
  };
}

const withDocument = (
  document: JsonObject,
  more: Surroundings = {},
): Surroundings => ({
  files: {
    'specs/api.json': JSON.stringify({
      openapi: '3.0.3',
      servers: [{ url: 'http://api.test/v1/' }],
      ...document,
    }),
  },
  ...more,
});

async function callOf(definition: JsonObject, surroundings: Surroundings) {
  const compiled = await compile(evaluator, definition, surroundings);
  const state = compiled.definition.states.get('A');
  if (state?.type !== 'operation' || state.actions[0].call.kind !== 'openapi') {
    throw new Error('no call of OpenAPI');
  }
  return { ...compiled, call: state.actions[0].call };
}

describe('functions by OpenAPI', () => {
  it('know method, address, parameters and body', async () => {
    const { call, warnings } = await callOf(
      calling('specs/api.json#put', { id: '1' }),
      withDocument({
        paths: {
          '/things/{id}': {
            parameters: [
              { $ref: '#/components/parameters/Id' },
              { name: 'q', in: 'query' },
            ],
            put: {
              operationId: 'put',
              parameters: [
                {
                  name: 'q',
                  in: 'query',
                  required: true,
                  style: 'pipeDelimited',
                  explode: false,
                },
                { name: 'X-Trace', in: 'header' },
                { name: 'Authorization', in: 'header' },
                { name: 'seen', in: 'cookie' },
              ],
              requestBody: { $ref: '#/components/requestBodies/Thing' },
            },
          },
        },
        components: {
          parameters: { Id: { name: 'id', in: 'path' } },
          requestBodies: {
            Thing: {
              required: true,
              content: {
                'text/plain': {},
                'application/merge-patch+json': {
                  schema: { $ref: '#/components/schemas/Thing' },
                },
              },
            },
          },
          schemas: {
            Thing: {
              allOf: [
                { $ref: '#/components/schemas/Named' },
                { $ref: '#/components/schemas/Thing' },
              ],
              properties: { size: { type: 'integer' } },
            },
            Named: { properties: { name: { type: 'string' } } },
          },
        },
      }),
    );
    expect(call.operation).toEqual({
      operationId: 'put',
      method: 'PUT',
      url: 'http://api.test/v1/things/{id}',
      parameters: [
        {
          name: 'q',
          in: 'query',
          required: true,
          style: 'pipeDelimited',
          explode: false,
        },
        { name: 'X-Trace', in: 'header', required: false },
        { name: 'seen', in: 'cookie', required: false },
        { name: 'id', in: 'path', required: true },
      ],
      body: {
        mediaType: 'application/merge-patch+json',
        required: true,
        properties: ['size', 'name'],
      },
    });
    expect(warnings).toEqual([
      expect.stringContaining(
        'has no argument q, which the operation requires',
      ),
    ]);
  });

  it.each<[string, JsonObject, readonly string[] | undefined]>([
    ['it names', { properties: { a: {} } }, ['a']],
    [
      'it names and others',
      { properties: { a: {} }, additionalProperties: true },
      undefined,
    ],
    [
      'it names and others of a kind',
      { properties: { a: {} }, additionalProperties: { type: 'string' } },
      undefined,
    ],
    [
      'one of several schemas names',
      { oneOf: [{ properties: {} }] },
      undefined,
    ],
    ['nobody names', { type: 'object' }, undefined],
  ])('send the properties that %s', async (_name, schema, properties) => {
    const { call } = await callOf(
      calling('specs/api.json#post'),
      withDocument({
        paths: {
          '/x': {
            post: {
              operationId: 'post',
              requestBody: { content: { 'application/json': { schema } } },
            },
          },
        },
      }),
    );
    expect(call.operation.body?.properties).toEqual(properties);
  });

  it('read version 2 too', async () => {
    const { call } = await callOf(calling('old.yaml#send', { id: 1, a: 2 }), {
      files: {
        'old.yaml': `
swagger: '2.0'
host: api.test
basePath: /v2
schemes: [http]
paths:
  /x/{id}:
    post:
      operationId: send
      parameters:
        - { name: tags, in: query, type: array, collectionFormat: multi }
        - { name: body, in: body, required: true, schema: { $ref: '#/definitions/Body' } }
definitions:
  Body: { properties: { a: { type: string } } }
`,
      },
    });
    expect(call.operation).toEqual({
      operationId: 'send',
      method: 'POST',
      url: 'http://api.test/v2/x/{id}',
      parameters: [
        {
          name: 'tags',
          in: 'query',
          required: false,
          style: 'form',
          explode: true,
        },
        { name: 'id', in: 'path', required: true },
      ],
      body: {
        mediaType: 'application/json',
        required: true,
        properties: ['a'],
      },
    });
  });

  const paths = { '/x': { get: { operationId: 'get' } } };
  const urlOf = async (
    document: JsonObject,
    surroundings: Surroundings = {},
    reference: string = 'specs/api.json',
  ) => {
    const files = withDocument({ paths, ...document }).files!;
    const { call } = await callOf(calling(`${reference}#get`), {
      files: { [reference]: files['specs/api.json'] },
      ...surroundings,
    });
    return call.operation.url;
  };

  it('go where the configuration says, else the document', async () => {
    const openApi = (name: string) =>
      name === 'api'
        ? { baseUrl: 'http://document.test/', auth: new Map() }
        : undefined;
    const baseUrl = (name: string) =>
      name === 'f' ? 'http://function.test' : undefined;
    expect(await urlOf({}, { addresses: { openApi, baseUrl } })).toBe(
      'http://document.test/x',
    );
    expect(await urlOf({}, { addresses: { baseUrl } })).toBe(
      'http://function.test/x',
    );
    expect(
      await urlOf({
        servers: [
          {
            url: 'http://{place}.test/{base}',
            variables: { place: { default: 'api' }, base: { default: 'b' } },
          },
        ],
      }),
    ).toBe('http://api.test/b/x');
    expect(
      await urlOf(
        { servers: [{ url: '/v3' }] },
        {},
        'http://docs.test/a/api.json',
      ),
    ).toBe('http://docs.test/v3/x');
  });

  it.each(['classpath:', 'classpath:/', 'file:', 'file://'])(
    'are found beside the definition, also with %s before them',
    async prefix => {
      const { resources } = await callOf(
        calling(`${prefix}specs/api.json#get`),
        withDocument({ paths }),
      );
      expect(Object.keys(resources!)).toEqual(['specs/api.json']);
    },
  );

  it('are found by the names that an extension gives their documents', async () => {
    const { call, resources } = await callOf(
      calling(
        'things#get',
        {},
        {
          extensions: [
            { extensionid: 'workflow-output-schema', outputSchema: 'o.json' },
            {
              extensionid: 'workflow-uri-definitions',
              definitions: { things: 'classpath:/specs/api.json' },
            },
          ],
        },
      ),
      withDocument({ paths }),
    );
    expect(call.operation.operationId).toBe('get');
    expect(Object.keys(resources!)).toEqual(['specs/api.json']);
  });

  it.each<[string, string, JsonObject, RegExp]>([
    [
      'an operation that is missing',
      'specs/api.json#nope',
      { paths },
      /"specs\/api.json" has no operation "nope"; it has get$/,
    ],
    [
      'a document without operations',
      'specs/api.json#nope',
      {},
      /none with an operationId/,
    ],
    [
      'a document of another kind',
      'specs/api.json#get',
      { openapi: '4.0' },
      /is no OpenAPI document/,
    ],
    ['no operation', 'specs/api.json', {}, /<OpenAPI document>#<operationId>/],
    [
      'a reference to another document',
      'specs/api.json#get',
      {
        paths: {
          '/x': {
            get: {
              operationId: 'get',
              parameters: [{ $ref: 'other.json#/a' }],
            },
          },
        },
      },
      /refers to another document/,
    ],
    [
      'references in a circle',
      'specs/api.json#get',
      {
        paths: {
          '/x': {
            get: {
              operationId: 'get',
              parameters: [{ $ref: '#/components/parameters/A' }],
            },
          },
        },
        components: {
          parameters: {
            A: { $ref: '#/components/parameters/B' },
            B: { $ref: '#/components/parameters/A' },
          },
        },
      },
      /references that lead nowhere/,
    ],
    [
      'more parameters than any operation has',
      'specs/api.json#get',
      {
        paths: {
          [`/${Array.from({ length: 600 }, (_x, i) => `{p${i}}`).join('/')}`]: {
            get: { operationId: 'get' },
          },
        },
      },
      /more than 500 parameters/,
    ],
    [
      'a body that nobody can write',
      'specs/api.json#get',
      {
        paths: {
          '/x': {
            get: {
              operationId: 'get',
              requestBody: { content: { 'multipart/form-data': {} } },
            },
          },
        },
      },
      /multipart\/form-data, which is not supported/,
    ],
    [
      'a server that nobody knows',
      'specs/api.json#get',
      { paths, servers: [{ url: '/v1' }] },
      /openapi\.api\.baseUrl/,
    ],
    [
      'a server with a variable that has no value',
      'specs/api.json#get',
      { paths, servers: [{ url: 'http://{host}/v1' }] },
      /must not take its host from an argument|http or https/,
    ],
    [
      'a server with credentials',
      'specs/api.json#get',
      { paths, servers: [{ url: 'http://a:b@api.test' }] },
      /must not have credentials/,
    ],
  ])('are refused with %s', async (_name, operation, document, message) => {
    expect(
      await faultsOf(evaluator, calling(operation), withDocument(document)),
    ).toEqual([
      {
        path: '/functions/0/operation',
        message: expect.stringMatching(message),
      },
    ]);
  });

  it('are refused with a document that is too deep or too much', async () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const much = `a:\n${'  - b\n'.repeat(70_000)}`;
    for (const [text, message] of [
      [`{"openapi": "3.0.0", "x": ${deep}}`, /nests/],
      [much, /is too much/],
      ['{"openapi": ', /"big.yaml" line 1/],
    ] as const) {
      expect(
        await faultsOf(evaluator, calling('big.yaml#x'), {
          files: { 'big.yaml': text },
        }),
      ).toEqual([
        {
          path: '/functions/0/operation',
          message: expect.stringMatching(message),
        },
      ]);
    }
  });

  it('read each document and operation once, however many functions name it', async () => {
    const read = jest.fn(
      async () => withDocument({ paths }).files!['specs/api.json'],
    );
    const names = ['f', 'g', 'h'];
    const { definition } = await compile(
      evaluator,
      {
        id: 'test',
        start: 'A',
        functions: names.map(name => ({
          name,
          operation: 'specs/api.json#get',
        })),
        states: [
          {
            name: 'A',
            type: 'operation',
            actions: names.map(functionRef => ({ functionRef })),
            end: true,
          },
        ],
      },
      { readResource: read } as Surroundings,
    );
    expect(read).toHaveBeenCalledTimes(1);
    const state = definition.states.get('A');
    const operations = new Set(
      state?.type === 'operation'
        ? state.actions.map(
            ({ call }) => call.kind === 'openapi' && call.operation,
          )
        : [],
    );
    // The same object, not one for each: a document can make them large.
    expect(operations.size).toBe(1);
    expect([...operations][0]).toMatchObject({ operationId: 'get' });
  });

  it('are refused where they refer to too much', async () => {
    const text = `{"openapi": "3.0.0", "x": "${'y'.repeat(1_900_000)}"}`;
    const names = ['a', 'b', 'c', 'd'];
    expect(
      await faultsOf(
        evaluator,
        {
          ...calling('a.json#x'),
          functions: names.map(name => ({
            name,
            operation: `${name}.json#x`,
          })),
        },
        {
          files: Object.fromEntries(names.map(name => [`${name}.json`, text])),
        },
      ),
    ).toContainEqual({
      path: '/functions/3/operation',
      message: expect.stringContaining('no more than 6000000 characters'),
    });
  });

  it('do not list more faults and warnings than anybody reads', async () => {
    const { warnings } = await compile(
      evaluator,
      {
        ...calling('specs/api.json#get'),
        functions: Array.from({ length: 150 }, (_x, i) => ({
          name: i === 0 ? 'f' : `f${i}`,
          operation: 'specs/api.json#get',
        })),
      },
      withDocument({ paths, servers: [{ url: 'http://far.test' }] }),
    );
    expect(warnings).toHaveLength(101);
    expect(warnings[100]).toBe('and 50 more of this kind');
  });
});

describe('credentials of documents', () => {
  const securitySchemes: JsonObject = {
    bearer: { type: 'http', scheme: 'bearer' },
    basic: { type: 'http', scheme: 'basic' },
    key: { type: 'apiKey', in: 'query', name: 'api_key' },
    oauth: {
      type: 'oauth2',
      flows: {
        clientCredentials: { tokenUrl: '/token', scopes: { read: 'x' } },
      },
    },
    oidc: { type: 'openIdConnect', openIdConnectUrl: 'http://id.test' },
  };
  const read = (
    security: JsonObject[] | undefined,
    auth: { [scheme: string]: EmbeddedOpenApiAuth },
    root: JsonObject = {},
  ) =>
    callOf(
      calling('specs/api.json#get'),
      withDocument(
        {
          paths: {
            '/x': {
              get: { operationId: 'get', ...(security && { security }) },
            },
          },
          components: { securitySchemes },
          ...root,
        },
        {
          hasSecret: name => name !== 'hidden',
          addresses: {
            openApi: () => ({ auth: new Map(Object.entries(auth)) }),
          },
        },
      ),
    );
  const secret = (name: string) => ({
    kind: 'expression',
    expression: `$SECRET["${name}"]`,
    text: '',
  });

  it.each<[string, EmbeddedOpenApiAuth, JsonObject]>([
    ['bearer', { token: 't' }, { scheme: 'bearer', token: secret('t') }],
    [
      'basic',
      { username: 'u', password: 'p' },
      { scheme: 'basic', username: secret('u'), password: secret('p') },
    ],
    [
      'key',
      { apiKey: 'k' },
      {
        scheme: 'apiKey',
        in: 'query',
        parameter: 'api_key',
        value: secret('k'),
      },
    ],
    [
      'oauth',
      { clientId: 'i', clientSecret: 's' },
      {
        scheme: 'oauth2',
        tokenUrl: 'http://api.test/token',
        clientId: secret('i'),
        clientSecret: secret('s'),
        scopes: ['read'],
      },
    ],
    [
      'oidc',
      {
        clientId: 'i',
        clientSecret: 's',
        tokenUrl: 'http://id.test/t',
        scopes: ['all'],
      },
      { scheme: 'oauth2', tokenUrl: 'http://id.test/t', scopes: ['all'] },
    ],
    [
      'bearer',
      { provider: 'github' },
      { scheme: 'provider', provider: 'github', header: 'authorization' },
    ],
  ])('are those of the configuration: %s', async (scheme, auth, expected) => {
    const { call, definition, warnings } = await read(
      [{ [scheme]: scheme === 'oauth' ? ['read'] : [] }],
      { [scheme]: auth },
    );
    expect(call.auth).toMatchObject([{ name: scheme, ...expected }]);
    expect(warnings).toEqual([]);
    expect(definition.providers).toEqual(
      'provider' in auth ? [auth.provider] : [],
    );
  });

  it('are those of the first alternative that is there as a whole', async () => {
    const { call } = await read(
      [{}, { basic: [], key: [] }, { key: [], bearer: [] }],
      { key: { apiKey: 'k' }, bearer: { token: 't' } },
    );
    expect(call.auth.map(({ name }) => name)).toEqual(['key', 'bearer']);
  });

  it('are asked for by the document where the operation says nothing', async () => {
    const root = { security: [{ bearer: [] }] };
    const auth = { bearer: { token: 't' } };
    expect((await read(undefined, auth, root)).call.auth).toHaveLength(1);
    expect((await read([], auth, root)).call.auth).toEqual([]);
  });

  it.each<[string, JsonObject[], { [scheme: string]: EmbeddedOpenApiAuth }]>([
    ['are missing', [{ bearer: [] }, { key: [] }], {}],
    [
      'are not for this workflow',
      [{ bearer: [] }],
      { bearer: { token: 'hidden' } },
    ],
  ])('are warned of where they %s', async (_name, security, auth) => {
    const { call, warnings } = await read(security, auth);
    expect(call.auth).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /openapi\.api\.auth gives this workflow no secrets for bearer/,
      ),
    ]);
  });

  it('may be left out where the document says so', async () => {
    const { warnings } = await read([{ bearer: [] }, {}], {});
    expect(warnings).toEqual([]);
  });

  it.each<[string, EmbeddedOpenApiAuth]>([
    ['bearer', { username: 'u', password: 'p' }],
    ['basic', { token: 't' }],
    ['key', { token: 't' }],
    ['key', { provider: 'github' }],
    ['oidc', { clientId: 'i', clientSecret: 's' }],
  ])('must fit their scheme: %s with %j', async (scheme, auth) => {
    await expect(read([{ [scheme]: [] }], { [scheme]: auth })).rejects.toThrow(
      `openapi.api.auth.${scheme} has not what`,
    );
  });
});

describe('credentials of definitions', () => {
  const read = (auth: JsonObject, more: Surroundings = {}) =>
    callOf(
      calling(
        'specs/api.json#get',
        {},
        { auth: [{ name: 'own', ...auth }] },
        { authRef: 'own' },
      ),
      withDocument({ paths: { '/x': { get: { operationId: 'get' } } } }, more),
    );
  const token = { kind: 'expression', expression: '$SECRET.token' };

  it.each<[JsonObject, JsonObject]>([
    [
      {
        properties: { username: 'me', password: '${ $SECRET.token }' },
      },
      {
        scheme: 'basic',
        username: { kind: 'literal', value: 'me' },
        password: token,
      },
    ],
    [
      { scheme: 'bearer', properties: { token: '$SECRET.token' } },
      { scheme: 'bearer', token },
    ],
    [
      {
        scheme: 'bearer',
        properties: { metadata: { provider: 'github', header: 'X-Token' } },
      },
      { scheme: 'provider', provider: 'github', header: 'x-token' },
    ],
    [
      {
        scheme: 'oauth2',
        properties: {
          authority: 'http://id.test/token',
          grantType: 'clientCredentials',
          clientId: 'me',
          clientSecret: '$SECRET.token',
          scopes: ['a'],
          audiences: ['b'],
        },
      },
      {
        scheme: 'oauth2',
        tokenUrl: 'http://id.test/token',
        clientSecret: token,
        scopes: ['a'],
        audience: 'b',
      },
    ],
  ])('are read: %j', async (auth, expected) => {
    const { call, warnings } = await read(auth);
    expect(call.auth).toMatchObject([{ name: 'own', ...expected }]);
    expect(warnings).toEqual([]);
  });

  it('are for functions of custom:rest too', async () => {
    const { definition } = await compile(
      evaluator,
      calling(
        'rest:get:http://api.test/x',
        {},
        {
          auth: [
            {
              name: 'own',
              scheme: 'bearer',
              properties: { metadata: { provider: 'github' } },
            },
          ],
        },
        { type: 'custom', authRef: 'own' },
      ),
    );
    expect(definition.providers).toEqual(['github']);
    expect(definition.states.get('A')).toMatchObject({
      actions: [{ call: { kind: 'rest', auth: [{ provider: 'github' }] } }],
    });
  });

  it('are warned of where they stand in the definition', async () => {
    const { warnings } = await read({
      scheme: 'bearer',
      properties: { token: 'hunter2' },
    });
    expect(warnings).toEqual([
      expect.stringMatching(/auth\/0\/properties\/token: stands in the/),
    ]);
    expect(warnings.join()).not.toContain('hunter2');
  });

  it.each<[string, JsonObject, string, RegExp]>([
    [
      'another grant',
      { scheme: 'oauth2', properties: { grantType: 'password' } },
      '/auth/0/properties/grantType',
      /grant type password is not supported/,
    ],
    [
      'another scheme',
      { scheme: 'digest', properties: {} },
      '/auth/0/scheme',
      /scheme "digest" is not supported/,
    ],
    [
      'no password',
      { properties: { username: 'me' } },
      '/auth/0/properties',
      /must have a password/,
    ],
    [
      'a secret that is changed',
      {
        scheme: 'bearer',
        properties: { token: '${ $SECRET.token | ascii_upcase }' },
      },
      '/auth/0/properties/token',
      /\$SECRET is not supported in a pipe/,
    ],
    [
      'an authority that is no address',
      {
        scheme: 'oauth2',
        properties: {
          authority: 'x',
          clientId: 'a',
          clientSecret: '$SECRET.token',
        },
      },
      '/auth/0/properties/authority',
      /http or https address/,
    ],
    [
      'a header that is none',
      {
        scheme: 'bearer',
        properties: { metadata: { provider: 'g', header: 'a b' } },
      },
      '/auth/0/properties/metadata/header',
      /name of a header/,
    ],
  ])('are refused with %s', async (_name, auth, where, message) => {
    await expect(read(auth)).rejects.toMatchObject({
      faults: expect.arrayContaining([
        { path: where, message: expect.stringMatching(message) },
      ]),
    });
  });

  it('must be declared', async () => {
    expect(
      await faultsOf(
        evaluator,
        calling(
          'rest:get:http://api.test/x',
          {},
          {},
          {
            type: 'custom',
            authRef: 'nope',
          },
        ),
      ),
    ).toEqual([
      { path: '/functions/0/authRef', message: 'there is no auth "nope"' },
    ]);
  });
});
