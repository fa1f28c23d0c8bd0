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

import { mockServices } from '@backstage/backend-test-utils';
import { testEvaluator } from '../__testUtils__/compile';
import { Driver } from '../interpreter/__testUtils__/Driver';
import type { RunEvent } from '../interpreter/step';
import { systemClock } from './clock';
import type { Mailbox } from './Mailbox';
import { Patience } from './Patience';
import type { RunHost } from './RunHost';
import { RunSteps } from './RunSteps';

const DEFINITION = `
start: A
functions:
  - { name: call, type: custom, operation: 'rest:post:http://api.test/call' }
  - { name: log, type: custom, operation: sysout }
states:
  - name: A
    type: foreach
    inputCollection: '[1, 2, 3]'
    iterationParam: i
    actions:
      - { name: first, functionRef: call }
      - { name: says, functionRef: { refName: log, arguments: { message: a line of the log } } }
      - { name: says again, functionRef: { refName: log, arguments: { message: a line of the log } } }
    end: true
`;

describe('RunSteps', () => {
  const evaluator = testEvaluator();

  afterAll(async () => {
    await evaluator.stop();
  });

  /** Takes a run that has the results of its three calls at once to its end, part by part. */
  const partsOf = async (maxRecorded: number, maxJournal = 1_000) => {
    const run = await Driver.start(evaluator, DEFINITION);
    const host = {
      context: Driver.context(evaluator, () => run.now, { maxRecorded }),
      logger: mockServices.logger.mock(),
      clock: systemClock,
      maxJournal,
      definition: async () => run.definition,
      unsent: async () => 0,
    } as Partial<RunHost> as RunHost;
    const mailbox = {
      refresh: async () => {},
      restore: () => {},
      next: async () => undefined,
      taken: [],
    } as Partial<Mailbox> as Mailbox;
    const steps = new RunSteps(
      host,
      { id: 'run-1', definitionHash: 'hash', attempts: 0 },
      mailbox,
      new Patience(systemClock),
    );
    let events: readonly RunEvent[] = run.calls.map(({ key }) => ({
      kind: 'result',
      key,
      outcome: { value: {} },
    }));
    let { state } = run;
    let journal = 0;
    const parts = [];
    while (events.length > 0) {
      const drained = await steps.drain(state, journal, events);
      ({ state, journal, left: events } = drained!);
      parts.push({
        results: drained!.results.length,
        lines: drained!.records.flatMap(({ lines }) => lines).length,
        left: events.map(({ kind }) => kind).join(),
      });
    }
    return { parts, state };
  };

  it('takes all that came at once, where it records little', async () => {
    const { parts, state } = await partsOf(1_000_000);
    expect(parts).toEqual([{ results: 3, lines: 6, left: '' }]);
    expect(state.status).toBe('COMPLETED');
  });

  it('takes it in parts where it records much, and what is left first', async () => {
    const { parts, state } = await partsOf(40);
    expect(state.status).toBe('COMPLETED');
    expect(parts.length).toBeGreaterThan(3);
    expect(parts[0]).toMatchObject({
      results: 1,
      left: 'wake,result,result',
    });
    const sum = (name: 'results' | 'lines') =>
      parts.reduce((all, part) => all + part[name], 0);
    expect([sum('results'), sum('lines')]).toEqual([3, 6]);
  });

  it('keeps the results of calls of a run that has recorded too much', async () => {
    const { parts, state } = await partsOf(40, 1);
    expect(state.status).toBe('ERROR');
    expect(parts[0]).toMatchObject({ results: 1, left: 'result,result' });
    expect(JSON.stringify(state.frame).match(/"arrived"/g)).toHaveLength(2);
  });
});
