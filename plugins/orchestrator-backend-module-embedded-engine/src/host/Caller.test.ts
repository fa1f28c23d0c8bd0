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
import { compile, testEvaluator } from '../__testUtils__/compile';
import type { Effect, Outcome } from '../interpreter/RunState';
import type { JqWorker } from '../jq/JqWorker';
import type { RestCall, RestClient } from '../rest/RestClient';
import type { GivenToken } from '../tokens/TokenVault';
import { Caller } from './Caller';

const SECRET = 'hunter2-and-more';
const GIVEN = 'given-by-who-started-it';

let evaluator: JqWorker;
beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());

const DOCUMENT = JSON.stringify({
  openapi: '3.0.3',
  servers: [{ url: 'http://api.test' }],
  paths: {
    '/x/{id}': {
      get: {
        operationId: 'getX',
        parameters: [{ name: 'id', in: 'path', required: true }],
      },
    },
  },
});

interface Setting {
  readonly args?: JsonObject | string;
  readonly data?: JsonObject;
  readonly operation?: string;
  readonly type?: string;
  /** What the function's auth is declared as. */
  readonly auth?: JsonObject;
  readonly action?: JsonObject;
  readonly effect?: Partial<Effect>;
  readonly tokens?: ReadonlyMap<string, GivenToken>;
  readonly answer?: (call: RestCall) => Outcome;
}

/** Makes one call with a client that answers as told; what it came to, and what the client was asked. */
async function callWith({
  action,
  answer = () => ({ value: null }),
  args,
  auth,
  data = {},
  effect,
  operation = 'rest:get:http://api.test/x',
  tokens = new Map(),
  type = 'custom',
}: Setting) {
  const { definition } = await compile(
    evaluator,
    {
      id: 'w',
      start: 'A',
      ...(auth === undefined ? {} : { auth: [{ name: 'mine', ...auth }] }),
      functions: [
        {
          name: 'get',
          type,
          operation,
          ...(auth === undefined ? {} : { authRef: 'mine' }),
        },
      ],
      states: [
        {
          name: 'A',
          type: 'operation',
          actions: [
            {
              functionRef: {
                refName: 'get',
                ...(args === undefined ? {} : { arguments: args }),
              },
              ...action,
            },
          ],
          end: true,
        },
      ],
    },
    { files: { 'api.json': DOCUMENT }, hasSecret: () => true },
  );
  const calls: RestCall[] = [];
  const client = {
    call: async (call: RestCall) => {
      calls.push(call);
      return answer(call);
    },
  } as unknown as RestClient;
  const reads: string[] = [];
  const caller = new Caller({
    evaluator,
    client,
    secrets: new Map([
      ['token', { value: SECRET, workflows: ['w'] }],
      ['other', { value: 'of-another-workflow', workflows: ['v'] }],
    ]),
    tokens: {
      read: async (runId, rootId) => {
        reads.push(runId, rootId);
        return tokens;
      },
    },
  });
  const outcome = await caller.call({
    runId: 'run',
    rootId: 'root',
    definition,
    input: { in: 'put' },
    effect: {
      key: '1.0',
      state: 'A',
      place: { group: 0, action: 0 },
      data,
      variables: {},
      ...effect,
    },
    signal: new AbortController().signal,
  });
  return { outcome, calls, reads };
}

