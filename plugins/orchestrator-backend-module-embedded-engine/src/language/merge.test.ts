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

import type { JsonObject, JsonValue } from '@backstage/types';
import fc from 'fast-check';
import { merge, mergeAt } from './merge';

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const object = fc.dictionary(fc.string(), json, {
  minKeys: 1,
}) as fc.Arbitrary<JsonObject>;
const list = fc.array(json);

describe('merge', () => {
  it('takes the value where nothing, null or an empty object is there', () => {
    fc.assert(
      fc.property(
        json,
        fc.constantFrom(undefined, null, {}),
        (value, target) => {
          fc.pre(value !== null);
          expect(merge(target, value)).toEqual(value);
        },
      ),
    );
  });

  it('replaces an array by an array, and appends anything else once', () => {
    fc.assert(
      fc.property(list, list, (target, value) =>
        expect(merge(target, value)).toEqual(value),
      ),
    );
    fc.assert(
      fc.property(list, fc.oneof(scalar, object), (target, value) => {
        const once = merge(target, value) as JsonValue[];
        expect(once).toContainEqual(value);
        expect(merge(once, value)).toEqual(once);
        expect(once.slice(0, target.length)).toEqual(target);
      }),
    );
  });

  it('loses no key of an object, and takes every key of the other', () => {
    fc.assert(
      fc.property(object, object, (target, value) => {
        const merged = merge(target, value) as JsonObject;
        for (const key of [...Object.keys(target), ...Object.keys(value)]) {
          // A null that comes to nothing makes no key.
          expect(Object.hasOwn(merged, key) || value[key] === null).toBe(true);
        }
      }),
    );
  });

  it('keeps what is no object as the response of an object', () => {
    fc.assert(
      fc.property(object, fc.oneof(scalar, list), (target, value) => {
        expect(merge(target, value)).toEqual({ ...target, response: value });
      }),
    );
  });

  it('keeps a scalar beside what replaces it', () => {
    expect(merge(1, [2])).toEqual([1, 2]);
    expect(merge(1, [2, 1])).toEqual([2, 1]);
    expect(merge(1, { a: 2 })).toEqual({ a: 2, _target: 1 });
    expect(merge(1, 'x')).toBe('x');
    expect(merge(1, null)).toBeNull();
  });

  it('changes neither of its arguments, nor the prototype of objects', () => {
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": true}, "a": {"__proto__": 1}}',
    );
    const merged = merge(JSON.parse('{"__proto__": {"x": 1}}'), hostile);
    expect(JSON.stringify(merged)).toBe(
      '{"__proto__":{"x":1,"polluted":true},"a":{"__proto__":1}}',
    );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    fc.assert(
      fc.property(json, json, (target, value) => {
        const before = JSON.stringify([target, value]);
        merge(target, value);
        expect(JSON.stringify([target, value])).toBe(before);
      }),
    );
  });
});

describe('mergeAt', () => {
  it('makes the parents that are missing', () => {
    expect(mergeAt({ b: 1 }, ['a', 'b', 'c'], 5)).toEqual({
      b: 1,
      a: { b: { c: 5 } },
    });
  });

  it('makes none for a null', () => {
    expect(mergeAt({ b: 1 }, ['a', 'b'], null)).toEqual({ b: 1 });
  });

  it('refuses a path through something without keys', () => {
    expect(() => mergeAt({ a: 1 }, ['a', 'b'], 2)).toThrow(
      'Cannot index number with string "b"',
    );
    expect(() => mergeAt({ a: [1] }, ['a', 'b'], 2)).toThrow(
      'Cannot index array with string "b"',
    );
  });
});
