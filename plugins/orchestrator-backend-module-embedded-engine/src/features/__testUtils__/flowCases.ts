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

import type { FeatureCase } from './FeatureCase';

/** Timeouts, compensation, events and ends. */
export const flowCases: readonly FeatureCase[] = [
  {
    name: 'the timeout of an action',
    definition: 'actionTimeout',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { caught: 'action' },
    },
  },
  {
    name: 'the timeout of a state, from the definition',
    definition: 'stateTimeout',
    input: {},
    expect: { state: 'COMPLETED', data: { caught: 'state' } },
  },
  {
    name: 'the timeout of a branch',
    definition: 'branchTimeout',
    input: {},
    expect: { state: 'COMPLETED', data: { caught: 'branch' } },
  },
  {
    name: 'the timeout of an event: a normal exit, without the actions',
    definition: 'eventTimeout',
    input: {},
    expect: { state: 'COMPLETED', data: { done: true } },
  },
  {
    name: 'the timeout of a workflow, with a state to run before',
    definition: 'workflowTimeout',
    input: {},
    expect: {
      state: 'ABORTED',
      data: { one: 1 },
      error: /./,
      calls: { '/one': 1 },
    },
  },
  {
    name: 'compensation: newest first, as often as a state was completed, with the current data',
    definition: 'compensation',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { n: 7, undone: [7, 7], one: 1, two: 2, left: 1, after: true },
      calls: { '/one': 2, '/two': 1, '/left': 1 },
      order: ['/one', '/two', '/left'],
    },
  },
  {
    name: 'compensation at an end that fails, and goes on when it is retriggered',
    definition: 'compensationFails',
    input: {},
    steps: [{ manage: 'retrigger', when: 'ERROR' }],
    expect: {
      state: 'COMPLETED',
      data: { one: 1, fine: true },
      calls: { '/one': 1, '/flaky': 2 },
    },
  },
  {
    name: 'start by event, and an event that correlates with it',
    definition: 'startByEvent',
    steps: [
      {
        raise: {
          type: 'feature.ordered',
          source: '/shop',
          data: { order: { k: 1 } },
          extensions: { orderid: '$key' },
        },
      },
      {
        raise: {
          type: 'feature.paid',
          source: '/other',
          data: { wrong: true },
          extensions: { orderid: '$key' },
        },
      },
      {
        raise: {
          type: 'feature.paid',
          source: '/bank',
          data: { p: 1 },
          extensions: { orderid: '$key' },
        },
      },
    ],
    expect: {
      state: 'COMPLETED',
      data: { order: { k: 1 }, one: 1, paid: { p: 1 } },
      calls: { '/one': 1 },
    },
  },
  {
    name: 'produceEvents on a transition, by an action and at an end, in their order',
    definition: 'produceEvents',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { n: 1 },
      emitted: [
        { type: 'feature.first', data: { on: 'transition', n: 1 } },
        { type: 'feature.second', data: { n: 1 } },
        {
          type: 'feature.first',
          data: { on: 'action' },
          attributes: { orderid: 'o-1' },
        },
        { type: 'feature.second', data: 1 },
        { type: 'feature.first', data: 'last' },
      ],
    },
  },
  {
    name: 'an event of a run that starts another workflow',
    definition: 'producer',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { n: 1 },
      emitted: [{ type: 'feature.internal', data: { n: 2 } }],
      startsByItsEvent: {
        definition: 'consumer',
        state: 'COMPLETED',
        data: { n: 2, one: 1 },
      },
    },
  },
  {
    name: 'an action that sends an event and waits for another',
    definition: 'eventAction',
    input: { q: 'why' },
    steps: [{ signal: 'reply', data: { text: 'because' } }],
    expect: {
      state: 'COMPLETED',
      data: { q: 'why', said: 'because' },
      emitted: [{ type: 'feature.question', data: { q: 'why' } }],
    },
  },
  {
    name: 'an end with terminate',
    definition: 'terminate',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { left: 1 },
      calls: { '/left': 1, '/silent': 1 },
    },
  },
  {
    name: 'keepActive',
    definition: 'keepActive',
    input: {},
    expect: { state: 'ACTIVE', data: { kept: true } },
  },
  {
    name: 'keepActive, with an end that terminates',
    definition: 'keepActiveTerminates',
    input: {},
    expect: { state: 'COMPLETED', data: { kept: false } },
  },
];