describe('Caller', () => {
  it('hides secrets, and texts made with them, and gives the client no others', async () => {
    const { calls } = await callWith({
      args: { a: '"Bearer \\($SECRET.token)"' },
    });
    expect(calls[0]).toMatchObject({
      workflowId: 'w',
      functionName: 'get',
      arguments: { a: `Bearer ${SECRET}` },
      auth: [],
      hidden: { secrets: [SECRET], derived: [`Bearer ${SECRET}`] },
      idempotencyKey: 'run.1.0',
    });
  });

  it('searches answers for no more texts than a call can be meant to pass on', async () => {
    const data = { list: Array.from({ length: 51 }, (_x, i) => i) };
    const args = { a: '"\\($SECRET.token) \\(.list[])"' };
    const { calls, outcome } = await callWith({ args, data });
    expect(calls).toEqual([]);
    expect(outcome).toEqual({
      failure: {
        kind: 'limit',
        message:
          'Function get: it passes on more than 50 texts that secrets went into',
      },
    });
    data.list.pop();
    expect((await callWith({ args, data })).calls).toHaveLength(1);
  });

  it('takes them out of failures of expressions too', async () => {
    const { calls, outcome } = await callWith({
      args: { a: '$SECRET.token' },
      action: { actionDataFilter: { fromStateData: '.a | error' } },
      data: { a: `x ${SECRET}` },
    });
    expect(calls).toEqual([]);
    expect(outcome).toMatchObject({ failure: { kind: 'expression' } });
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });

  it('tells the client which names stand in the definition', async () => {
    const data = { a: 'c' };
    const plain = await callWith({ args: { HEADER_X: '.a', b: 1 }, data });
    expect(plain.calls).toEqual([
      expect.objectContaining({
        arguments: { HEADER_X: 'c', b: 1 },
        target: expect.objectContaining({
          argumentNames: new Set(['HEADER_X', 'b']),
        }),
      }),
    ]);
    const made = await callWith({ args: '{ (.a): 1 }', data });
    expect(made.calls).toEqual([
      expect.objectContaining({
        arguments: { c: 1 },
        target: expect.objectContaining({ argumentNames: new Set() }),
      }),
    ]);
  });

  it('calls operations of OpenAPI', async () => {
    const { calls } = await callWith({
      type: 'rest',
      operation: 'api.json#getX',
      args: { id: '.a' },
      data: { a: 7 },
    });
    expect(calls[0]).toMatchObject({
      arguments: { id: 7 },
      target: {
        kind: 'openapi',
        operation: { method: 'GET', url: 'http://api.test/x/{id}' },
      },
    });
  });

  it('fills arguments with the item, the result before, and what the call sees of the data', async () => {
    const { calls } = await callWith({
      args: { a: '$item', b: '$WORKFLOW.prevActionResult', c: '.y' },
      action: { actionDataFilter: { fromStateData: '.x' } },
      data: { x: { y: 1 } },
      effect: { variables: { item: [2] }, previous: { p: 3 } },
    });
    expect(calls[0].arguments).toEqual({ a: [2], b: { p: 3 }, c: 1 });
  });

  it('takes no variable of an iteration for one of its own', async () => {
    const { calls } = await callWith({
      args: { a: '$SECRET.token', b: '$WORKFLOW.instanceId' },
      effect: {
        variables: { SECRET: { token: 'x' }, WORKFLOW: { instanceId: 'y' } },
      },
    });
    expect(calls[0].arguments).toEqual({ a: SECRET, b: 'run' });
  });

  it.each<[JsonObject, object]>([
    [
      { scheme: 'bearer', properties: { token: '$SECRET.token' } },
      { scheme: 'bearer', name: 'mine', token: SECRET },
    ],
    [
      {
        scheme: 'basic',
        properties: { username: 'ann', password: '${ $SECRET.token }' },
      },
      { scheme: 'basic', username: 'ann', password: SECRET },
    ],
    [
      {
        scheme: 'oauth2',
        properties: {
          authority: 'http://api.test/token',
          grantType: 'clientCredentials',
          clientId: 'client',
          clientSecret: '$SECRET.token',
        },
      },
      { scheme: 'oauth2', clientId: 'client', clientSecret: SECRET },
    ],
  ])('gives the client the secrets of %p', async (auth, resolved) => {
    const { calls } = await callWith({ auth });
    expect(calls[0].auth).toEqual([expect.objectContaining(resolved)]);
    expect(calls[0].hidden.secrets).toContain(SECRET);
    expect(calls[0].arguments).toBeUndefined();
  });

  it.each(['other', 'absent'])(
    'has no secret %s for a workflow that it does not list',
    async name => {
      for (const place of [
        {
          auth: { scheme: 'bearer', properties: { token: `$SECRET.${name}` } },
        },
        { args: { a: `$SECRET.${name}` } },
      ]) {
        const { calls, outcome } = await callWith(place);
        expect(calls).toEqual([]);
        expect(outcome).toEqual({
          failure: {
            kind: 'secret',
            message: `This workflow has no secret named "${name}"`,
          },
        });
      }
    },
  );

  it('fails by the name of an auth that comes to nothing', async () => {
    const { calls, outcome } = await callWith({
      auth: { scheme: 'bearer', properties: { token: '${ .absent }' } },
    });
    expect(calls).toEqual([]);
    expect(outcome).toEqual({
      failure: {
        kind: 'secret',
        message: 'Function get: its auth mine has no token',
      },
    });
  });

  describe('with tokens that were given along', () => {
    const auth = {
      scheme: 'bearer',
      properties: { metadata: { provider: 'github' } },
    };

    it('sends that of the provider, which the run or the first of its ancestors was given', async () => {
      const { calls, reads } = await callWith({
        auth,
        tokens: new Map([['github', { token: GIVEN }]]),
      });
      expect(reads).toEqual(['run', 'root']);
      expect(calls[0].auth).toEqual([
        {
          scheme: 'provider',
          name: 'mine',
          header: 'authorization',
          token: GIVEN,
        },
      ]);
      expect(calls[0].hidden.secrets).toContain(GIVEN);
    });

    it('does not look for tokens that the definition never uses', async () => {
      expect((await callWith({})).reads).toEqual([]);
    });

    it.each<[string, GivenToken | undefined, RegExp]>([
      [
        'was never given',
        undefined,
        /^Function get: needs the token of provider github, which whoever starts or retriggers the run has to give along$/,
      ],
      [
        'was lost with a restart',
        { lost: 'memory' },
        /needs the token of provider github,.* was lost with the memory of the process that had it, since .*secretKey is not set$/,
      ],
      [
        'was encrypted with another key',
        { lost: 'key' },
        /needs the token of provider github,.* cannot be read any more, since .*secretKey is another one now, or none$/,
      ],
    ])('fails by name where it %s', async (_name, given, message) => {
      const { calls, outcome } = await callWith({
        auth,
        tokens: new Map(given && [['github', given]]),
      });
      expect(calls).toEqual([]);
      expect(outcome).toEqual({
        failure: { kind: 'secret', message: expect.stringMatching(message) },
      });
    });
  });
});
