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

/** A place of the language at which a text is read, as an expression or not. */
export interface LeakPosition {
  readonly name: string;
  /**
   * What becomes of a definition that has the secret there: it is refused, it runs and the text stays a text, or the secret is sent
   * with a call, where it belongs.
   */
  readonly outcome: 'refused' | 'literal' | 'sent';
  /** What is special of a definition with a text there; the rest is as in `leakDefinition`. */
  readonly make: (text: string) => JsonObject;
  /** Whether the run waits for the event `go`. */
  readonly waits?: boolean;
}

const echo = (args: JsonValue): JsonObject => ({
  functionRef: { refName: 'echo', arguments: args },
});
const konst: JsonObject = { functionRef: 'konst' };

const operation = (more: JsonObject): JsonObject => ({
  states: [
    { name: 'A', type: 'operation', actions: [konst], end: true, ...more },
  ],
});
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

/** Every place where a definition can have a text that the engine reads. */
export const leakPositions: readonly LeakPosition[] = [
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
  {
    name: 'the data of inject',
    outcome: 'literal',
    make: text => ({
      states: [{ name: 'A', type: 'inject', data: { a: text }, end: true }],
    }),
  },
  {
    name: 'constants',
    outcome: 'literal',
    make: text => ({
      constants: { leak: text },
      ...operation({
        actions: [
          { functionRef: { refName: 'echo', arguments: { a: '$CONST.leak' } } },
        ],
      }),
    }),
  },
  {
    name: 'description',
    outcome: 'literal',
    make: text => ({ description: text, ...operation({}) }),
  },
  {
    name: 'an argument of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ a: text })] }),
  },
  {
    name: 'an argument in the depth of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ a: [{ b: text }] })] }),
  },
  {
    name: 'a header of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ 'HEADER_X-Key': text })] }),
  },
  {
    name: 'a query of a call',
    outcome: 'sent',
    make: text => operation({ actions: [echo({ QUERY_key: text })] }),
  },
  {
    name: 'the path of a call',
    outcome: 'sent',
    make: text =>
      operation({
        actions: [
          { functionRef: { refName: 'path', arguments: { part: text } } },
        ],
      }),
  },
  {
    name: 'an argument of a call that fails',
    outcome: 'sent',
    make: text =>
      operation({
        actions: [{ functionRef: { refName: 'bad', arguments: { a: text } } }],
      }),
  },
  {
    name: 'an argument in an iteration',
    outcome: 'sent',
    make: text => ({
      states: [
        {
          name: 'A',
          type: 'foreach',
          inputCollection: '[1]',
          iterationParam: 'x',
          outputCollection: '.out',
          actions: [
            echo({ a: text, x: '$x' }),
            echo({ before: '$WORKFLOW.prevActionResult' }),
          ],
          end: true,
        },
      ],
    }),
  },
  {
    name: 'an argument in a branch, echoed into an event',
    outcome: 'sent',
    make: text => ({
      states: [
        {
          name: 'A',
          type: 'parallel',
          branches: [{ name: 'a', actions: [echo({ a: text })] }],
          end: { produceEvents: [{ eventRef: 'out' }] },
        },
      ],
    }),
  },
  {
    name: 'an argument of a callback, echoed into a log line and an error',
    outcome: 'sent',
    make: text => ({
      states: [
        {
          name: 'A',
          type: 'callback',
          action: echo({ a: text }),
          eventRef: 'go',
          transition: 'B',
        },
        {
          name: 'B',
          type: 'operation',
          actions: [
            {
              functionRef: {
                refName: 'log',
                arguments: { message: 'tostring' },
              },
            },
          ],
          metadata: { errorMessage: 'tostring' },
          end: true,
        },
      ],
    }),
    waits: true,
  },
];

/** Ways to write the secret that a call may have: as a whole. */
export const wholeTexts: readonly string[] = [
  '$SECRET.token',
  '${ $SECRET.token }',
  '$SECRET["token"]',
  '"Bearer " + $SECRET.token',
  '"Bearer \\($SECRET.token)"',
];

/** Ways to take the secret apart, or to get at it by a detour: nothing may have them. */
export const tricks: readonly string[] = [
  '$SECRET',
  '$SECRET | tostring',
  '$SECRET | keys',
  '$SECRET.token[0:4]',
  '$SECRET.token | @base64',
  '$SECRET.token | explode',
  '$SECRET.token | ascii_upcase',
  '[$SECRET.token] | join("-")',
  '{ ($SECRET.token): 1 }',
  '$SECRET.token | test("^s")',
  'if $SECRET.token > "m" then "yes" else "no" end',
  'try error($SECRET.token) catch .',
  '$SECRET as $x | $x.token | length',
  '. as $d | $SECRET.token | ltrimstr("s")',
  'reduce ($SECRET.token | explode)[] as $c (0; . + $c)',
  'def f: $SECRET.token; f | reverse',
  '$SECRET | to_entries',
  '$SECRET | .["to" + "ken"]',
  '[$SECRET[]]',
  '$__loc__ | $SECRET.token | length',
  'limit(1; $SECRET.token)',
  'path($SECRET.token)',
  '"\\($SECRET.token | @uri)"',
  '@json "\\($SECRET.token)"',
  '@base64 "\\($SECRET.token)"',
  'fn:reveal',
];

/** A definition with a text at a place. */
export function leakDefinition(
  id: string,
  { make }: LeakPosition,
  text: string,
): JsonObject {
  const definition: JsonObject = {
    id,
    name: id,
    version: '1.0',
    specVersion: '0.8',
    start: 'A',
    functions: [
      { name: 'konst', type: 'expression', operation: '{ k: 1 }' },
      { name: 'echo', type: 'custom', operation: 'rest:post:/echo' },
      { name: 'path', type: 'custom', operation: 'rest:get:/mirror/{part}' },
      { name: 'bad', type: 'custom', operation: 'rest:post:/bad' },
      { name: 'log', type: 'custom', operation: 'sysout' },
      ...(text === 'fn:reveal'
        ? [
            {
              name: 'reveal',
              type: 'expression',
              operation: '$SECRET.token | @base64',
            },
          ]
        : []),
    ],
    events: [
      { name: 'go', type: 'leak.go', source: '' },
      { name: 'out', type: 'leak.out', source: '', kind: 'produced' },
    ],
  };
  return JSON.parse(JSON.stringify({ ...definition, ...make(text) }));
}
