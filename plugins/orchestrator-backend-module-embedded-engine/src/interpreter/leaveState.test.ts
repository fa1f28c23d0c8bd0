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
import { Driver, START } from './__testUtils__/Driver';
import { openCalls, wakeAt } from './RunState';
import { broken } from './step';

const HEAD = `
functions:
  - { name: call, type: custom, operation: 'rest:post:http://api.test/call' }
  - { name: count, type: expression, operation: '(.n // 0) + 1' }
errors:
  - { name: any, code: java.lang.RuntimeException }
  - { name: item, code: org.kie.kogito.internal.process.workitem.WorkItemExecutionException }
events:
  - { name: first, type: t.first, source: '', kind: produced }
  - { name: second, type: t.second, source: '', kind: produced }
`;
const FAILED = { failure: { kind: 'child' as const, message: 'its error' } };

describe('a run', () => {
  const evaluator = testEvaluator();

  afterAll(async () => {
    await evaluator.stop();
  });

  const start = (states: string, more = '', input = {}) =>
    Driver.start(evaluator, `start: A\n${more}${HEAD}states:\n${states}`, {
      input,
    });

  describe('that compensates', () => {
    const undo = (name: string, more = '') =>
      `  - { name: ${name}, type: operation, usedForCompensation: true, actions: [{ name: u, functionRef: call, actionDataFilter: { toStateData: .${name} } }]${more} }\n`;

    it('undoes what is completed, newest first, then goes on', async () => {
      const run = await start(
        `
  - { name: A, type: inject, data: { a: 1 }, compensatedBy: UndoA, transition: B }
  - { name: B, type: inject, data: { b: 1 }, compensatedBy: UndoB, transition: { nextState: C, compensate: true, produceEvents: [{ eventRef: first }] } }
  - { name: C, type: inject, data: { c: 1 }, end: true }
${undo('UndoA')}${undo('UndoB', ', transition: More')}
  - { name: More, type: inject, usedForCompensation: true, data: { more: true } }
`,
      );
      expect(run.calls.map(({ name }) => name)).toEqual(['UndoB/0/0']);
      expect(run.produced).toEqual([]);
      await run.answer('UndoB/0/0', { value: 1 });
      expect(run.calls.map(({ name }) => name)).toEqual(['UndoA/0/0']);
      expect(run.data).toEqual({ a: 1, b: 1, UndoB: 1, more: true });
      await run.answer('UndoA/0/0', { value: 2 });
      expect(run.status).toBe('COMPLETED');
      expect(run.produced).toHaveLength(1);
      expect(run.data).toMatchObject({ UndoA: 2, c: 1 });
      expect(run.nodes).toEqual([
        'A',
        'B',
        'UndoB',
        'UndoB/u',
        'More',
        'UndoA',
        'UndoA/u',
        'C',
      ]);
    });

    it('undoes as often as a state was completed, with the data as they are', async () => {
      const run = await start(
        `
  - { name: A, type: operation, compensatedBy: Undo, actions: [{ functionRef: count, actionDataFilter: { toStateData: .n } }], transition: B }
  - { name: B, type: switch, dataConditions: [{ condition: .n < 3, transition: A }], defaultCondition: { end: { compensate: true } } }
  - { name: Undo, type: operation, usedForCompensation: true, actions: [{ functionRef: count, actionDataFilter: { toStateData: .n } }] }
`,
      );
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ n: 6 });
      expect(run.nodes.filter(node => node === 'Undo')).toHaveLength(3);
    });

    it('is in error where that fails, and goes on from there', async () => {
      const run = await start(
        `
  - { name: A, type: inject, data: {}, compensatedBy: UndoA, transition: B }
  - { name: B, type: inject, data: {}, compensatedBy: UndoB, end: { compensate: true } }
${undo('UndoA')}${undo('UndoB')}`,
      );
      await run.answer('UndoB/0/0', FAILED);
      expect(run.status).toBe('ERROR');
      await run.retrigger();
      await run.answer('UndoB/0/0', { value: 1 });
      await run.answer('UndoA/0/0', { value: 2 });
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ UndoB: 1, UndoA: 2 });
    });

    it('does not undo what failed, and nothing without being asked to', async () => {
      const run = await start(
        `
  - { name: A, type: inject, data: {}, compensatedBy: UndoA, transition: B }
  - { name: B, type: operation, compensatedBy: UndoB, actions: [{ name: b, functionRef: call }], onErrors: [{ errorRef: any, transition: { nextState: C, compensate: true } }], end: true }
  - { name: C, type: inject, data: { c: 1 }, end: true }
${undo('UndoA')}${undo('UndoB')}`,
      );
      await run.answer('B/0/0', FAILED);
      expect(run.calls.map(({ name }) => name)).toEqual(['UndoA/0/0']);
      await run.answer('UndoA/0/0', { value: 1 });
      expect(run.data).toEqual({ UndoA: 1, c: 1 });

      const plain = await start(
        `
  - { name: A, type: inject, data: {}, compensatedBy: UndoA, end: true }
${undo('UndoA')}`,
      );
      expect(plain.status).toBe('COMPLETED');
      expect(plain.calls).toEqual([]);
    });
  });

  describe('that sends events', () => {
    it('sends them in their order, with what their expressions make or all data', async () => {
      const run = await start(
        `
  - { name: A, type: inject, data: { a: 1 }, transition: { nextState: B, produceEvents: [{ eventRef: first, data: '{x: .a}' }, { eventRef: second }] } }
  - { name: B, type: inject, data: { b: 2 }, end: { produceEvents: [{ eventRef: second, data: .nope }] } }
`,
      );
      expect(run.produced).toEqual([
        ['t.first', { x: 1 }],
        ['t.second', { a: 1 }],
        ['t.second', null],
      ]);
      expect(
        run.records.flatMap(({ produced }) => produced.map(({ id }) => id)),
      ).toEqual(['run-1.1', 'run-1.2', 'run-1.3']);
    });

    it('sends none where one of them fails, and all with a retrigger', async () => {
      const run = await start(
        `
  - { name: A, type: operation, actions: [{ name: a, functionRef: call }], transition: B }
  - { name: B, type: inject, data: { a: text }, end: { produceEvents: [{ eventRef: first }, { eventRef: second, data: .a + 1 }] } }
`,
      );
      await run.answer('A/0/0', { value: {} });
      expect(run.status).toBe('ERROR');
      expect(run.state.error?.node).toBe('B');
      expect(run.nodes).toEqual(['A', 'A/a', 'B!…']);
      expect(run.produced).toEqual([]);
      expect(run.state.produced).toBe(0);
    });
  });

  describe('that is kept active', () => {
    const flow = (end: string) =>
      `  - { name: A, type: inject, data: {}, end: ${end} }\n`;

    it('goes on after its end until its time is over', async () => {
      const run = await start(
        flow('true'),
        'keepActive: true\ntimeouts: { workflowExecTimeout: PT1H }\n',
      );
      expect(run.status).toBe('ACTIVE');
      expect(run.nodes).toEqual(['A']);
      expect(wakeAt(run.state)).toBe(START + 3_600_000);
      await run.step({ kind: 'wake' });
      expect(run.status).toBe('ACTIVE');
      await run.pass(3_600_000);
      expect(run.status).toBe('ABORTED');
    });

    it('ends where its end terminates it', async () => {
      const run = await start(
        flow('{ terminate: true }'),
        'keepActive: true\n',
      );
      expect(run.status).toBe('COMPLETED');
    });

    it('can be aborted', async () => {
      const run = await start(flow('true'), 'keepActive: true\n');
      expect(wakeAt(run.state)).toBeUndefined();
      run.abort();
      expect(run.status).toBe('ABORTED');
    });
  });

  describe('with a sub-flow', () => {
    const parent = (more = '') => `
  - name: A
    type: operation
    actions: [{ name: s, subFlowRef: child, actionDataFilter: { toStateData: .child } }]
    ${more}
    end: true
`;
    const begin = (more?: string) => start(parent(more));

    it('waits for it, and takes its data', async () => {
      const run = await begin();
      expect(openCalls(run.state)).toHaveLength(1);
      await run.answer('A/0/0', { value: { done: true } });
      expect(run.data).toEqual({ child: { done: true } });
    });

    it('fails with it, and goes on when it comes right after all', async () => {
      const run = await begin();
      const [{ key }] = run.calls;
      await run.answer('A/0/0', FAILED);
      expect(run.status).toBe('ERROR');
      expect(run.state.error).toEqual({
        node: 'A/s',
        instance: 2,
        message: 'its error',
        child: key,
      });
      expect(openCalls(run.state)).toEqual([key]);
      await run.step({ kind: 'result', key: '9.9', outcome: { value: 1 } });
      await run.step({ kind: 'result', key, outcome: FAILED });
      expect(run.status).toBe('ERROR');
      await run.step({ kind: 'result', key, outcome: { value: 'right' } });
      expect(run.status).toBe('COMPLETED');
      expect(run.data).toEqual({ child: 'right' });
      expect(run.state.error).toBeUndefined();
      expect(run.nodes).toEqual(['A', 'A/s!', 'A/s']);
    });

    it('begins another one where it is retriggered itself', async () => {
      const run = await begin();
      const [{ key }] = run.calls;
      await run.answer('A/0/0', FAILED);
      await run.retrigger();
      expect(openCalls(run.state)).toHaveLength(1);
      expect(openCalls(run.state)).not.toContain(key);
      await run.step({ kind: 'result', key, outcome: { value: 'late' } });
      expect(run.status).toBe('ACTIVE');
      await run.answer('A/0/0', { value: 'new' });
      expect(run.data).toEqual({ child: 'new' });
    });

    it('lets onErrors see its failure', async () => {
      const run = await begin('onErrors: [{ errorRef: item, end: true }]');
      await run.answer('A/0/0', FAILED);
      expect(run.status).toBe('COMPLETED');
    });
  });

  it('records what happens, in its order', async () => {
    const run = await start(
      '  - { name: A, type: operation, actions: [{ name: a, functionRef: call }], end: true }\n',
    );
    await run.answer('A/0/0', FAILED);
    await run.retrigger();
    await run.answer('A/0/0', { value: {} });
    const history = run.records.flatMap(records => records.history);
    expect(
      history.map(({ detail, kind }) =>
        kind === 'node'
          ? `${detail.id} ${detail.definitionId}${
              detail.exit === undefined ? '' : ' left'
            }${detail.errorMessage === undefined ? '' : ' failed'}`
          : `${kind} ${detail.state ?? detail.line}`,
      ),
    ).toEqual([
      'state ACTIVE',
      '1 A',
      '2 A/a',
      '2 A/a left failed',
      'log ERROR A/a: its error',
      'state ERROR',
      '1 A',
      'log INFO The run is retriggered',
      'state ACTIVE',
      '3 A/a',
      '3 A/a left',
      '1 A left',
      'state COMPLETED',
    ]);
    expect(run.state.events).toBe(history.length);
    expect(history[5].detail).toEqual({
      state: 'ERROR',
      error: {
        nodeDefinitionId: 'A/a',
        nodeInstanceId: '2',
        message: 'its error',
      },
    });
  });

  it('leaves all nodes when it is aborted, and keeps the error that it had', async () => {
    const run = await start(
      '  - { name: A, type: operation, actionMode: parallel, actions: [{ name: a, functionRef: call }, { name: b, functionRef: call }], end: true }\n',
    );
    await run.answer('A/0/0', FAILED);
    run.abort();
    expect(run.status).toBe('ABORTED');
    expect(run.nodes).toEqual(['A', 'A/a!', 'A/b']);
    expect(run.state.error?.message).toBe('its error');
    expect(openCalls(run.state)).toEqual([]);
  });

  it('keeps the error of a state that failed when it is aborted', async () => {
    const run = await start(
      '  - { name: A, type: inject, data: {}, stateDataFilter: { output: .a + 1 }, end: true }\n',
      '',
      { a: 'text' },
    );
    expect(run.nodes).toEqual(['A!…']);
    run.abort();
    expect(run.nodes).toEqual(['A!']);
  });

  it('is in error for a reason of the engine without its definition', async () => {
    const run = await start(
      '  - { name: A, type: sleep, duration: PT1H, end: true }\n',
    );
    const { records, state } = broken(
      undefined,
      run.state,
      'no definition',
      Driver.context(evaluator, () => run.now),
    );
    expect(state.status).toBe('ERROR');
    expect(state.error).toEqual({ node: 'A', message: 'no definition' });
    expect(records.history.at(-1)).toMatchObject({
      kind: 'state',
      detail: { state: 'ERROR' },
    });
    expect(run.status).toBe('ACTIVE');
  });

  it('is not retriggered into applying a filter twice', async () => {
    const run = await start(
      `
  - { name: A, type: foreach, stateDataFilter: { input: '{list: .in, more: 1}' }, inputCollection: '.list + .more', iterationParam: x, actions: [{ functionRef: count }], end: true }
`,
      '',
      { in: [1] },
    );
    expect(run.status).toBe('ERROR');
    expect(run.data).toEqual({ list: [1], more: 1 });
    await run.retrigger();
    expect(run.status).toBe('ERROR');
    expect(run.data).toEqual({ list: [1], more: 1 });
    expect(run.nodes).toEqual(['A!…']);
  });

  it('keeps no more of an error than of a line of its log', async () => {
    const run = await start(
      `
  - { name: A, type: operation, actions: [{ name: a, functionRef: call }], end: true }
`,
    );
    await run.answer('A/0/0', {
      failure: { kind: 'http', message: 'x'.repeat(10_000) },
    });
    const cut = `${'x'.repeat(200)}…`;
    expect(run.state.error?.message).toBe(cut);
    expect(JSON.stringify(run.records).length).toBeLessThan(5_000);
    expect(
      run.records.flatMap(({ ended }) =>
        [...ended.values()].map(({ error }) => error),
      ),
    ).toEqual([cut]);
  });
});
