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

const { checkItems } = require('./sizes');
const { Context, JqError, compare, copy, put, typeOf } = require('./values');

function index(target, key) {
  if (target instanceof Context) {
    if (typeof key !== 'string') {
      throw new JqError(`Cannot index object with ${typeOf(key)}`);
    }
    return target.read(key);
  }
  const type = typeOf(target);
  if (type === 'object' && typeof key === 'string') {
    return Object.hasOwn(target, key) ? target[key] : null;
  }
  if (type === 'array' && typeof key === 'number') {
    const at = Math.floor(key < 0 ? key + target.length : key);
    return target[at] ?? null;
  }
  if (type === 'array' && typeOf(key) === 'array') {
    return indicesOfArray(target, key);
  }
  if (
    type === 'null' &&
    (typeof key === 'string' || typeof key === 'number' || key === null)
  ) {
    return null;
  }
  if (typeOf(key) === 'object' && (type === 'array' || type === 'null')) {
    return slice(target, key.start ?? null, key.end ?? null);
  }
  throw new JqError(
    typeof key === 'string'
      ? `Cannot index ${type} with string "${key}"`
      : `Cannot index ${type} with ${typeOf(key)}`,
  );
}

function bounds(length, from, to) {
  for (const bound of [from, to]) {
    if (bound !== null && typeof bound !== 'number') {
      throw new JqError(
        'Start and end indices of an array slice must be numbers',
      );
    }
  }
  const clamp = bound =>
    Math.min(Math.max(bound < 0 ? bound + length : bound, 0), length);
  const start = Math.floor(clamp(from ?? 0));
  return [start, Math.max(start, Math.ceil(clamp(to ?? length)))];
}

function slice(target, from, to) {
  if (target === null) {
    return null;
  }
  if (typeof target === 'string') {
    const characters = Array.from(target);
    const [start, end] = bounds(characters.length, from, to);
    return characters.slice(start, end).join('');
  }
  if (!Array.isArray(target)) {
    throw new JqError(`Cannot index ${typeOf(target)} with object`);
  }
  const [start, end] = bounds(target.length, from, to);
  return target.slice(start, end);
}

function indicesOfArray(target, part) {
  const found = [];
  if (part.length === 0) {
    return null;
  }
  for (let i = 0; i + part.length <= target.length; i += 1) {
    if (
      part.every((value, offset) => compare(target[i + offset], value) === 0)
    ) {
      found.push(i);
    }
  }
  return found;
}

/** The longest array that an index may make; beyond it a program only fills memory. */
const MAX_INDEX = 1_000_000;

/** The value with one key changed, as jq's path updates do it. */
function assign(target, key, value) {
  const type = typeOf(target);
  if (target instanceof Context) {
    throw new JqError('Cannot update a variable of the engine');
  }
  if (typeof key === 'string' && (type === 'object' || type === 'null')) {
    const result = type === 'null' ? {} : copy(target);
    put(result, key, value);
    return result;
  }
  if (typeof key === 'number' && (type === 'array' || type === 'null')) {
    const result = type === 'null' ? [] : target.slice();
    const at = Math.floor(key < 0 ? key + result.length : key);
    if (at < 0) {
      throw new JqError('Out of bounds negative array index');
    }
    if (at > MAX_INDEX) {
      throw new JqError('Array index too large');
    }
    while (result.length < at) {
      result.push(null);
    }
    result[at] = value;
    return result;
  }
  if (typeOf(key) === 'object' && (type === 'array' || type === 'null')) {
    if (!Array.isArray(value)) {
      throw new JqError(
        'A slice of an array can only be assigned another array',
      );
    }
    const array = target ?? [];
    const [start, end] = bounds(
      array.length,
      key.start ?? null,
      key.end ?? null,
    );
    checkItems(array.length + value.length);
    return array.slice(0, start).concat(value, array.slice(end));
  }
  throw new JqError(
    typeof key === 'string'
      ? `Cannot index ${type} with string "${key}"`
      : `Cannot update field at ${typeOf(key)} index of ${type}`,
  );
}

function getPath(value, path) {
  let current = value;
  for (const key of path) {
    if (current === null) {
      return null;
    }
    current = index(current, key);
  }
  return current;
}

function setPath(value, path, change, depth = 0) {
  if (depth === path.length) {
    return change(value);
  }
  const key = path[depth];
  const current = value === null ? null : index(value, key);
  return assign(value, key, setPath(current, path, change, depth + 1));
}

function deletePath(value, path, depth = 0) {
  if (value === null || path.length === 0) {
    return null;
  }
  const key = path[depth];
  if (depth < path.length - 1) {
    const current = index(value, key);
    return current === null
      ? value
      : assign(value, key, deletePath(current, path, depth + 1));
  }
  if (typeof key === 'string' && typeOf(value) === 'object') {
    const result = copy(value);
    delete result[key];
    return result;
  }
  if (Array.isArray(value) && typeof key === 'number') {
    const at = key < 0 ? key + value.length : key;
    return value.filter((_, i) => i !== at);
  }
  if (Array.isArray(value) && typeOf(key) === 'object') {
    const [start, end] = bounds(
      value.length,
      key.start ?? null,
      key.end ?? null,
    );
    return value.filter((_, i) => i < start || i >= end);
  }
  throw new JqError(
    `Cannot delete field at ${typeOf(key)} index of ${typeOf(value)}`,
  );
}

function deletePaths(value, paths) {
  return paths
    .slice()
    .sort(compare)
    .reverse()
    .reduce(
      (result, path) => (path.length === 0 ? null : deletePath(result, path)),
      value,
    );
}

module.exports = {
  deletePaths,
  getPath,
  index,
  indicesOfArray,
  setPath,
  slice,
};
