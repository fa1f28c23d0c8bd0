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
import type { Evaluator, Program } from '../jq/Evaluator';
import type { JqWorker } from '../jq/JqWorker';
import { Driver } from './__testUtils__/Driver';
import { fittingLists, matchFailure } from './matchErrors';
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

describe('patterns', () => {
  const endless = (length: number) =>
    Array.from({ length }, (_item, i) => `^((a+)+)+#${i}$`);
  const failure: Failure = {
    kind: 'expression',
    message: `${'a'.repeat(60)}!`,
  };
  const counted = () => {
    const programs: Program[] = [];
    const counting: Evaluator = {
      run: program => {
        programs.push(program);
        return evaluator.run(program);
      },
      inspect: texts => evaluator.inspect(texts),
      of: () => counting,
    };
    return { programs, counting };
  };

  it('end the run where they take too long, all of them within one limit', async () => {
    const { counting, programs } = counted();
    const lists = [endless(12), [runtime]];
    const error = {
      failure: {
        kind: 'limit',
        message: expect.stringMatching(
          /^a+!; it cannot be compared .* took longer than/,
        ),
      },
    };
    await expect(matchFailure(counting, lists, failure)).rejects.toMatchObject(
      error,
    );
    expect(programs).toHaveLength(1);
    await expect(fittingLists(counting, lists, failure)).rejects.toMatchObject(
      error,
    );
    expect(programs).toHaveLength(2);
  });

  it('are not looked for where a closer code fits', async () => {
    const { counting, programs } = counted();
    expect(
      await matchFailure(counting, [endless(12), [failure.message]], failure),
    ).toBe(1);
    expect(await matchFailure(counting, [[runtime], ['a.B']], failure)).toBe(0);
    expect(await matchFailure(counting, [['a.B']], failure)).toBeUndefined();
    expect(
      await fittingLists(
        counting,
        [[...endless(1), runtime], [], ['a.B']],
        failure,
      ),
    ).toEqual([true, false, false]);
    expect(programs).toEqual([]);
  });

  it('that are none hide none behind them', async () => {
    const { counting, programs } = counted();
    const lists = [['(', '['], ['a{2,1}', 'b'], ['c', '(', 'a!$'], ['a']];
    expect(await matchFailure(counting, lists, failure)).toBe(2);
    expect(await fittingLists(counting, lists, failure)).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(programs).toHaveLength(2);
  });

  const HEAD = `
start: A
functions:
  - { name: call, type: custom, operation: 'rest:post:http://api.test/call' }
errors:
  - { name: any, code: java.lang.RuntimeException }
  - { name: endless, code: '^((a+)+)+#$' }
`;
  it.each([
    [
      'of a handler',
      'actions: [{ name: a, functionRef: call }]',
      'errorRefs: [endless, any]',
    ],
    [
      'of an action',
      `actions: [{ name: a, functionRef: call, retryRef: twice, nonRetryableErrors: [endless] }]`,
      'errorRef: any',
    ],
  ])('%s that take too long cannot be caught', async (_name, work, caught) => {
    const run = await Driver.start(
      evaluator,
      `${HEAD}
retries: [{ name: twice, delay: PT1S, maxAttempts: 2 }]
states:
  - name: A
    type: operation
    ${work}
    onErrors: [{ ${caught}, transition: Caught }]
    end: true
  - { name: Caught, type: inject, data: { caught: true }, end: true }
`,
    );
    await run.step({
      kind: 'result',
      key: run.calls[0].key,
      outcome: { failure },
    });
    expect(run.state.status).toBe('ERROR');
    expect(run.state.error?.message).toMatch(/took longer than/);
    expect(run.nodes).toEqual(['A…', 'A/a!']);
  });
});
