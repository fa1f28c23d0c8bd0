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
import type { RestStub } from './restStub';

/** A definition that uses every kind of step, with calls to a stub. */
export const everything: JsonObject = {
  id: 'everything',
  version: '1.0',
  specVersion: '0.8',
  name: 'Every kind of step',
  start: 'Prepare',
  functions: [
    { name: 'get', type: 'custom', operation: 'rest:get:/{path}' },
    { name: 'log', type: 'custom', operation: 'sysout' },
    { name: 'add', type: 'expression', operation: '.count + 1' },
  ],
  errors: [{ name: 'teapot', code: '418' }],
  retries: [{ name: 'soon', delay: 'PT0.01S', maxAttempts: 5 }],
  states: [
    {
      name: 'Prepare',
      type: 'inject',
      data: { count: 0 },
      transition: 'Calls',
    },
    {
      name: 'Calls',
      type: 'operation',
      actions: [
        { functionRef: 'add', actionDataFilter: { toStateData: '.count' } },
        { functionRef: { refName: 'get', arguments: { path: 'one' } } },
        {
          functionRef: {
            refName: 'log',
            arguments: { message: '"one is \\(.one)"' },
          },
          sleep: { before: 'PT0.01S' },
        },
        {
          functionRef: { refName: 'get', arguments: { path: 'flaky' } },
          retryRef: 'soon',
          sleep: { after: 'PT0.01S' },
        },
      ],
      transition: 'Nap',
    },
    { name: 'Nap', type: 'sleep', duration: 'PT0.01S', transition: 'Together' },
    {
      name: 'Together',
      type: 'operation',
      actionMode: 'parallel',
      actions: ['left', 'right'].map(path => ({
        functionRef: { refName: 'get', arguments: { path } },
      })),
      transition: 'Choose',
    },
    {
      name: 'Choose',
      type: 'switch',
      dataConditions: [{ condition: '.left and .right', transition: 'Fails' }],
      defaultCondition: { end: true },
    },
    {
      name: 'Fails',
      type: 'operation',
      actions: [
        { functionRef: { refName: 'get', arguments: { path: 'teapot' } } },
      ],
      onErrors: [{ errorRef: 'teapot', transition: 'Last' }],
      end: true,
    },
    {
      name: 'Last',
      type: 'operation',
      actions: [
        { functionRef: { refName: 'get', arguments: { path: 'last' } } },
      ],
      stateDataFilter: { output: '{ count, one, fine, left, right, last }' },
      end: true,
    },
  ],
};

/** What it comes to. */
export const everythingResult = {
  count: 1,
  one: 1,
  fine: true,
  left: 1,
  right: 1,
  last: true,
};

/** How often each of its calls is made, by path. */
export const everythingCalls = {
  '/one': 1,
  '/flaky': 2,
  '/left': 1,
  '/right': 1,
  '/teapot': 1,
  '/last': 1,
};

/** Answers the calls: the first to /flaky of each run fails. */
export function scriptEverything(stub: RestStub): void {
  stub.reset({
    'GET /one': [{ body: { one: 1 } }],
    'GET /left': [{ body: { left: 1 } }],
    'GET /right': [{ body: { right: 1 } }],
    'GET /teapot': [{ status: 418 }],
    'GET /last': [{ body: { last: true } }],
  });
  stub.answer('GET /flaky', ({ headers }) =>
    String(headers['idempotency-key']).endsWith('.0')
      ? { status: 503 }
      : { body: { fine: true } },
  );
}

/** How often the stub was called with each key. */
export function callsByKey(stub: RestStub): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { headers } of stub.calls) {
    const key = String(headers['idempotency-key']);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
