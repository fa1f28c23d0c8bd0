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
    ['a NUL', '# \0\na: 1', /no database keeps/],
    ['half a character', 'a: "\ud800"', /no database keeps/],
    ['a text that does not end', 'a: "x', /line 1/],
    [
      'brackets that close nothing',
      `${']\n'.repeat(200)}${'['.repeat(120)}`,
      /nests deeper/,
    ],
    ['an escape that is none', 'a: "\\q"', /invalid escape/],
    [
      'an escape that is none, after others',
      'a: "\\\\ \\x4"',
      /invalid escape/,
    ],
  ])('refuses %s', (_name, source, message) => {
    expect(() => read(source)).toThrow(DefinitionFaultsError);
    expect(() => read(source)).toThrow(message);
  });

  it.each<[string, string]>([
    ['keys', Array.from({ length: 20_001 }, (_x, i) => `k${i}:\n`).join('')],
    ['texts', `a: [${'x,'.repeat(20_001)}]`],
    ['separators', `a: [${','.repeat(30_001)}]`],
    ['items', '-\n'.repeat(30_001)],
    ['aliases', `a: &a x\nb: [${'*a,'.repeat(15_001)}]`],
    ['directives', `${'%YAML 1.2\n'.repeat(30_001)}---\na: 1`],
    ['comments', `${'#\n'.repeat(75_001)}a: 1`],
  ])(
    'refuses too many %s before it makes anything of them',
    (_name, source) => {
      expect(() => readDefinition(source, 'yaml', 1_000_000)).toThrow(
        /is too much/,
      );
    },
  );

  it('tells keys from their repetition among thousands', () => {
    const keys = Array.from({ length: 9_000 }, (_x, i) => `k${i}: 1\n`).join(
      '',
    );
    expect(Object.keys(readDefinition(keys, 'yaml', 1_000_000))).toHaveLength(
      9_000,
    );
    expect(() => readDefinition(`${keys}k17: 2`, 'yaml', 1_000_000)).toThrow(
      'line 9001, column 1: Map keys must be unique',
    );
  });

  it('reads brackets in texts as text', () => {
    const text = '['.repeat(150);
    expect(read(`a: "${text}"\nb: |\n  ${text}\nc: x${text}`)).toEqual({
      a: text,
      b: `${text}\n`,
      c: `x${text}`,
    });
    expect(read('a: "\\x41 \\u0042 \\\\q \\t"')).toEqual({
      a: 'A B \\q \t',
    });
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
