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
import type { StepContext } from './Run';

const HEAD = `
start: A
functions:
  - { name: log, type: custom, operation: sysout }
events:
  - { name: sent, type: t.sent, source: '', kind: produced }
`;

describe('what a run records', () => {
  const evaluator = testEvaluator();

  afterAll(async () => {
    await evaluator.stop();
  });

  const start = (states: string, limits: Partial<StepContext['limits']>) =>
    Driver.start(evaluator, `${HEAD}states:\n${states}`, { limits });

  const forEach = (action: string, items = 20) => `
  - name: A
    type: foreach
    mode: sequential
    inputCollection: '[range(0; ${items})]'
    iterationParam: i
    actions: [{ name: act, ${action} }]
    onErrors: [{ errorRef: any, transition: Caught }]
    end: true
  - { name: Caught, type: inject, data: { caught: true }, end: true }
errors:
  - { name: any, code: java.lang.RuntimeException }
`;
  const sends = `eventRef: { produceEventRef: sent, data: '{ i: $i, text: ("x" * 1000) }' }`;

  it('is stored in parts: events', async () => {
    const run = await start(forEach(sends.replace('$i', '.i')), {
      maxRecorded: 5_000,
    });
    expect(run.status).toBe('COMPLETED');
    expect(run.produced).toHaveLength(20);
    const counts = run.records.map(({ produced }) => produced.length);
    expect(Math.max(...counts)).toBeLessThanOrEqual(5);
    expect(
      run.records.flatMap(one => one.produced).map(({ id }) => id),
    ).toEqual(Array.from({ length: 20 }, (_v, i) => `run-1.${i + 1}`));
  });

  it('is stored in parts: lines of the log', async () => {
    const run = await start(
      forEach(
        `functionRef: { refName: log, arguments: { message: '\${ "x" * 150 }' } }`,
      ),
      { maxRecorded: 600 },
    );
    expect(run.status).toBe('COMPLETED');
    const counts = run.records.map(({ lines }) => lines.length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(20);
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });

  it('is stored in parts: states', async () => {
    const run = await start(
      `
  - { name: A, type: inject, data: {}, transition: B }
  - { name: B, type: inject, data: {}, transition: C }
  - { name: C, type: inject, data: { done: true }, end: true }
`,
      { maxRecorded: 1 },
    );
    expect(run.data).toEqual({ done: true });
    expect(run.nodes).toEqual(['A', 'B', 'C']);
    expect(Math.max(...run.records.map(({ entered }) => entered.length))).toBe(
      1,
    );
  });

  it('has no more events that wait than may, and nobody catches that', async () => {
    const run = await start(forEach(sends.replace('$i', '.i'), 6), {
      maxProduced: 5,
    });
    expect(run.status).toBe('ERROR');
    expect(run.state.error?.message).toContain(
      'More than 5 events of the run would wait to be sent',
    );
    expect(run.produced).toHaveLength(5);
    // Once they are sent, it goes on with the one that did not go out.
    await run.retrigger();
    expect(run.status).toBe('COMPLETED');
    expect(run.produced).toHaveLength(6);
  });

  it('has no more in its history than the first lines, and says so', async () => {
    const run = await start(
      forEach(
        `functionRef: { refName: log, arguments: { message: 'a line' } }`,
        10,
      ),
      { maxLines: 4 },
    );
    const history = run.records.flatMap(one => one.history);
    expect(
      history
        .filter(({ kind }) => kind === 'log')
        .map(({ detail }) => detail.line),
    ).toEqual([
      ...Array(4).fill('INFO a line'),
      'WARN The run has logged 4 lines; further ones are in its log only',
    ]);
    expect(run.state.events).toBe(history.length);
    expect(run.records.flatMap(one => one.lines)).toHaveLength(10);
  });

  it('has names as short as its nodes have them', async () => {
    const name = 'n'.repeat(3_000);
    const run = await start(
      forEach(
        'functionRef: { refName: log, arguments: { message: x } }',
      ).replace('name: act', `name: ${name}`),
      {},
    );
    const longest = run.records
      .flatMap(one => one.history)
      .map(({ detail }) => JSON.stringify(detail).length);
    expect(Math.max(...longest)).toBeLessThan(2_000);
  });
});
