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
import fc from 'fast-check';
import { testEvaluator } from '../__testUtils__/compile';
import { Driver, event, START } from './__testUtils__/Driver';
import {
  effects,
  openCalls,
  type RunState,
  sequences,
  wakeAt,
} from './RunState';
import { startState } from './startState';
import { retriggered, step } from './step';

jest.setTimeout(60_000);

/** Ways to act that a random run is driven by; each is a no-op where it does not apply. */
type Move =
  | { kind: 'answer'; number: number; fails: boolean }
  | { kind: 'pass'; milliseconds: number }
  | { kind: 'event'; type: string; value: number }
  | { kind: 'late' }
  | { kind: 'retrigger' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      number: fc.nat(5),
      fails: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(1, 999, 1_000, 5_000, 30_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      type: fc.constantFrom('t.one', 't.two'),
      value: fc.nat(9),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('late' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('retrigger' as const) }),
  },
);

const actionSpec = fc.record({
  kind: fc.constantFrom('call', 'set', 'fail', 'sub', 'ask'),
  sleep: fc.constantFrom(undefined, 'before', 'after'),
  timeout: fc.boolean(),
  retry: fc.boolean(),
  to: fc.boolean(),
});

interface ActionSpec {
  kind: string;
  sleep?: string;
  timeout: boolean;
  retry: boolean;
  to: boolean;
}

const actionList = fc.array(actionSpec, { minLength: 1, maxLength: 3 });

function action(spec: ActionSpec, name: string): JsonObject {
  const called: JsonObject =
    spec.kind === 'sub'
      ? { subFlowRef: 'child' }
      : spec.kind === 'ask'
      ? {
          eventRef: {
            triggerEventRef: 'sent',
            resultEventRef: 'one',
            data: '{asked: 1}',
            resultEventTimeout: 'PT10S',
          },
        }
      : { functionRef: spec.kind };
  return {
    name,
    ...called,
    ...(spec.sleep === undefined ? {} : { sleep: { [spec.sleep]: 'PT1S' } }),
    ...(spec.retry ? { retryRef: 'again' } : {}),
    ...(spec.to ? { actionDataFilter: { toStateData: `.${name}` } } : {}),
  };
}

const stateSpec = fc.record({
  type: fc.constantFrom(
    'operation',
    'together',
    'parallel',
    'foreach',
    'event',
    'all',
    'callback',
    'sleep',
    'inject',
    'switch',
  ),
  actions: actionList,
  others: actionList,
  caught: fc.boolean(),
  undone: fc.boolean(),
  compensates: fc.boolean(),
  produces: fc.boolean(),
  timeout: fc.boolean(),
});

interface Spec {
  type: string;
  actions: ActionSpec[];
  others: ActionSpec[];
  caught: boolean;
  undone: boolean;
  compensates: boolean;
  produces: boolean;
  timeout: boolean;
}

function body(spec: Spec, i: number): JsonObject {
  const list = (specs: readonly ActionSpec[], prefix: string) =>
    specs.map((one, j) => action(one, `${prefix}${i}x${j}`));
  const actions = list(spec.actions, 'a');
  const others = list(spec.others, 'b');
  const actionExecTimeout = spec.actions[0].timeout
    ? { actionExecTimeout: 'PT5S' }
    : {};
  switch (spec.type) {
    case 'together':
      return {
        type: 'operation',
        actionMode: 'parallel',
        actions,
        timeouts: actionExecTimeout,
      };
    case 'parallel':
      return {
        type: 'parallel',
        ...(spec.undone ? { completionType: 'atLeast', numCompleted: 1 } : {}),
        branches: [
          {
            name: 'l',
            actions,
            timeouts: spec.timeout ? { branchExecTimeout: 'PT20S' } : {},
          },
          { name: 'r', actions: others },
        ],
      };
    case 'foreach':
      return {
        type: 'foreach',
        inputCollection: '.list',
        iterationParam: 'x',
        batchSize: 2,
        actions,
        ...(spec.undone ? { outputCollection: '.out' } : {}),
      };
    case 'event':
    case 'all':
      return {
        type: 'event',
        exclusive: spec.type === 'event',
        onEvents: [
          { eventRefs: ['one'], actions },
          { eventRefs: ['two'], actions: others, actionMode: 'parallel' },
        ],
        timeouts: spec.timeout ? { eventTimeout: 'PT15S' } : {},
      };
    case 'callback':
      return {
        type: 'callback',
        action: actions[0],
        eventRef: 'two',
        timeouts: spec.timeout ? { eventTimeout: 'PT15S' } : {},
      };
    case 'sleep':
      return { type: 'sleep', duration: 'PT3S' };
    case 'inject':
      return { type: 'inject', data: { [`i${i}`]: i } };
    default:
      return {
        type: 'operation',
        actions,
        timeouts: spec.timeout ? { stateExecTimeout: 'PT25S' } : {},
      };
  }
}

