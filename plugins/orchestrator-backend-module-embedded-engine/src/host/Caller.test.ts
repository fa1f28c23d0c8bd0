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
import type { Outcome } from '../interpreter/RunState';
import type { JqWorker } from '../jq/JqWorker';
import type { RestCall, RestClient } from '../rest/RestClient';
import { Caller } from './Caller';

const SECRET = 'hunter2-and-more';

let evaluator: JqWorker;
beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());

/** Makes one call with a client that answers as told; what it came to, and what the client was asked. */
async function callWith(
  args: JsonObject | string,
  answer: (call: RestCall) => Outcome,
  data: JsonObject = {},
) {
  const { definition } = await compile(evaluator, {
    id: 'w',
    start: 'A',
    functions: [
      { name: 'get', type: 'custom', operation: 'rest:get:http://api.test/x' },
    ],
    states: [
      {
        name: 'A',
        type: 'operation',
        actions: [{ functionRef: { refName: 'get', arguments: args } }],
        end: true,
      },
    ],
  });
  const calls: RestCall[] = [];
  const client = {
    call: async (call: RestCall) => {
      calls.push(call);
      return answer(call);
    },
  } as unknown as RestClient;
  const outcome = await new Caller({
    evaluator,
    client,
    secrets: new Map([['token', { value: SECRET, workflows: ['w'] }]]),
    tokens: { read: async () => new Map() },
  }).call({
    runId: 'run',
    rootId: 'run',
    definition,
    input: {},
    effect: {
      key: '1.0',
      state: 'A',
      place: { group: 0, action: 0 },
      data,
      variables: {},
    },
    signal: new AbortController().signal,
  });
  return { outcome, calls };
}

describe('Caller', () => {
  it('takes secrets, and texts made with them, out of answers and their keys', async () => {
    const { calls, outcome } = await callWith(
      { a: '"Bearer \\($SECRET.token)"' },
      () => ({
        value: {
          [`x-${SECRET}`]: [`Bearer ${SECRET}`, encodeURIComponent(SECRET)],
          [SECRET]: Buffer.from(`Bearer ${SECRET}`).toString('base64'),
        },
      }),
    );
    expect(calls[0].arguments).toEqual({ a: `Bearer ${SECRET}` });
    expect(outcome).toEqual({
      value: {
        'x-<redacted>': ['<redacted>', '<redacted>'],
        '<redacted>': '<redacted>',
      },
    });
  });

  it('takes them out of failures too, and out of what error codes are compared with', async () => {
    const { outcome } = await callWith({ a: '$SECRET.token' }, () => ({
      failure: {
        kind: 'refused',
        message: `its header ${SECRET} x is not valid`,
        matched: `x ${SECRET}`,
      },
    }));
    expect(outcome).toEqual({
      failure: {
        kind: 'refused',
        message: 'its header <redacted> x is not valid',
        matched: 'x <redacted>',
      },
    });
  });

  it('tells the client whose call it is, and which names stand in the definition', async () => {
    const answer = () => ({ value: null });
    const plain = await callWith({ HEADER_X: '.a', b: 1 }, answer, { a: 'c' });
    expect(plain.calls).toEqual([
      expect.objectContaining({
        workflowId: 'w',
        arguments: { HEADER_X: 'c', b: 1 },
        argumentNames: new Set(['HEADER_X', 'b']),
      }),
    ]);
    const made = await callWith('{ (.a): 1 }', answer, { a: 'c' });
    expect(made.calls).toEqual([
      expect.objectContaining({
        arguments: { c: 1 },
        argumentNames: new Set(),
      }),
    ]);
  });
});
