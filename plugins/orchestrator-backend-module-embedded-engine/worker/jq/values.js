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

'use strict';

/** An error of a jq program while it runs; its value is what `catch` sees. */
class JqError extends Error {
  constructor(value) {
    super(
      typeof value === 'string' ? value : `${describe(value)} (not a string)`,
    );
    this.value = value;
  }
}

/**
 * A value of the engine ($WORKFLOW, $SECRET): an object that does not list its keys and decides itself what a key gives.
 */
class Context {
  constructor(read) {
    this.read = read;
  }

  toJSON() {
    return {};
  }
}

const RANK = {
  null: 0,
  false: 1,
  true: 2,
  number: 3,
  string: 4,
  array: 5,
  object: 6,
};

function typeOf(value) {
  if (value === null || value === undefined) {
    return 'null';
  }
  return Array.isArray(value) ? 'array' : typeof value;
}

function describe(value) {
  const text = JSON.stringify(value ?? null);
  return text.length > 11 ? `${text.slice(0, 10)}...` : text;
}

/** A value as jq's messages show it: `string ("s")`. */
function named(value) {
  return `${typeOf(value)} (${describe(value)})`;
}

function rank(value) {
  return RANK[typeof value === 'boolean' ? String(value) : typeOf(value)];
}

function compareText(a, b) {
  // jq orders by code point, JavaScript by UTF-16 unit; they differ only beyond the basic plane.
  if (a === b) {
    return 0;
  }
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < left.length && i < right.length; i += 1) {
    const difference = left[i].codePointAt(0) - right[i].codePointAt(0);
    if (difference !== 0) {
      return difference;
    }
  }
  return left.length - right.length;
}

function compareArrays(a, b) {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const order = compare(a[i], b[i]);
    if (order !== 0) {
      return order;
    }
  }
  return a.length - b.length;
}

/** jq's order: null, false, true, numbers, strings, arrays, objects. */
function compare(a, b) {
  const difference = rank(a) - rank(b);
  if (difference !== 0) {
    return difference;
  }
  switch (typeOf(a)) {
    case 'number':
      if (a === b) {
        return 0;
      }
      return a < b || Number.isNaN(a) ? -1 : 1;
    case 'string':
      return compareText(a, b);
    case 'array':
      return compareArrays(a, b);
    case 'object': {
      const left = sortedKeys(a);
      const right = sortedKeys(b);
      const order = compareArrays(left, right);
      return order !== 0
        ? order
        : compareArrays(
            left.map(key => a[key]),
            right.map(key => b[key]),
          );
    }
    default:
      return 0;
  }
}

function sortedKeys(object) {
  return Object.keys(object).sort(compareText);
}

/** Sets an own key, also one that JavaScript gives a meaning to. */
function put(object, key, value) {
  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    object[key] = value;
  }
}

function copy(object) {
  const result = {};
  for (const key of Object.keys(object)) {
    put(result, key, object[key]);
  }
  return result;
}

function truthy(value) {
  return value !== null && value !== undefined && value !== false;
}

module.exports = {
  Context,
  JqError,
  compare,
  copy,
  describe,
  named,
  put,
  sortedKeys,
  truthy,
  typeOf,
};
