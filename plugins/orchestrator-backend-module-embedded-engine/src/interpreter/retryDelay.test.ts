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

import { retryDelay } from './retryDelay';

const policy = { delay: 100, maxAttempts: 9, never: [] };

it.each<[string, object, number[]]>([
  ['a delay', {}, [100, 100, 100]],
  ['a multiplier', { multiplier: 2 }, [100, 200, 400]],
  ['an increment', { increment: 50 }, [100, 150, 200]],
  ['both', { multiplier: 2, increment: 50 }, [100, 300, 700]],
  ['an upper bound', { multiplier: 10, maxDelay: 500 }, [100, 500, 500]],
  ['a shrinking delay', { multiplier: 0.5 }, [100, 50, 25]],
])('%s', (_name, more, delays) => {
  expect(
    delays.map((_delay, i) => retryDelay({ ...policy, ...more }, i + 1, 0.5)),
  ).toEqual(delays);
});

it.each<[string, object, number, number]>([
  ['a share', { jitterRatio: 0.2 }, 80, 120],
  ['a time', { jitterTime: 30 }, 70, 130],
  ['more than the delay', { jitterTime: 300 }, 0, 400],
])('jitter as %s', (_name, more, least, most) => {
  expect(retryDelay({ ...policy, ...more }, 1, 0)).toBe(least);
  expect(retryDelay({ ...policy, ...more }, 1, 1)).toBe(most);
});

it('ends for any number of failures', () => {
  expect(retryDelay({ ...policy, multiplier: 1 }, 1_000_000_000, 0.5)).toBe(
    100,
  );
  expect(
    retryDelay({ ...policy, delay: 0, multiplier: 5 }, 1_000_000_000, 0.5),
  ).toBe(0);
});