/** A definition of random states, one after another. */
function definitionOf(specs: readonly Spec[], limited: boolean): JsonObject {
  const states = specs.flatMap((spec, i): JsonObject[] => {
    const last = i === specs.length - 1;
    const more = {
      compensate: spec.compensates,
      ...(spec.produces
        ? { produceEvents: [{ eventRef: 'sent', data: '.' }] }
        : {}),
    };
    const next: JsonObject = last
      ? { end: more }
      : { transition: { nextState: `S${i + 1}`, ...more } };
    const catches = spec.caught && spec.type !== 'inject';
    return [
      {
        name: `S${i}`,
        ...body(spec, i),
        ...next,
        ...(catches
          ? {
              onErrors: [
                {
                  errorRef: 'any',
                  ...(last ? { end: true } : { transition: `S${i + 1}` }),
                },
              ],
            }
          : {}),
        ...(spec.undone ? { compensatedBy: `U${i}` } : {}),
      },
      ...(spec.undone
        ? [
            {
              name: `U${i}`,
              type: 'operation',
              usedForCompensation: true,
              actions: [{ name: `u${i}`, functionRef: 'call' }],
            },
          ]
        : []),
    ];
  });
  return {
    id: 'flow',
    version: '1.0',
    specVersion: '0.8',
    name: 'a random flow',
    start: 'S0',
    ...(limited ? { timeouts: { workflowExecTimeout: 'PT2M' } } : {}),
    functions: [
      {
        name: 'call',
        type: 'custom',
        operation: 'rest:post:http://api.test/call',
      },
      {
        name: 'set',
        type: 'expression',
        operation: '{set: ((.set // 0) + 1)}',
      },
      { name: 'fail', type: 'expression', operation: '.list + 1' },
    ],
    errors: [{ name: 'any', code: 'java.lang.RuntimeException' }],
    retries: [{ name: 'again', delay: 'PT2S', maxAttempts: 2 }],
    events: [
      { name: 'one', type: 't.one', source: '' },
      { name: 'two', type: 't.two', source: '' },
      { name: 'sent', type: 't.sent', source: '', kind: 'produced' },
    ],
    states,
  };
}

async function act(run: Driver, moved: Move, late: string[]): Promise<void> {
  switch (moved.kind) {
    case 'answer': {
      const { calls } = run;
      const call = calls[moved.number % Math.max(1, calls.length)];
      if (call !== undefined) {
        await run.step({
          kind: 'result',
          key: call.key,
          outcome: moved.fails
            ? {
                failure: {
                  kind: 'http',
                  status: 500,
                  message: 'status code 500',
                },
              }
            : { value: { [`r${call.key.replace('.', 'x')}`]: moved.number } },
        });
        late.push(call.key);
      }
      break;
    }
    case 'pass':
      await run.pass(moved.milliseconds);
      break;
    case 'event':
      await run.send(event(moved.type, { [moved.type.slice(2)]: moved.value }));
      break;
    case 'late':
      if (late[0] !== undefined) {
        const before = JSON.stringify(run.state);
        if (!openCalls(run.state).includes(late[0])) {
          await run.step({
            kind: 'result',
            key: late[0],
            outcome: { value: 'late' },
          });
          expect(JSON.stringify(run.state)).toBe(before);
        }
      }
      break;
    default:
      if (run.status === 'ERROR') {
        await run.retrigger();
      }
  }
}

/** What holds of every state in which a run waits or has ended. */
function checkState(run: Driver): void {
  const { now, state } = run;
  const time = wakeAt(state);
  if (time !== undefined) {
    expect(time).toBeGreaterThan(now);
  }
  const keys = effects(state).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  switch (state.status) {
    case 'ACTIVE': {
      // A run that is active waits for something, lest it hang for ever.
      expect(
        keys.length > 0 || time !== undefined || run.waits.length > 0,
      ).toBe(true);
      break;
    }
    case 'ERROR':
      expect(state.error).toBeDefined();
      expect(keys).toEqual([]);
      break;
    default:
      expect(sequences(state)).toEqual([]);
      expect(openCalls(state)).toEqual([]);
  }
  const history = run.records.flatMap(records => records.history);
  expect(state.events).toBe(history.length);
}

describe('the interpreter, over random definitions and events', () => {
  const evaluator = testEvaluator();

  afterAll(async () => {
    await evaluator.stop();
  });

  it('always waits for something or has ended, leaves every node that it entered, and makes no key twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stateSpec, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.array(move, { maxLength: 25 }),
        async (specs, limited, moves) => {
          const run = await Driver.start(
            evaluator,
            definitionOf(specs, limited),
            { input: { list: [1, 2, 3] } },
          );
          const seen = new Map<string, string>();
          const late: string[] = [];
          checkState(run);
          for (const one of moves) {
            for (const { data, key } of run.calls) {
              // A call that is sent again has the data that it had.
              const text = JSON.stringify(data);
              expect(seen.get(key) ?? text).toBe(text);
              seen.set(key, text);
            }
            await act(run, one, late);
            checkState(run);
            late.forEach(key =>
              expect(run.calls.map(call => call.key)).not.toContain(key),
            );
          }
          if (run.status === 'ACTIVE' || run.status === 'ERROR') {
            run.abort();
          }
          expect(run.nodes.filter(node => node.endsWith('…'))).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('comes to the same state by the same events', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stateSpec, { minLength: 1, maxLength: 3 }),
        fc.array(move, { maxLength: 15 }),
        async (specs, moves) => {
          const input = { list: [1, 2] };
          const run = await Driver.start(evaluator, definitionOf(specs, true), {
            input,
          });
          const late: string[] = [];
          for (const one of moves) {
            await act(run, one, late);
          }
          let now = START;
          const context = Driver.context(evaluator, () => now);
          let state: RunState = startState(run.definition, input, { now });
          for (const entry of run.journal) {
            now = entry.time;
            // Without a way through JSON here: it makes no difference.
            state =
              entry.event.kind === 'retrigger'
                ? retriggered(run.definition, state, context).state
                : (await step(run.definition, state, entry.event, context))
                    .state;
          }
          expect(JSON.parse(JSON.stringify(state))).toEqual(
            JSON.parse(JSON.stringify(run.state)),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});
