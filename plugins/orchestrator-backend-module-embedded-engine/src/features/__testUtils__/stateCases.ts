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

/** The eight states. */
export const stateCases: readonly FeatureCase[] = [
  {
    name: 'operation: actions one after another, with conditions, sleeps, all filters and sysout',
    definition: 'operation',
    input: { count: 1, dropped: true },
    expect: {
      state: 'COMPLETED',
      data: { count: 2, one: 'first' },
      calls: { '/value': 1, '/two': 1 },
      order: ['/value', '/two'],
      lines: ['one is first'],
    },
  },
  {
    name: 'operation: actions side by side',
    definition: 'sideBySide',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { left: 1, right: 1 },
      calls: { '/left': 1, '/right': 1 },
    },
  },
  {
    name: 'switch on data',
    definition: 'switchData',
    input: { n: 2 },
    expect: { state: 'COMPLETED', data: { n: 2, took: 'big' } },
  },
  {
    name: 'switch on events, with an eventDataFilter',
    definition: 'switchEvent',
    input: {},
    steps: [{ signal: 'approved', data: { who: 'ann' } }],
    expect: {
      state: 'COMPLETED',
      data: { asked: true, by: 'ann', took: 'approved' },
    },
  },
  {
    name: 'switch on events that do not come',
    definition: 'switchTimeout',
    input: {},
    expect: { state: 'COMPLETED', data: { took: 'late' } },
  },
  {
    name: 'inject (literal) and sleep',
    definition: 'injectAndSleep',
    input: { a: 1, list: [1] },
    expect: {
      state: 'COMPLETED',
      data: { a: 1, list: [2], text: '${ .a }', seen: [2], last: true },
    },
  },
  {
    name: 'foreach, sequential',
    definition: 'foreachSequential',
    input: { items: [3, 1, 2] },
    expect: {
      state: 'COMPLETED',
      data: { items: [3, 1, 2], out: ['v3', 'v1', 'v2'] },
      calls: { '/items/1': 1, '/items/2': 1, '/items/3': 1 },
      order: ['/items/3', '/items/1', '/items/2'],
    },
  },
  {
    name: 'foreach, in batches',
    definition: 'foreachBatches',
    input: { items: [1, 2, 3], base: 'b' },
    expect: {
      state: 'COMPLETED',
      data: {
        out: [
          { x: 1, got: 'v1', base: 'b' },
          { x: 2, got: null, base: 'b' },
          { x: 3, got: 'v3', base: 'b' },
        ],
      },
      calls: { '/items/1': 1, '/items/3': 1 },
    },
  },
  {
    name: 'foreach over nothing',
    definition: 'foreachSequential',
    input: { items: [] },
    expect: { state: 'COMPLETED', data: { items: [] }, calls: {} },
  },
  {
    name: 'parallel, all branches',
    definition: 'parallelAll',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { left: 1, right: 1, marked: true, after: true },
      calls: { '/left': 1, '/right': 1 },
    },
  },
  {
    name: 'parallel, at least so many branches',
    definition: 'parallelAtLeast',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { left: 1, right: 1 },
      calls: { '/left': 1, '/right': 1, '/silent': 1 },
    },
  },
  {
    name: 'parallel, with a failing branch that onErrors sees',
    definition: 'parallelCaught',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { caught: true },
      calls: { '/silent': 1, '/teapot': 1 },
    },
  },
  {
    name: 'event, one of two, which came before it was waited for',
    definition: 'eventExclusive',
    input: {},
    steps: [{ signal: 'two', data: { n: 2 } }],
    expect: { state: 'COMPLETED', data: { two: 2 } },
  },
  {
    name: 'event, all of them, each with its actions',
    definition: 'eventAll',
    input: {},
    steps: [
      { signal: 'two', data: { ignored: true } },
      { signal: 'one', data: { n: 1 } },
    ],
    expect: {
      state: 'COMPLETED',
      data: { one: { n: 1 }, left: 1, right: 1, last: 1 },
      calls: { '/left': 1, '/right': 1, '/last': 1 },
    },
  },
  {
    name: 'event, several for one entry, and one of the same type after that',
    definition: 'eventTwice',
    input: { a: { x: 1 } },
    steps: [
      { signal: 'one', data: { a: { y: 2 } } },
      { signal: 'two', data: { b: 1 } },
      { signal: 'one', data: 'more' },
    ],
    expect: {
      state: 'COMPLETED',
      data: { a: { x: 1, y: 2 }, b: 1, again: 'more' },
    },
  },
  {
    name: 'callback',
    definition: 'callback',
    input: {},
    steps: [{ signal: 'answer', data: { text: 'yes' } }],
    expect: {
      state: 'COMPLETED',
      data: { asked: { one: 1 }, answer: { said: 'yes' }, done: true },
      calls: { '/one': 1 },
    },
  },
  {
    name: 'callback whose event does not come: a normal exit',
    definition: 'callbackTimeout',
    input: {},
    expect: {
      state: 'COMPLETED',
      data: { one: 1, done: true },
      calls: { '/one': 1 },
    },
  },
];
