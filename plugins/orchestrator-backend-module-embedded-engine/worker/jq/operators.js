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

const {
  checkCharacters,
  checkItems,
  maxCharacters,
  maxItems,
} = require('./sizes');
const { JqError, compare, copy, named, put, typeOf } = require('./values');

function add(a, b) {
  if (a === null) {
    return b;
  }
  if (b === null) {
    return a;
  }
  const type = typeOf(a);
  if (type === typeOf(b)) {
    if (type === 'number') {
      return a + b;
    }
    if (type === 'string') {
      checkCharacters(a.length + b.length);
      return a + b;
    }
    if (type === 'array') {
      checkItems(a.length + b.length);
      return a.concat(b);
    }
    if (type === 'object') {
      const result = copy(a);
      for (const key of Object.keys(b)) {
        put(result, key, b[key]);
      }
      return result;
    }
  }
  throw new JqError(`${named(a)} and ${named(b)} cannot be added`);
}

function subtract(a, b) {
  if (typeof a === 'number' && typeof b === 'number') {
    return a - b;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.filter(item => !b.some(other => compare(item, other) === 0));
  }
  throw new JqError(`${named(a)} and ${named(b)} cannot be subtracted`);
}

function mergeDeep(a, b) {
  const result = copy(a);
  for (const key of Object.keys(b)) {
    const both =
      Object.hasOwn(result, key) &&
      typeOf(result[key]) === 'object' &&
      typeOf(b[key]) === 'object';
    put(result, key, both ? mergeDeep(result[key], b[key]) : b[key]);
  }
  return result;
}

function repeatText(text, times) {
  if (times <= 0) {
    return null;
  }
  const count = times < 1 ? 1 : Math.floor(times);
  if (text.length * count > maxCharacters()) {
    throw new JqError('Repeat string result too long');
  }
  return text.repeat(count);
}

function multiply(a, b) {
  const left = typeOf(a);
  const right = typeOf(b);
  if (left === 'number' && right === 'number') {
    return a * b;
  }
  if (left === 'string' && right === 'number') {
    return repeatText(a, b);
  }
  if (left === 'number' && right === 'string') {
    return repeatText(b, a);
  }
  if (left === 'object' && right === 'object') {
    return mergeDeep(a, b);
  }
  throw new JqError(`${named(a)} and ${named(b)} cannot be multiplied`);
}

function divide(a, b) {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) {
      throw new JqError(
        `${named(a)} and ${named(
          b,
        )} cannot be divided because the divisor is zero`,
      );
    }
    return a / b;
  }
  if (typeof a === 'string' && typeof b === 'string') {
    return splitText(a, b);
  }
  throw new JqError(`${named(a)} and ${named(b)} cannot be divided`);
}

function splitText(text, separator) {
  if (text === '') {
    return [];
  }
  if (separator === '') {
    checkItems(text.length);
    return Array.from(text);
  }
  const parts = text.split(separator, maxItems() + 1);
  checkItems(parts.length);
  return parts;
}

function modulo(a, b) {
  if (typeof a === 'number' && typeof b === 'number') {
    const divisor = Math.trunc(b);
    if (divisor === 0) {
      throw new JqError(
        `${named(a)} and ${named(
          b,
        )} cannot be divided because the divisor is zero`,
      );
    }
    const result = Math.trunc(a) % Math.abs(divisor);
    return result === 0 ? 0 : result;
  }
  throw new JqError(`${named(a)} and ${named(b)} cannot be divided`);
}

const binary = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '==': (a, b) => compare(a, b) === 0,
  '!=': (a, b) => compare(a, b) !== 0,
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
};

module.exports = { add, binary, splitText };
