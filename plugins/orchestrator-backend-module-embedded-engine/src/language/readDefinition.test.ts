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
import { DefinitionFaultsError, readDefinition } from './readDefinition';

const read = (source: string, format: 'yaml' | 'json' = 'yaml') =>
  readDefinition(source, format, 10_000);

describe('readDefinition', () => {
  it.each<[string, string, RegExp]>([
    ['an alias', 'a: &x [1]\nb: *x', /alias/],
    [
      'a bomb of aliases',
      'a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]',
      /alias/,
    ],
    ['a merge key', 'a: &a {x: 1}\nb: {<<: *a}', /alias/],
    ['duplicate keys', 'a: 1\na: 2', /line 2.*unique/i],
    [
      'deep brackets',
      `${'['.repeat(5_000)}${']'.repeat(4_000)}`,
      /nests deeper/,
    ],
    [
      'deep indentation',
      Array.from({ length: 130 }, (_x, i) => `${' '.repeat(i)}a:`).join('\n'),
      /nests deeper/,
    ],
    ['deep dashes', `${'- '.repeat(1_500)}a`, /indented|nests/],
    ['a list', '[1]', /not an object/],
    ['nothing', '', /not an object/],
    ['several documents', 'a: 1\n---\nb: 2', /document/i],
    ['a key that is no text', '? [a]\n: 1', /key/i],
    ['a number that JSON lacks', 'a: .inf', /number/],
    ['too much', `a: ${'x'.repeat(10_000)}`, /larger than 10000 bytes/],
    ['a text that does not end', 'a: "x', /line 1/],
  ])('refuses %s', (_name, source, message) => {
    expect(() => read(source)).toThrow(DefinitionFaultsError);
    expect(() => read(source)).toThrow(message);
  });

  it('refuses duplicate keys in JSON too', () => {
    expect(() => read('{"a": 1, "a": 2}', 'json')).toThrow(/unique/i);
  });

  it('keeps a key that JavaScript gives a meaning to', () => {
    expect(Object.keys(read('{"__proto__": {"a": 1}}', 'json'))).toEqual([
      '__proto__',
    ]);
  });

  it('reads every JSON object as itself', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
        object => {
          const source = JSON.stringify(object);
          fc.pre(source.length < 9_000);
          expect(JSON.stringify(read(source, 'json'))).toBe(
            JSON.stringify(JSON.parse(source)),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
