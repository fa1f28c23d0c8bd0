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

import fc from 'fast-check';
import { SlidingWindow } from './SlidingWindow';

const limit = fc.record({
  failures: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 1, max: 50 }),
});

/** Times between failures. */
const gaps = fc.array(fc.nat({ max: 20 }), { maxLength: 60 });

const times = fc.array(fc.nat({ max: 300 }), { maxLength: 20 });

describe('SlidingWindow', () => {
  it('frees a slot at the very millisecond that it names, and not before', () => {
    const window = new SlidingWindow({ failures: 2, windowMs: 60_000 });
    window.add(1_000);
    expect(window.wait(5_000)).toBe(0);
    window.add(5_000);
    expect(window.wait(5_000)).toBe(56_000);
    expect(window.wait(60_999)).toBe(1);
    expect(window.wait(61_000)).toBe(0);
    window.add(61_000);
    expect(window.wait(61_000)).toBe(4_000);
    expect(window.wait(65_000)).toBe(0);
  });

  it('answers as a list of all failures would', () => {
    fc.assert(
      fc.property(limit, gaps, times, (config, steps, others) => {
        const window = new SlidingWindow(config);
        window.merge([], others, 300);
        const all = [...others];
        let now = 300;
        for (const gap of steps) {
          now += gap;
          const since = now - config.windowMs;
          const inWindow = all
            .filter(time => time > since)
            .sort((a, b) => b - a);
          const expected =
            inWindow.length < config.failures
              ? 0
              : inWindow[config.failures - 1] + config.windowMs - now;
          expect(window.wait(now)).toBe(expected);
          if (expected === 0) {
            window.add(now);
            all.push(now);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes what it had stored itself only while it knows nothing', () => {
    const window = new SlidingWindow({ failures: 3, windowMs: 1_000 });
    window.add(100);
    window.merge([50, 60], [], 100);
    expect(window.own).toEqual([50, 60, 100]);
    window.merge([50, 60, 100], [70], 100);
    expect(window.own).toEqual([50, 60, 100]);
    expect(window.wait(100)).toBe(960);
  });

  it('forgets what the others no longer say', () => {
    const window = new SlidingWindow({ failures: 1, windowMs: 1_000 });
    window.merge([], [100], 100);
    expect(window.wait(100)).toBe(1_000);
    window.merge([], [], 100);
    expect(window.wait(100)).toBe(0);
  });

  it('never makes anybody wait longer than the window, whatever the clocks do', () => {
    fc.assert(
      fc.property(
        limit,
        fc.array(fc.nat({ max: 10_000 }), { minLength: 1 }),
        fc.array(fc.nat({ max: 10_000 })),
        (config, clock, others) => {
          const window = new SlidingWindow(config);
          for (const now of clock) {
            expect(window.wait(now)).toBeLessThanOrEqual(config.windowMs);
            window.add(now);
            window.merge([], others, now);
            expect(window.wait(now)).toBeLessThanOrEqual(config.windowMs);
            expect(window.own.length).toBeLessThanOrEqual(config.failures);
          }
        },
      ),
    );
  });
});
