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

import type { JsonValue } from '@backstage/types';
import { checkStorable } from './storable';

describe('checkStorable', () => {
  it.each<[JsonValue, string[]]>([
    [{ a: 'x\0y' }, ['/a']],
    [{ a: [1, { 'b/~c': '\ud800' }] }, ['/a/1/b~1~0c']],
    [{ ok: 1, deep: { 'k\0': 'fine' } }, ['/deep']],
    ['\udc00', ['']],
  ])('refuses %j', (data, paths) => {
    const check = () => checkStorable(data);
    expect(check).toThrow(
      expect.objectContaining({
        name: 'InputError',
        faults: paths.map(path => ({ path, message: expect.any(String) })),
      }),
    );
  });

  it('takes all else, however deep', () => {
    let deep: JsonValue = 'end';
    for (let at = 0; at < 100_000; at += 1) deep = [deep];
    const flat = { a: ['é', '💥', '\u0001', null, true, 1.5], '': {} };
    for (const data of [flat, [], deep]) {
      expect(() => checkStorable(data)).not.toThrow();
    }
  });

  it('names a bounded number of places', () => {
    const many = Array.from({ length: 1_000 }, () => '\0');
    expect(() => checkStorable(many)).toThrow(
      expect.objectContaining({
        faults: Array(100).fill(expect.anything()),
      }),
    );
  });
});
