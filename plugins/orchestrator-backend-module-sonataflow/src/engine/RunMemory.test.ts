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

import { RunMemory } from './RunMemory';

describe('RunMemory', () => {
  it('remembers since when, for a while', () => {
    let now = 1_000;
    const memory = new RunMemory(() => now);
    memory.add('a');
    now += 30_000;
    memory.add('a');
    expect(memory.time('a')).toBe(1_000);
    expect(memory.time('b')).toBeUndefined();
    now += 30_000;
    expect(memory.time('a')).toBeUndefined();
    memory.add('a');
    expect(memory.time('a')).toBe(now);
  });

  it('forgets the oldest where there are too many', () => {
    const memory = new RunMemory(() => 0);
    for (let at = 0; at <= 10_000; at += 1) memory.add(`run-${at}`);
    expect(memory.time('run-0')).toBeUndefined();
    expect(memory.time('run-1')).toBe(0);
    expect(memory.time('run-10000')).toBe(0);
  });
});
