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
import { openCalls, wakeAt } from './RunState';

const HEAD = `
functions:
  - { name: call, type: custom, operation: 'rest:post:http://api.test/call' }
errors:
  - { name: any, code: java.lang.RuntimeException }
  - { name: timeout, code: java.util.concurrent.TimeoutException }
retries:
  - { name: twice, delay: PT1S, maxAttempts: 2 }
`;
const CAUGHT =
  '  - { name: Caught, type: inject, data: { caught: true }, end: true }';
const GONE = { failure: { kind: 'network' as const, message: 'gone' } };

describe('timeouts', () => {
  const evaluator = testEvaluator();

  afterAll(async () => {
    await evaluator.stop();
  });

  const start = (states: string, more = '') =>
    Driver.start(evaluator, `start: A\n${more}${HEAD}states:\n${states}`);

  describe('of an action', () => {
    const action = (more: string, handlers = '') => `
  - name: A
    type: operation
    timeouts: { actionExecTimeout: PT10S }
    actions: [{ name: a, functionRef: call${more} }]
    ${handlers}
    end: true
`;

    it('fail it, for onErrors to see', async () => {
      const run = await start(
        `${action(
          '',
          'onErrors: [{ errorRef: timeout, transition: Caught }]',
        )}${CAUGHT}`,
      );
      await run.pass(9_999);
      expect(run.calls).toHaveLength(1);
      await run.pass(1);
      expect(run.data).toEqual({ caught: true });
      expect(run.nodes).toEqual(['A', 'A/a!', 'Caught']);
    });

    it('count for each attempt', async () => {
      const run = await start(action(', retryRef: twice'));
      const [first] = run.calls;
      await run.pass(10_000);
      expect(run.calls).toEqual([]);
      await run.pass(1_000);
      expect(run.calls[0].key).not.toBe(first.key);
      await run.pass(9_999);
      await run.answer('A/0/0', { value: { ok: true } });
      expect(run.data).toEqual({ ok: true });
    });

    it('begin anew with a retrigger', async () => {
      const run = await start(action(''));
      await run.pass(10_000);
      expect(run.status).toBe('ERROR');
      expect(run.state.error).toEqual({
        node: 'A/a',
        instance: 2,
        message: 'Action a was not done within 10000 ms',
      });
      await run.pass(100_000);
      await run.retrigger();
      expect(wakeAt(run.state)).toBe(run.now + 10_000);
      await run.answer('A/0/0', { value: {} });
      expect(run.status).toBe('COMPLETED');
    });
  });

  describe('of a state', () => {
    const state = (handlers = '') => `
  - name: A
    type: operation
    timeouts: { stateExecTimeout: PT10S }
    actions: [{ name: a, functionRef: call }, { name: b, functionRef: call }]
    ${handlers}
    end: true
`;

    it('fail it, for its onErrors to see', async () => {
      const run = await start(
        `${state(
          'onErrors: [{ errorRef: timeout, transition: Caught }]',
        )}${CAUGHT}`,
      );
      await run.pass(6_000);
      await run.answer('A/0/0', { value: {} });
      await run.pass(4_000);
      expect(run.data).toEqual({ caught: true });
      expect(run.nodes).toEqual(['A', 'A/a', 'A/b!', 'Caught']);
    });

    it('leave it in error, with the calls under way to be made anew', async () => {
      const run = await start(state());
      const [first] = run.calls;
      await run.pass(10_000);
      expect(run.status).toBe('ERROR');
      expect(run.state.error).toEqual({
        node: 'A',
        instance: 1,
        message: 'State A was not done within 10000 ms',
      });
      expect(openCalls(run.state)).toEqual([]);
      await run.retrigger();
      expect(run.calls).toHaveLength(1);
      expect(run.calls[0].key).not.toBe(first.key);
      await run.answer('A/0/0', { value: {} });
      await run.answer('A/0/1', { value: {} });
      expect(run.status).toBe('COMPLETED');
    });

    it('are no timers of its sleeps', async () => {
      const run = await start(
        `
  - { name: A, type: operation, actions: [{ name: a, functionRef: call, sleep: { before: PT5S } }], onErrors: [{ errorRef: any, transition: Caught }], end: true }
${CAUGHT}`,
      );
      await run.pass(5_000);
      expect(run.calls).toHaveLength(1);
    });
  });

  describe('of a run', () => {
    const flow = `
  - name: A
    type: operation
    timeouts: { stateExecTimeout: PT1H }
    actions: [{ name: a, functionRef: call }]
    onErrors: [{ errorRef: any, transition: Caught }]
    end: true
${CAUGHT}
`;

    it('abort it with a reason, whatever it does', async () => {
      const run = await start(
        flow,
        'timeouts: { workflowExecTimeout: PT1M }\n',
      );
      await run.pass(59_999);
      expect(run.status).toBe('ACTIVE');
      await run.pass(1);
      expect(run.status).toBe('ABORTED');
      expect(run.state.error).toEqual({
        node: 'A',
        message:
          'The run was not done within 60000 ms, its workflowExecTimeout',
      });
      expect(run.nodes).toEqual(['A', 'A/a']);
      expect(run.state.frame).toBeUndefined();
      expect(wakeAt(run.state)).toBeUndefined();
    });

    const before = `${flow}
  - { name: Last, type: operation, actions: [{ name: l, functionRef: call, actionDataFilter: { toStateData: .last } }], transition: After }
  - { name: After, type: inject, data: { after: true }, end: true }
`.replace('end: true', 'transition: Last');
    const runBefore =
      'timeouts: { workflowExecTimeout: { duration: PT1M, runBefore: Last } }\n';

    it('run a state before', async () => {
      const run = await start(before, runBefore);
      await run.pass(60_000);
      expect(run.status).toBe('ACTIVE');
      await run.pass(60_000);
      expect(run.calls.map(({ name }) => name)).toEqual(['Last/0/0']);
      await run.answer('Last/0/0', { value: 1 });
      expect(run.status).toBe('ABORTED');
      expect(run.data).toEqual({ last: 1 });
      expect(run.state.error?.node).toBe('A');
    });

    it('abort it even where that state fails', async () => {
      const run = await start(before, runBefore);
      await run.pass(60_000);
      await run.answer('Last/0/0', GONE);
      expect(run.status).toBe('ABORTED');
      expect(run.state.error?.message).toMatch(/workflowExecTimeout/);
      expect(run.nodes).toEqual(['A', 'A/a', 'Last!', 'Last/l!']);
    });

    it('do not run in an error, and begin anew with a retrigger', async () => {
      const run = await start(
        flow
          .replace('onErrors: [{ errorRef: any, transition: Caught }]', '')
          .replace(CAUGHT, ''),
        'timeouts: { workflowExecTimeout: PT1M }\n',
      );
      await run.answer('A/0/0', GONE);
      expect(run.status).toBe('ERROR');
      await run.pass(100_000);
      expect(run.status).toBe('ERROR');
      await run.retrigger();
      await run.pass(59_999);
      expect(run.status).toBe('ACTIVE');
      await run.pass(1);
      expect(run.status).toBe('ABORTED');
    });
  });
});
