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

import { parseDuration } from './durations';
import { parsePath } from './paths';

describe('parseDuration', () => {
  it.each([
    ['PT1S', 1_000],
    ['PT0.25S', 250],
    ['PT1M30S', 90_000],
    ['PT2H', 7_200_000],
    ['P1D', 86_400_000],
    ['P1W', 604_800_000],
    ['P1DT1S', 86_401_000],
    ['PT0S', 0],
  ])('%s is %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each([
    '',
    'P',
    'PT',
    'P1M',
    'P1Y',
    '1S',
    'PT-1S',
    'PT1',
    'P3651D',
    'PT1S ',
  ])('%s is none', text => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('parsePath', () => {
  it.each<[string, string[]]>([
    ['.', []],
    ['.a', ['a']],
    ['.a.b_1', ['a', 'b_1']],
    ['.["a-b"].c', ['a-b', 'c']],
    ['."a b"', ['a b']],
  ])('%s is a path', (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  it.each(['', 'a', '.a[0]', '.a | .b', '.a[]', '..', '.a.', '.a b'])(
    '%s is none',
    text => {
      expect(parsePath(text)).toBeUndefined();
    },
  );
});
