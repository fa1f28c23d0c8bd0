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

import { FairQueue } from './FairQueue';

interface Job {
  readonly group: string;
  readonly name: string;
}

function job(name: string): Job {
  return { name, group: name[0] };
}

function names(jobs: readonly Job[]): string[] {
  return jobs.map(({ name }) => name);
}

let queue: FairQueue<Job>;
beforeEach(() => {
  queue = new FairQueue();
  ['a', 'b', 'c'].forEach(group => queue.measured(group, 0.1));
  ['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].forEach(name => queue.add(job(name)));
});

const none = new Set<string>();

it('lets groups take turns', () => {
  expect(names(queue.take(none, 4, 1_000))).toEqual(['a1', 'b1', 'c1', 'a2']);
  expect(queue).toHaveLength(2);
  expect(names(queue.take(none, 4, 1_000))).toEqual(['c2', 'a3']);
  expect(queue.take(none, 4, 1_000)).toEqual([]);
});

it('remembers whose turn it is', () => {
  expect(names(queue.take(none, 1, 1_000))).toEqual(['a1']);
  queue.add(job('a4'));
  expect(names(queue.take(none, 2, 1_000))).toEqual(['b1', 'c1']);
});

it('leaves the jobs of busy groups', () => {
  expect(names(queue.take(new Set(['a']), 10, 1_000))).toEqual([
    'b1',
    'c1',
    'c2',
  ]);
  expect(queue.waitsBeside(new Set(['a']))).toBe(false);
  expect(queue.waitsBeside(new Set(['b']))).toBe(true);
});

it('puts jobs back before the others of their groups', () => {
  const [, ...others] = queue.take(none, 4, 1_000);
  queue.putBack(others);
  expect(queue).toHaveLength(5);
  expect(names(queue.take(none, 10, 1_000)).sort()).toEqual([
    'a2',
    'a3',
    'b1',
    'c1',
    'c2',
  ]);
});

it('takes what is slow alone, and nothing behind it', () => {
  queue.measured('b', 1_000);
  expect(names(queue.take(none, 10, 20))).toEqual(['a1']);
  expect(names(queue.take(none, 10, 20))).toEqual(['b1']);
  expect(names(queue.take(none, 10, 20))).toEqual(['c1', 'a2', 'c2', 'a3']);
});

it('takes one job alone of a group that it does not know', () => {
  queue.add(job('d1'));
  queue.add(job('d2'));
  expect(names(queue.take(none, 10, 20))).toEqual(['a1', 'b1', 'c1']);
  expect(names(queue.take(none, 10, 20))).toEqual(['d1']);
  queue.measured('d', 0.1);
  expect(names(queue.take(none, 3, 20))).toEqual(['a2', 'c2', 'd2']);
});

it('forgets how slow a group was as it gets quicker', () => {
  queue.measured('a', 1_000);
  for (let i = 0; i < 20; i += 1) {
    queue.measured('a', 0.1);
  }
  expect(names(queue.take(none, 2, 20))).toEqual(['a1', 'b1']);
});

it('gives all jobs at the end', () => {
  expect(queue.clear()).toHaveLength(6);
  expect(queue).toHaveLength(0);
});
