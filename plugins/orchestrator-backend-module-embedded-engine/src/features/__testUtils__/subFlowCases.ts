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

const worked = { child: 'worked', one: 1 };

/** Runs that start others, and wait for them or not. */
export const subFlowCases: readonly FeatureCase[] = [
  {
    name: 'abort of a run that waits, with its sub-flow',
    definition: 'subFlowWaits',
    input: { mode: 'wait' },
    steps: [{ manage: 'abort', when: 'ACTIVE' }],
    expect: { state: 'ABORTED', data: { mode: 'wait' } },
  },
  {
    name: 'a sub-flow, with filters and a version',
    definition: 'subFlow',
    input: { p: 5 },
    expect: {
      state: 'COMPLETED',
      data: { p: 5, sub: { child: 'worked', given: 5, one: 1 }, two: 2 },
      calls: { '/one': 1, '/two': 1 },
      children: [
        {
          definition: 'child',
          state: 'COMPLETED',
          data: { mode: 'work', given: 5, ...worked },
        },
      ],
    },
  },
  {
    name: 'a sub-flow that waits for an event',
    definition: 'subFlowWaits',
    input: { mode: 'wait' },
    steps: [{ signal: 'go', data: { g: 1 }, child: true }],
    expect: {
      state: 'COMPLETED',
      data: { mode: 'wait', go: { g: 1 }, after: true },
      children: [
        {
          definition: 'child',
          state: 'COMPLETED',
          data: { mode: 'wait', go: { g: 1 } },
        },
      ],
    },
  },
  {
    name: 'sub-flows of iterations',
    definition: 'subFlowEach',
    input: { items: [1, 2] },
    expect: {
      state: 'COMPLETED',
      data: {
        items: [1, 2],
        out: [
          [1, 'worked'],
          [2, 'worked'],
        ],
      },
      calls: { '/one': 2 },
      children: [1, 2].map(x => ({
        definition: 'child',
        state: 'COMPLETED',
        data: { mode: 'work', x, ...worked },
      })),
    },
  },
  {
    name: 'an asynchronous sub-flow that goes on when its parent has ended',
    definition: 'subFlowAsync',
    input: { mode: 'wait' },
    steps: [{ signal: 'go', data: 7, child: true }],
    expect: {
      state: 'COMPLETED',
      data: { mode: 'wait' },
      children: [
        {
          definition: 'child',
          state: 'COMPLETED',
          data: { mode: 'wait', go: 7 },
        },
      ],
    },
  },
  {
    name: 'an asynchronous sub-flow that ends with its parent',
    definition: 'subFlowEnded',
    input: { mode: 'wait' },
    expect: {
      state: 'COMPLETED',
      data: { mode: 'wait' },
      children: [
        { definition: 'child', state: 'ABORTED', data: { mode: 'wait' } },
      ],
    },
  },
  {
    name: 'a failing sub-flow that onErrors sees',
    definition: 'subFlowCaught',
    input: { mode: 'fail' },
    expect: {
      state: 'COMPLETED',
      data: { mode: 'fail', caught: true },
      calls: { '/flaky': 1 },
      children: [
        { definition: 'child', state: 'ERROR', data: { mode: 'fail' } },
      ],
    },
  },
  {
    name: 'a failing sub-flow that is retriggered lets its parent go on',
    definition: 'subFlowWaits',
    input: { mode: 'fail' },
    steps: [{ manage: 'retrigger', when: 'ERROR', child: true }],
    expect: {
      state: 'COMPLETED',
      data: { mode: 'fail', fine: true, after: true },
      calls: { '/flaky': 2 },
      children: [
        {
          definition: 'child',
          state: 'COMPLETED',
          data: { mode: 'fail', fine: true },
        },
      ],
    },
  },
  {
    name: 'a sub-flow of another version than the one that is asked for',
    definition: 'subFlowVersion',
    input: {},
    expect: { state: 'COMPLETED', data: { caught: true }, children: [] },
  },
];
