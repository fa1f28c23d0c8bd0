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

import {
  formatDate,
  formatDuration,
  formatLogTime,
  formatTime,
  formatTimeOfDay,
} from './formatTime';

describe('formatTime', () => {
  it('shows a point in time, and a dash where there is none', () => {
    expect(formatTime('2026-11-22T03:04:05Z', 'en-GB')).toMatch(/22 Nov 2026/);
    expect(formatTime(Date.UTC(2026, 10, 22), 'en-GB')).toMatch(/Nov 2026/);
    for (const nothing of [undefined, null, '', 'soon']) {
      expect(formatTime(nothing)).toBe('–');
    }
  });
});

describe('formatDate and formatTimeOfDay', () => {
  it('show the two parts of a point in time', () => {
    const local = new Date(2026, 10, 22, 3, 4, 5).getTime();
    expect(formatDate(local, 'en-GB')).toBe('22 Nov 2026');
    expect(formatTimeOfDay(local, 'en-GB')).toBe('03:04:05');
    expect(formatDate(undefined)).toBe('–');
    expect(formatTimeOfDay('soon')).toBe('–');
  });
});

describe('formatDuration', () => {
  const start = '2026-11-22T00:00:00.000Z';
  const at = (ms: number) => Date.parse(start) + ms;

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [12_340, '12.3 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min 0 s'],
    [3_599_999, '59 min 59 s'],
    [3_600_000, '1 h 0 min'],
    [90_000_000, '1 d 1 h'],
  ])('shows %p ms', (ms, text) => {
    expect(formatDuration(start, undefined, at(ms))).toBe(text);
    expect(formatDuration(start, new Date(at(ms)).toISOString(), at(9))).toBe(
      text,
    );
  });

  it('is never negative, and a dash where the start is not known', () => {
    expect(formatDuration(start, undefined, at(-5))).toBe('0 ms');
    expect(formatDuration(undefined, undefined, 0)).toBe('–');
    expect(formatDuration('soon', undefined, 0)).toBe('–');
  });
});

describe('formatLogTime', () => {
  it('reads nanoseconds', () => {
    expect(formatLogTime('1795230245678000001', 'en-GB')).toMatch(
      /^\d{2}:\d{2}:05\.678$/,
    );
  });

  it.each(['', 'x', '12', '1'.repeat(30)])('shows nothing for %p', id => {
    expect(formatLogTime(id)).toBe('');
  });
});
