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

import { historyRows } from './Commit';

interface Row {
  readonly run_id: string;
  readonly first: number;
  readonly count: number;
  readonly events: string;
}

const rowsOf = (lengths: readonly number[], last: number) =>
  historyRows(
    'r',
    lengths.map((length, i) => ({
      kind: 'log' as const,
      time: i,
      detail: { line: 'x'.repeat(length) },
    })),
    last,
    5,
  ) as Row[];

describe('historyRows', () => {
  it('makes one row of little', () => {
    const [row, ...others] = rowsOf([1, 2, 3], 13);
    expect(others).toEqual([]);
    expect(row).toEqual({
      run_id: 'r',
      first: 11,
      count: 3,
      stored_at: 5,
      events: JSON.stringify(
        ['x', 'xx', 'xxx'].map((line, time) => ({
          kind: 'log',
          time,
          detail: { line },
        })),
      ),
    });
    expect(rowsOf([], 13)).toEqual([]);
  });

  it.each([
    ['many', Array(1_001).fill(1)],
    ['long', Array(50).fill(4_000)],
    ['longer than a row', [10, 100_000, 10, 100_000, 100_000, 10]],
  ])('cuts %s entries into rows that follow one another', (_what, lengths) => {
    const rows = rowsOf(lengths, 2_000);
    let next = 2_000 - lengths.length + 1;
    const lines: number[] = [];
    for (const { count, events, first } of rows) {
      const entries: { detail: { line: string } }[] = JSON.parse(events);
      expect([first, count]).toEqual([next, entries.length]);
      expect(count).toBeLessThanOrEqual(100);
      expect(count === 1 || events.length < 64 * 1024 + 200).toBe(true);
      next += count;
      lines.push(...entries.map(({ detail }) => detail.line.length));
    }
    expect(next).toBe(2_001);
    expect(lines).toEqual(lengths);
  });
});
