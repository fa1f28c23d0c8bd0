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

/** What is no function. */
const CALLS: { readonly [kind: string]: JsonObject } = {
  sub: { subFlowRef: 'child' },
  ask: {
    eventRef: {
      triggerEventRef: 'sent',
      resultEventRef: 'one',
      data: '{asked: 1}',
      resultEventTimeout: 'PT10S',
    },
  },
};

function action(spec: ActionSpec, name: string): JsonObject {
  const called = CALLS[spec.kind] ?? { functionRef: spec.kind };
  return {
    name,
    ...called,
    ...(spec.sleep === undefined ? {} : { sleep: { [spec.sleep]: 'PT1S' } }),
    ...(spec.retry ? { retryRef: 'again' } : {}),
    ...(spec.to ? { actionDataFilter: { toStateData: `.${name}` } } : {}),
  };
}

/** A random state. */
export const stateSpec = fc.record({
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
export function definitionOf(
  specs: readonly Spec[],
  limited: boolean,
): JsonObject {
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
