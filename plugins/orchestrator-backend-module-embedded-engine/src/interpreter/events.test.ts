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
import { Driver, event } from './__testUtils__/Driver';

const HEAD = `
functions:
  - { name: call, type: custom, operation: 'rest:post:http://api.test/call' }
  - { name: broken, type: expression, operation: '.a + 1' }
errors:
  - { name: any, code: java.lang.RuntimeException }
events:
  - { name: one, type: t.one, source: /t }
  - { name: two, type: t.two, source: '' }
  - { name: asked, type: t.asked, source: '', kind: produced }
`;
const CAUGHT =
  '  - { name: Caught, type: inject, data: { caught: true }, end: true }';

describe('events', () => {
  const evaluator = testEvaluator();

  afterAll(async () => {
    await evaluator.stop();
  });

  const start = (states: string, input = {}) =>
    Driver.start(evaluator, `start: A\n${HEAD}states:\n${states}`, { input });

  describe('of an event state', () => {
    const state = (more: string) => `
  - name: Before
    type: inject
    data: { before: true }
    transition: A
  - name: A
    type: event
    ${more}
    end: true
`;
    const wait = (more: string) =>
      Driver.start(evaluator, `start: Before\n${HEAD}states:${state(more)}`);

    it('waits for one of several, and drops the others', async () => {
      const run = await wait(
        'onEvents: [{ eventRefs: [one], eventDataFilter: { toStateData: .one } }, { eventRefs: [two], eventDataFilter: { toStateData: .two }, actions: [{ name: act, functionRef: call }] }]',
      );
      expect(run.waits).toEqual(['one', 'two']);
      expect(await run.send(event('t.other'))).toBe(false);
      expect(await run.send(event('t.one', 1, { source: '/other' }))).toBe(
        false,
      );
      expect(await run.send(event('t.two', { a: 1 }))).toBe(true);
      expect(run.waits).toEqual([]);
      expect(await run.send(event('t.one', 1))).toBe(false);
      await run.answer('A/1/0', { value: null });
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ before: true, two: { a: 1 } });
    });

    it('waits for all where one is not enough, and merges each as it comes', async () => {
      const run = await wait(
        'exclusive: false\n    onEvents: [{ eventRefs: [one], actions: [{ name: act, functionRef: call, actionDataFilter: { toStateData: .acted } }] }, { eventRefs: [two] }]',
      );
      await run.send(event('t.one', { a: 1 }));
      expect(run.waits).toEqual(['two']);
      expect(run.data).toEqual({ before: true, a: 1 });
      await run.answer('A/0/0', { value: true });
      await run.send(event('t.two', { b: 2 }));
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ before: true, a: 1, acted: true, b: 2 });
    });

    it('waits for all events of an entry where one is not enough', async () => {
      const run = await wait(
        'exclusive: false\n    onEvents: [{ eventRefs: [one, two], actions: [{ name: act, functionRef: call }] }]',
      );
      await run.send(event('t.two'));
      expect(run.calls).toEqual([]);
      expect(await run.send(event('t.two'))).toBe(false);
      await run.send(event('t.one'));
      expect(run.calls).toHaveLength(1);
    });

    it('goes by its normal exit when none comes in time, without its actions', async () => {
      const run = await wait(
        'timeouts: { eventTimeout: PT1M }\n    onErrors: [{ errorRef: any, end: true }]\n    onEvents: [{ eventRefs: [one], actions: [{ name: act, functionRef: call }] }]',
      );
      await run.pass(59_999);
      expect(run.status).toBe('ACTIVE');
      await run.pass(1);
      expect(run.status).toBe('COMPLETED');
      expect(run.nodes).toEqual(['Before', 'A']);
    });

    it('lets actions that have begun go on when the others are late', async () => {
      const run = await wait(
        'exclusive: false\n    timeouts: { eventTimeout: PT1M }\n    onEvents: [{ eventRefs: [one], actions: [{ name: act, functionRef: call, actionDataFilter: { toStateData: .acted } }] }, { eventRefs: [two] }]',
      );
      await run.send(event('t.one'));
      await run.pass(60_000);
      expect(run.status).toBe('ACTIVE');
      expect(run.waits).toEqual([]);
      await run.answer('A/0/0', { value: 1 });
      expect(run.status).toBe('COMPLETED');
    });

    it('runs actions side by side, and those that failed again', async () => {
      const run = await wait(
        'onEvents: [{ eventRefs: [one], actionMode: parallel, actions: [{ name: a, functionRef: call, actionDataFilter: { toStateData: .a } }, { name: b, functionRef: call, actionDataFilter: { toStateData: .b } }] }]',
      );
      await run.send(event('t.one'));
      expect(run.calls.map(({ name }) => name)).toEqual(['A/0/0', 'A/0/1']);
      await run.answer('A/0/1', { value: 2 });
      await run.answer('A/0/0', {
        failure: { kind: 'network', message: 'gone' },
      });
      expect(run.status).toBe('ERROR');
      await run.retrigger();
      expect(run.calls.map(({ name }) => name)).toEqual(['A/0/0']);
      await run.answer('A/0/0', { value: 1 });
      expect(run.data).toEqual({ before: true, a: 1, b: 2 });
      expect(run.status).toBe('COMPLETED');
    });

    it('waits as long as at first after a retrigger', async () => {
      const run = await wait(
        'exclusive: false\n    timeouts: { eventTimeout: PT1M }\n    onEvents: [{ eventRefs: [one], actions: [{ name: act, functionRef: call }] }, { eventRefs: [two] }]',
      );
      await run.send(event('t.one'));
      await run.answer('A/0/0', {
        failure: { kind: 'network', message: 'gone' },
      });
      await run.pass(3_600_000);
      expect(run.status).toBe('ERROR');
      await run.retrigger();
      await run.answer('A/0/0', { value: {} });
      await run.pass(59_999);
      expect(run.waits).toEqual(['two']);
      await run.pass(1);
      expect(run.status).toBe('COMPLETED');
    });

    it('lets onErrors see a filter that fails', async () => {
      const run = await wait(
        'onEvents: [{ eventRefs: [one], eventDataFilter: { data: .a.b } }]\n    onErrors: [{ errorRef: any, end: true }]',
      );
      await run.send(event('t.one', { a: 'text' }));
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ before: true });
    });

    it('takes a signal by the name of its declaration only', async () => {
      const run = await wait('onEvents: [{ eventRefs: [one] }]');
      const signal = event('t.one', { signalled: true }, { source: '/x' });
      expect(await run.send(signal, 'two')).toBe(false);
      expect(await run.send(signal, 'one')).toBe(true);
      expect(run.data).toEqual({ before: true, signalled: true });
    });

    it('does not give one event to two states', async () => {
      const run = await Driver.start(
        evaluator,
        `start: A\n${HEAD}states:
  - { name: A, type: sleep, duration: PT1S, transition: B }
  - { name: B, type: event, onEvents: [{ eventRefs: [one] }], transition: C }
  - { name: C, type: event, onEvents: [{ eventRefs: [one] }], end: true }
`,
      );
      await run.pass(1_000);
      await run.send(event('t.one', { n: 1 }));
      expect(run.state.frame?.state).toBe('C');
      await run.send(event('t.one', { n: 2 }));
      expect(run.data).toEqual({ n: 2 });
      expect(run.status).toBe('COMPLETED');
    });
  });

  it('start a run, and are seen by the filter of its first state', async () => {
    const run = await Driver.start(
      evaluator,
      `start: A\n${HEAD}states:
  - { name: A, type: event, onEvents: [{ eventRefs: [one], eventDataFilter: { data: '{got: .x}' } }], transition: B }
  - { name: B, type: inject, data: {}, end: true }
`,
      { event: event('t.one', { x: 7 }), input: { ignored: true } },
    );
    expect(run.status).toBe('COMPLETED');
    expect(run.data).toEqual({ got: 7 });
    expect(run.state.input).toEqual({ x: 7 });
    expect(run.state.starting).toBeUndefined();
  });

  it('start a run that fails at it, and has it again with a retrigger', async () => {
    const run = await Driver.start(
      evaluator,
      `start: A\n${HEAD}states:
  - { name: A, type: event, onEvents: [{ eventRefs: [one], eventDataFilter: { data: .x.y }, actions: [{ name: a, functionRef: call }] }], end: true }
`,
      { event: event('t.one', { x: 'text' }) },
    );
    expect(run.status).toBe('ERROR');
    await run.retrigger();
    expect(run.status).toBe('ERROR');
    expect(run.state.starting).toBeDefined();

    const other = await Driver.start(
      evaluator,
      `start: A\n${HEAD}states:
  - { name: A, type: event, onEvents: [{ eventRefs: [one], actions: [{ name: a, functionRef: call }] }], end: true }
`,
      { event: event('t.one', { x: 1 }) },
    );
    await other.answer('A/0/0', {
      failure: { kind: 'network', message: 'gone' },
    });
    expect(other.status).toBe('ERROR');
    expect(other.state.starting).toBeUndefined();
    await other.retrigger();
    await other.answer('A/0/0', { value: {} });
    expect(other.status).toBe('COMPLETED');
  });

  it('decide a switch, the first that comes', async () => {
    const run = await start(`
  - name: A
    type: switch
    eventConditions:
      - { eventRef: one, eventDataFilter: { data: .by, toStateData: .by }, transition: One }
      - { eventRef: two, end: true }
    timeouts: { eventTimeout: PT1M }
    defaultCondition: { transition: None }
  - { name: One, type: inject, data: { took: one }, end: true }
  - { name: None, type: inject, data: { took: none }, end: true }
`);
    expect(run.waits).toEqual(['one', 'two']);
    await run.send(event('t.one', { by: 'ann' }));
    expect(run.data).toEqual({ by: 'ann', took: 'one' });
    expect(run.status).toBe('COMPLETED');
  });

  it('decide nothing where they are late', async () => {
    const run = await start(`
  - name: A
    type: switch
    eventConditions: [{ eventRef: one, end: true }]
    timeouts: { eventTimeout: PT1M }
    defaultCondition: { transition: None }
  - { name: None, type: inject, data: { took: none }, end: true }
`);
    await run.pass(60_000);
    expect(run.data).toEqual({ took: 'none' });
  });

  describe('of a callback', () => {
    const callback = (more = '') => `
  - name: A
    type: callback
    action: { name: ask, functionRef: call, actionDataFilter: { toStateData: .asked } }
    eventRef: one
    eventDataFilter: { toStateData: .answer }
    timeouts: { eventTimeout: PT1M }
    ${more}
    end: true
`;

    it('are waited for once the action is done', async () => {
      const run = await start(callback());
      expect(run.waits).toEqual([]);
      await run.pass(120_000);
      await run.answer('A/0/0', { value: { ticket: 7 } });
      expect(run.waits).toEqual(['one']);
      await run.send(event('t.one', 'yes'));
      expect(run.data).toEqual({ asked: { ticket: 7 }, answer: 'yes' });
      expect(run.status).toBe('COMPLETED');
    });

    it('may come too late, which is no error', async () => {
      const run = await start(
        `${callback(
          'onErrors: [{ errorRef: any, transition: Caught }]',
        )}${CAUGHT}\n`,
      );
      await run.answer('A/0/0', { value: 1 });
      await run.pass(60_000);
      expect(run.data).toEqual({ asked: 1 });
      expect(run.status).toBe('COMPLETED');
    });

    it('are waited for after a retrigger of the action', async () => {
      const run = await start(callback());
      await run.answer('A/0/0', {
        failure: { kind: 'network', message: 'gone' },
      });
      expect(run.waits).toEqual([]);
      await run.retrigger();
      await run.answer('A/0/0', { value: 1 });
      await run.send(event('t.one', 2));
      expect(run.data).toEqual({ asked: 1, answer: 2 });
    });
  });

  describe('of an action', () => {
    const action = (more = '') => `
  - name: A
    type: operation
    actions:
      - name: ask
        eventRef: { triggerEventRef: asked, resultEventRef: one, data: '{q: .question}', contextAttributes: { region: '.region', n: 4 }, resultEventTimeout: PT10S }
        actionDataFilter: { results: .a, toStateData: .answer }
    ${more}
    end: true
`;

    it('are sent, and then waited for', async () => {
      const run = await start(action(), { question: 'why', region: 'eu' });
      expect(run.records.flatMap(({ produced }) => produced)).toEqual([
        {
          id: 'run-1.1',
          source: '/process/flow',
          type: 't.asked',
          time: '2023-11-14T22:13:20.000Z',
          data: { q: 'why' },
          extensions: {
            n: '4',
            region: 'eu',
            kogitoprocid: 'flow',
            kogitoprocinstanceid: 'run-1',
          },
        },
      ]);
      expect(run.waits).toEqual(['one']);
      await run.send(event('t.one', { a: 'because' }));
      expect(run.data).toMatchObject({ answer: 'because' });
      expect(run.status).toBe('COMPLETED');
    });

    it('fail the action when they do not come', async () => {
      const run = await start(
        `${action(
          'onErrors: [{ errorRef: any, transition: Caught }]',
        )}${CAUGHT}\n`,
      );
      await run.pass(10_000);
      expect(run.data).toEqual({ caught: true });
    });

    it('are sent again where the action is retriggered', async () => {
      const run = await start(action());
      await run.pass(10_000);
      expect(run.status).toBe('ERROR');
      expect(run.state.error?.message).toBe(
        'No event one came within 10000 ms',
      );
      await run.retrigger();
      expect(run.produced.map(([type]) => type)).toEqual([
        't.asked',
        't.asked',
      ]);
      await run.send(event('t.one', { a: 1 }));
      expect(run.status).toBe('COMPLETED');
    });
  });

  it('are refused where nobody would take them, and not sent', async () => {
    const run = await start(
      `
  - { name: A, type: inject, data: {}, end: { produceEvents: [{ eventRef: asked }, { eventRef: asked }] } }
`,
      { text: 'x'.repeat(20_000) },
    );
    expect(run.status).toBe('ERROR');
    expect(run.state.error?.message).toMatch(/^An event cannot be sent: /);
    expect(run.produced).toEqual([]);
  });
});
