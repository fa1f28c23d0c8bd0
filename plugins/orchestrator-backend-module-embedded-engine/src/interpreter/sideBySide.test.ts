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
import { Driver } from './__testUtils__/Driver';

const FUNCTIONS = `
functions:
  - { name: call, type: custom, operation: 'rest:post:http://api.test/call' }
  - { name: item, type: expression, operation: '$x' }
  - { name: odd, type: expression, operation: '$__proto__' }
  - { name: broken, type: expression, operation: '.a.b.c' }
  - { name: double, type: expression, operation: '$x * 2' }
  - { name: before, type: expression, operation: '{was: $WORKFLOW.prevActionResult, x: $x}' }
errors:
  - { name: any, code: java.lang.RuntimeException }
`;

describe('states with several sequences', () => {
  const evaluator = testEvaluator();

  afterAll(async () => {
    await evaluator.stop();
  });

  const start = (states: string, input = {}, limits = {}) =>
    Driver.start(evaluator, `start: A\n${FUNCTIONS}states:\n${states}`, {
      input,
      limits,
    });

  describe('parallel', () => {
    const branches = (more = '') => `
  - name: A
    type: parallel
    branches:
      - { name: one, actions: [{ name: a, functionRef: { refName: call, arguments: {n: 1} }, actionDataFilter: { toStateData: .one } }, { name: b, functionRef: call, actionDataFilter: { toStateData: .two } }] }
      - { name: two, actions: [{ name: c, functionRef: { refName: call, arguments: {n: 3} }, actionDataFilter: { toStateData: .three } }] }
    ${more}
    end: true
${
  more.includes('Caught')
    ? '  - { name: Caught, type: inject, data: { caught: true }, end: true }'
    : ''
}
`;

    it('goes on in all branches side by side, and is done when all are', async () => {
      const run = await start(branches());
      expect(run.calls.map(({ name }) => name)).toEqual(['A/0/0', 'A/1/0']);

      await run.answer('A/1/0', { value: 3 });
      expect(run.status).toBe('ACTIVE');
      await run.answer('A/0/0', { value: 1 });
      expect(run.calls.map(({ data, name }) => [name, data])).toEqual([
        ['A/0/1', { one: 1, three: 3 }],
      ]);
      await run.answer('A/0/1', { value: 2 });
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ one: 1, two: 2, three: 3 });
      expect(run.nodes).toEqual(['A', 'A/a', 'A/c', 'A/b']);
    });

    it('keeps the data that a call saw while others change them', async () => {
      const run = await start(branches(), { before: true });
      await run.answer('A/1/0', { value: 3 });
      expect(run.calls).toEqual([
        expect.objectContaining({ name: 'A/0/0', data: { before: true } }),
      ]);
      await run.answer('A/0/0', { value: 1 });
      expect(run.state.frame?.scopes).toBeUndefined();
    });

    it('ends the other branches when enough are done', async () => {
      const run = await start(
        branches('completionType: atLeast\n    numCompleted: 1'),
      );
      const [late] = run.calls;
      await run.answer('A/1/0', { value: 3 });
      expect(run.status).toBe('COMPLETED');
      expect(run.nodes).toEqual(['A', 'A/a', 'A/c']);
      await run.step({ kind: 'result', key: late.key, outcome: { value: 1 } });
      expect(run.data).toEqual({ three: 3 });
    });

    it('lets a failing branch end the state by its handler', async () => {
      const run = await start(
        branches('onErrors: [{ errorRef: any, transition: Caught }]'),
      );
      await run.answer('A/0/0', {
        failure: { kind: 'http', status: 500, message: 'status code 500' },
      });
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ caught: true });
      expect(run.nodes).toEqual(['A', 'A/a!', 'A/c', 'Caught']);
    });

    it('runs only what failed again, and keeps what came meanwhile', async () => {
      const run = await start(branches());
      const [one, two] = run.calls;
      await run.answer('A/0/0', {
        failure: { kind: 'network', message: 'gone' },
      });
      expect(run.status).toBe('ERROR');
      expect(run.calls).toEqual([]);
      // It was under way, and its answer was recorded.
      await run.step({ kind: 'result', key: two.key, outcome: { value: 3 } });
      expect(run.status).toBe('ERROR');

      await run.retrigger();
      expect(run.data).toEqual({ three: 3 });
      expect(run.calls.map(({ name }) => name)).toEqual(['A/0/0']);
      expect(run.calls[0].key).not.toBe(one.key);
      await run.answer('A/0/0', { value: 1 });
      await run.answer('A/0/1', { value: 2 });
      expect(run.data).toEqual({ one: 1, two: 2, three: 3 });
      expect(run.status).toBe('COMPLETED');
    });

    it('fails a branch that takes too long', async () => {
      const run = await start(
        branches('onErrors: [{ errorRef: any, transition: Caught }]').replace(
          'name: two,',
          'name: two, timeouts: { branchExecTimeout: PT5S },',
        ),
      );
      await run.answer('A/0/0', { value: 1 });
      await run.pass(4_999);
      expect(run.status).toBe('ACTIVE');
      await run.pass(1);
      expect(run.data).toEqual({ one: 1, caught: true });
    });
  });

  describe('foreach', () => {
    const each = (actions: string, more = '') => `
  - name: A
    type: foreach
    inputCollection: .list
    iterationParam: x
    ${more}
    actions: ${actions}
    end: true
`;

    it('gives the last results in the order of the items, without nulls', async () => {
      const run = await start(
        each('[{ functionRef: double }]', 'outputCollection: .out'),
        { list: [3, 1, 2], out: ['old'] },
      );
      expect(run.data).toEqual({ list: [3, 1, 2], out: [6, 2, 4] });
    });

    it('begins as many calls as the batch has, and replaces those that are done', async () => {
      const run = await start(
        each(
          '[{ name: c, functionRef: { refName: call, arguments: { id: $x } } }]',
          'outputCollection: .out\n    batchSize: 2',
        ),
        { list: ['a', 'b', 'c'] },
      );
      expect(run.calls).toHaveLength(2);
      const [first, second] = run.calls;
      await run.step({
        kind: 'result',
        key: second.key,
        outcome: { value: 'B' },
      });
      expect(run.calls).toHaveLength(2);
      const third = run.calls[1];
      await run.step({
        kind: 'result',
        key: third.key,
        outcome: { value: null },
      });
      await run.step({
        kind: 'result',
        key: first.key,
        outcome: { value: 'A' },
      });
      expect(run.data).toEqual({ list: ['a', 'b', 'c'], out: ['A', 'B'] });
    });

    it('tells an action what the one before it came to', async () => {
      const run = await start(
        each(
          '[{ functionRef: item }, { functionRef: before }]',
          'outputCollection: .out',
        ),
        { list: [1, 2] },
      );
      expect(run.data).toMatchObject({
        out: [
          { was: 1, x: 1 },
          { was: 2, x: 2 },
        ],
      });
    });

    it('runs only the iteration that failed again', async () => {
      const run = await start(
        each(
          '[{ name: c, functionRef: call }]',
          'mode: sequential\n    outputCollection: .out',
        ),
        { list: [1, 2, 3] },
      );
      await run.answer('A/0/0', { value: 'one' });
      await run.answer('A/0/0', {
        failure: { kind: 'http', status: 503, message: 'status code 503' },
      });
      expect(run.status).toBe('ERROR');
      await run.retrigger();
      await run.answer('A/0/0', { value: 'two' });
      await run.answer('A/0/0', { value: 'three' });
      expect(run.data).toMatchObject({ out: ['one', 'two', 'three'] });
      expect(run.nodes).toEqual(['A', 'A/c', 'A/c!', 'A/c', 'A/c']);
    });

    it.each([
      [[], { list: [] }],
      [{ k: 1 }, { list: { k: 1 }, out: [{ k: 1 }] }],
      ['text', { list: 'text', out: ['text'] }],
      [[1, null, 2], { list: [1, 2], out: [1, 2] }],
    ])('takes %j as a collection', async (list, data) => {
      const run = await start(
        each('[{ functionRef: item }]', 'outputCollection: .out'),
        { list },
      );
      expect(run.data).toEqual(data);
    });

    it('takes any name for its variable', async () => {
      const run = await start(
        `
  - { name: A, type: foreach, inputCollection: .list, iterationParam: __proto__, outputCollection: .out, actions: [{ functionRef: odd }], end: true }
`,
        { list: [{ polluted: true }] },
      );
      expect(run.data).toMatchObject({ out: [{ polluted: true }] });
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    });

    it('does one iteration without its variable where there is no collection', async () => {
      const run = await start(
        each('[{ functionRef: item }]', 'outputCollection: .out'),
      );
      expect(run.status).toBe('ERROR');
      expect(run.state.error?.message).toMatch(/x is not defined/);
    });

    it('refuses more items than the limit, which nothing can catch', async () => {
      const run = await start(
        `${each(
          '[{ functionRef: item }]',
          'onErrors: [{ errorRef: any, transition: Caught }]',
        )}  - { name: Caught, type: inject, data: {}, end: true }\n`,
        { list: [1, 2, 3] },
        { maxItems: 2 },
      );
      expect(run.status).toBe('ERROR');
      expect(run.state.error?.message).toBe(
        'State A has 3 items, of 2 that it may have',
      );
    });

    it('counts iterations and their actions as steps', async () => {
      const run = await start(
        each('[{ functionRef: item }]'),
        { list: [1, 2, 3] },
        { maxSteps: 5 },
      );
      expect(run.state.error?.message).toBe('The run took more than 5 steps');
    });

    it('refuses items and results that are larger than a run may hold', async () => {
      const run = await start(
        each('[{ functionRef: call }]', 'outputCollection: .out'),
        { list: [1, 2, 3, 4, 5, 6] },
        { maxStateLength: 100 },
      );
      for (let i = 0; i < 4; i += 1) {
        await run.answer('A/0/0', { value: 'x'.repeat(90) });
      }
      expect(run.status).toBe('ACTIVE');
      await run.answer('A/0/0', { value: 'x'.repeat(90) });
      expect(run.state.error?.message).toMatch(/larger than 400 characters/);
    });
  });

  it.each([
    ['operation', 'type: operation, actions: []'],
    [
      'parallel operation',
      'type: operation, actionMode: parallel, actions: []',
    ],
    ['parallel', 'type: parallel, branches: [{ name: one, actions: [] }]'],
    [
      'foreach',
      'type: foreach, inputCollection: .list, iterationParam: x, actions: []',
    ],
  ])('is done at once with an %s of nothing', async (_name, state) => {
    const run = await start(`  - { name: A, ${state}, end: true }\n`, {
      list: [1, 2],
    });
    expect(run.status).toBe('COMPLETED');
    expect(run.data).toEqual({ list: [1, 2] });
  });
});
