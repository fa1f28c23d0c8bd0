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

import type { JsonObject } from '@backstage/types';
import type { LeakPosition } from './LeakPosition';

/** Ways to write the secret that a call may have: as a whole. */
export const wholeTexts: readonly string[] = [
  '$SECRET.token',
  '${ $SECRET.token }',
  '$SECRET["token"]',
  '"Bearer " + $SECRET.token',
  '"Bearer \\($SECRET.token)"',
];

/** Ways to take the secret apart, or to get at it by a detour: nothing may have them. */
export const tricks: readonly string[] = [
  '$SECRET',
  '$SECRET | tostring',
  '$SECRET | keys',
  '$SECRET.token[0:4]',
  '$SECRET.token | @base64',
  '$SECRET.token | explode',
  '$SECRET.token | ascii_upcase',
  '[$SECRET.token] | join("-")',
  '{ ($SECRET.token): 1 }',
  '$SECRET.token | test("^s")',
  'if $SECRET.token > "m" then "yes" else "no" end',
  'try error($SECRET.token) catch .',
  '$SECRET as $x | $x.token | length',
  '. as $d | $SECRET.token | ltrimstr("s")',
  'reduce ($SECRET.token | explode)[] as $c (0; . + $c)',
  'def f: $SECRET.token; f | reverse',
  '$SECRET | to_entries',
  '$SECRET | .["to" + "ken"]',
  '[$SECRET[]]',
  '$__loc__ | $SECRET.token | length',
  'limit(1; $SECRET.token)',
  'path($SECRET.token)',
  '"\\($SECRET.token | @uri)"',
  '@json "\\($SECRET.token)"',
  '@base64 "\\($SECRET.token)"',
  'fn:reveal',
];

/** A definition with a text at a place. */
export function leakDefinition(
  id: string,
  { make }: LeakPosition,
  text: string,
): JsonObject {
  const definition: JsonObject = {
    id,
    name: id,
    version: '1.0',
    specVersion: '0.8',
    start: 'A',
    functions: [
      { name: 'konst', type: 'expression', operation: '{ k: 1 }' },
      { name: 'echo', type: 'custom', operation: 'rest:post:/echo' },
      { name: 'path', type: 'custom', operation: 'rest:get:/mirror/{part}' },
      { name: 'bad', type: 'custom', operation: 'rest:post:/bad' },
      { name: 'log', type: 'custom', operation: 'sysout' },
      ...(text === 'fn:reveal'
        ? [
            {
              name: 'reveal',
              type: 'expression',
              operation: '$SECRET.token | @base64',
            },
          ]
        : []),
    ],
    events: [
      { name: 'go', type: 'leak.go', source: '' },
      { name: 'out', type: 'leak.out', source: '', kind: 'produced' },
    ],
  };
  return JSON.parse(JSON.stringify({ ...definition, ...make(text) }));
}
