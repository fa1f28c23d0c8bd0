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

import { testEvaluator } from '../__testUtils__/compile';
import type { JqWorker } from '../jq/JqWorker';
import { matchFailure } from './matchErrors';
import type { Failure } from './RunState';

let evaluator: JqWorker;
beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());

const missing: Failure = {
  kind: 'http',
  status: 404,
  message: 'Function f: it was answered with status 404',
  matched: 'Unknown error, status code 404',
};
const runtime = 'java.lang.RuntimeException';

it.each<[string, Failure, string[][], number | undefined]>([
  ['a status', missing, [['500'], ['404']], 1],
  ['a status with a prefix', missing, [['HTTP:404']], 0],
  [
    'a status before a class, in either order',
    missing,
    [[runtime], ['404']],
    1,
  ],
  [
    'a pattern before a general class',
    missing,
    [[runtime], ['status code \\d+']],
    1,
  ],
  [
    'an own class before a pattern',
    missing,
    [
      ['.*'],
      ['org.kie.kogito.internal.process.workitem.WorkItemExecutionException'],
    ],
    1,
  ],
  ['the first of equals', missing, [['.*'], ['Unknown']], 0],
  [
    'no other class',
    missing,
    [
      ['java.lang.NullPointerException'],
      ['jakarta.ws.rs.WebApplicationException'],
    ],
    undefined,
  ],
  ['no other text', missing, [['.*Not Found.*']], undefined],
  [
    'no class as a pattern',
    { kind: 'expression', message: 'a.B' },
    [['a.B.C']],
    undefined,
  ],
  ['what is no pattern', missing, [['(']], undefined],
  ['a cause', { kind: 'network', message: 'x' }, [['java.io.IOException']], 0],
  [
    'no limit of the engine',
    { kind: 'limit', message: 'x' },
    [['.*', runtime]],
    undefined,
  ],
  ['a message', { kind: 'expression', message: 'boom' }, [['boom']], 0],
])('finds %s', async (_name, failure, lists, expected) => {
  expect(await matchFailure(evaluator, lists, failure)).toBe(expected);
});

it('lets no pattern take for ever', async () => {
  const failure: Failure = {
    kind: 'expression',
    message: `${'a'.repeat(60)}!`,
  };
  expect(await matchFailure(evaluator, [['(a+)+$'], [runtime]], failure)).toBe(
    1,
  );
});
