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
import { isDeepStrictEqual } from 'node:util';

/** Whether a value is an object of JSON, not an array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own key, also one that JavaScript gives a meaning to. */
export function setKey(target: JsonObject, key: string, value: JsonValue) {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    target[key] = value;
  }
}

function copyOf(source: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const [key, value] of Object.entries(source)) {
    setKey(copy, key, value as JsonValue);
  }
  return copy;
}

function get(source: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(source, key) ? source[key] : undefined;
}

function contains(list: readonly JsonValue[], value: JsonValue): boolean {
  return list.some(item => isDeepStrictEqual(item, value));
}

function mergeObjects(target: JsonObject, value: JsonObject): JsonObject {
  const result = copyOf(target);
  for (const key of Object.keys(value)) {
    const merged = merge(get(target, key), get(value, key) as JsonValue);
    if (merged !== undefined) {
      setKey(result, key, merged);
    }
  }
  return result;
}

function intoObject(target: JsonObject, value: JsonValue): JsonValue {
  if (isObject(value)) {
    return mergeObjects(target, value);
  }
  if (value === null) {
    return target;
  }
  const result = copyOf(target);
  setKey(result, 'response', value);
  return result;
}

function intoScalar(target: JsonValue, value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return contains(value, target) ? value : [target, ...value];
  }
  if (isObject(value)) {
    const result = copyOf(value);
    setKey(result, '_target', target);
    return result;
  }
  return value;
}

/**
 * Merges a result into what is there, by the rule of SonataFlow: an array replaces an array, anything else is appended to it; an
 * object is merged into an object key by key, anything else becomes its `response`; a scalar is replaced, and kept beside what is
 * no scalar.
 *
 * @returns undefined where nothing is there and nothing comes
 */
export function merge(
  target: JsonValue | undefined,
  value: JsonValue,
): JsonValue | undefined {
  if (target === undefined || target === null) {
    return value === null ? target : value;
  }
  if (Array.isArray(target)) {
    if (Array.isArray(value)) {
      return value;
    }
    return contains(target, value) ? target : [...target, value];
  }
  if (isObject(target)) {
    return Object.keys(target).length === 0 && value !== null
      ? value
      : intoObject(target, value);
  }
  return intoScalar(target, value);
}

function typeName(value: JsonValue): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

/**
 * Merges a result at a path below the workflow data; missing parents are made.
 *
 * @throws Error with jq's words where the path leads through something that has no keys
 */
export function mergeAt(
  data: JsonValue,
  path: readonly string[],
  value: JsonValue,
): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) {
    return merge(data, value) ?? null;
  }
  if (data !== null && !isObject(data)) {
    throw new Error(
      `Cannot index ${typeName(data)} with string ${JSON.stringify(key)}`,
    );
  }
  const target = data ?? {};
  const current = get(target, key);
  const changed =
    rest.length === 0
      ? merge(current, value)
      : mergeAt(current ?? null, rest, value);
  // A null that comes to nothing makes no key, and no parents either.
  if (changed === undefined || (changed === null && current === undefined)) {
    return data;
  }
  const result = copyOf(target);
  setKey(result, key, changed);
  return result;
}
