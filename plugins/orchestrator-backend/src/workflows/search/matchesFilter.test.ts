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
import { matchesFilter, matchesPattern } from './matchesFilter';

describe('matchesPattern', () => {
  it.each([
    ['deploy-web', 'deploy%', true],
    ['deploy-web', '*web', true],
    ['deploy-web', '%y-w%', true],
    ['deploy-web', 'Deploy%', false],
    ['deploy-web', 'deploy_web', true],
    ['deploy-web', 'deploy', false],
    ['deploy', 'deploy%', true],
    ['', '', true],
    ['', '%*', true],
    ['a', '', false],
    ['a😀b', 'a_b', true],
    ['aab', '%ab', true],
    ['abab', '%ab', true],
    ['a.b', 'a.b', true],
    ['axb', 'a.b', false],
  ])('%j like %j: %s', (text, pattern, expected) => {
    expect(matchesPattern(text, pattern)).toBe(expected);
  });

  it('agrees with the plain regular expression', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    const patterns = fc.string({
      unit: fc.constantFrom('a', 'b', '%', '*', '_'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(texts, patterns, (text, pattern) => {
        const source = pattern.replace(/[%*]/g, '.*').replace(/_/g, '.');
        expect(matchesPattern(text, pattern)).toBe(
          new RegExp(`^${source}$`).test(text),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('ends soon on what makes regular expressions run for ever', () => {
    const pattern = `${'%a'.repeat(16)}b`;
    expect(matchesPattern('a'.repeat(2_000), pattern)).toBe(false);
  });
});

describe('matchesFilter', () => {
  it('holds that nothing is equal to a field without value, and that not of that holds', () => {
    const filter = { kind: 'equal' as const, field: 'end', values: [5] };
    expect(matchesFilter(filter, () => null)).toBe(false);
    expect(matchesFilter({ kind: 'not', of: filter }, () => null)).toBe(true);
    expect(matchesFilter(filter, () => 5)).toBe(true);
  });
});
