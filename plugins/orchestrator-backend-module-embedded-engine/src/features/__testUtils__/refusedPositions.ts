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

import type { JsonObject, JsonValue } from '@backstage/types';
import { echo, konst, type LeakPosition, operation } from './LeakPosition';

const action = (more: JsonObject): JsonObject =>
  operation({ actions: [{ ...konst, ...more }, echo({ all: '.' })] });
const ending = (end: JsonValue): JsonObject => ({
  states: [{ name: 'A', type: 'inject', data: { a: 1 }, end }],
});
const waiting = (state: JsonObject): JsonObject => ({
  states: [
    { name: 'A', type: 'inject', data: { a: 1 }, transition: 'B' },
    { name: 'B', end: true, ...state },
  ],
});

const refused = (
  name: string,
  make: LeakPosition['make'],
  waits = false,
): LeakPosition => ({ name, outcome: 'refused', make, waits });

/** The places where no definition may have a secret. */
export const refusedPositions: readonly LeakPosition[] = [
  refused('stateDataFilter.input', text =>
    operation({ stateDataFilter: { input: text } }),
  ),
  refused('stateDataFilter.output', text =>
    operation({ stateDataFilter: { output: text } }),
  ),
  refused('actions.condition', text => action({ condition: text })),
  refused('actionDataFilter.fromStateData', text =>
    action({ actionDataFilter: { fromStateData: text } }),
  ),
  refused('actionDataFilter.results', text =>
    action({ actionDataFilter: { results: text } }),
  ),
  refused('actionDataFilter.toStateData', text =>
    action({ actionDataFilter: { toStateData: text } }),
  ),
  refused('the operation of a function', text => ({
    functions: [
      { name: 'konst', type: 'expression', operation: text },
      { name: 'echo', type: 'custom', operation: 'rest:post:/echo' },
    ],
    ...action({}),
  })),
  refused('the message of sysout', text =>
    operation({
      actions: [
        { functionRef: { refName: 'log', arguments: { message: text } } },
      ],
    }),
  ),
  refused('a condition of a switch', text => ({
    states: [
      {
        name: 'A',
        type: 'switch',
        dataConditions: [{ condition: text, end: true }],
        defaultCondition: { end: true },
      },
    ],
  })),
  refused(
    'the eventDataFilter.data of a switch',
    text =>
      waiting({
        type: 'switch',
        end: undefined,
        timeouts: { eventTimeout: 'PT1H' },
        eventConditions: [
          { eventRef: 'go', end: true, eventDataFilter: { data: text } },
        ],
        defaultCondition: { end: true },
      }),
    true,
  ),
  refused(
    'the eventDataFilter.data of an event state',
    text =>
      waiting({
        type: 'event',
        onEvents: [{ eventRefs: ['go'], eventDataFilter: { data: text } }],
      }),
    true,
  ),
  refused(
    'the eventDataFilter.toStateData of an event state',
    text =>
      waiting({
        type: 'event',
        onEvents: [
          { eventRefs: ['go'], eventDataFilter: { toStateData: text } },
        ],
      }),
    true,
  ),
  refused(
    'the eventDataFilter.data of a callback',
    text =>
      waiting({
        type: 'callback',
        action: konst,
        eventRef: 'go',
        eventDataFilter: { data: text },
      }),
    true,
  ),
  refused('the inputCollection of a foreach', text => ({
    states: [
      {
        name: 'A',
        type: 'foreach',
        inputCollection: text,
        iterationParam: 'x',
        outputCollection: '.out',
        actions: [echo({ x: '$x' })],
        end: true,
      },
    ],
  })),
  refused('the outputCollection of a foreach', text => ({
    states: [
      {
        name: 'A',
        type: 'foreach',
        inputCollection: '[1]',
        iterationParam: 'x',
        outputCollection: text,
        actions: [konst],
        end: true,
      },
    ],
  })),
  refused('the data of produceEvents at an end', text =>
    ending({ produceEvents: [{ eventRef: 'out', data: text }] }),
  ),
  refused('the contextAttributes of produceEvents', text =>
    ending({
      produceEvents: [{ eventRef: 'out', contextAttributes: { leak: text } }],
    }),
  ),
  refused('the data of produceEvents on a transition', text => ({
    states: [
      {
        name: 'A',
        type: 'inject',
        data: {},
        transition: {
          nextState: 'B',
          produceEvents: [{ eventRef: 'out', data: text }],
        },
      },
      { name: 'B', type: 'inject', data: {}, end: true },
    ],
  })),
  refused('the data of an event that an action sends', text =>
    operation({
      actions: [{ eventRef: { triggerEventRef: 'out', data: text } }],
    }),
  ),
  refused('the contextAttributes of an event that an action sends', text =>
    operation({
      actions: [
        {
          eventRef: {
            triggerEventRef: 'out',
            contextAttributes: { leak: text },
          },
        },
      ],
    }),
  ),
  refused('the data for a sub-flow', text =>
    operation({
      actions: [
        {
          subFlowRef: 'leakChild',
          actionDataFilter: { fromStateData: text },
        },
      ],
    }),
  ),
  refused('metadata.errorMessage', text =>
    operation({ metadata: { errorMessage: text } }),
  ),
  refused('the arguments of a function of type expression', text =>
    operation({
      actions: [{ functionRef: { refName: 'konst', arguments: { a: text } } }],
    }),
  ),
];
