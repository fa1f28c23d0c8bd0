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

const { array, number, pathOf } = require('./checks');
const dates = require('./dates');
const { add } = require('./operators');
const { deletePaths, setPath } = require('./places');
const { checkItems } = require('./sizes');
const { texts } = require('./texts');
const { toText } = require('./formats');
const {
  JqError,
  Context,
  compare,
  named,
  put,
  sortedKeys,
  truthy,
  typeOf,
} = require('./values');

/*
 * Functions of values only: (input, ...arguments) => result. Where an argument gives several results, the function is called for
 * each.
 */

function keys(value) {
  if (value instanceof Context) {
    return [];
  }
  if (Array.isArray(value)) {
    return value.map((_item, i) => i);
  }
  if (typeOf(value) === 'object') {
    return sortedKeys(value);
  }
  throw new JqError(`${named(value)} has no keys`);
}

function length(value) {
  switch (typeOf(value)) {
    case 'null':
      return 0;
    case 'boolean':
      throw new JqError(`${named(value)} has no length`);
    case 'number':
      return Math.abs(value);
    case 'string':
      return Array.from(value).length;
    case 'array':
      return value.length;
    default:
      return value instanceof Context ? 0 : Object.keys(value).length;
  }
}

function has(value, key) {
  if (typeOf(value) === 'object' && typeof key === 'string') {
    return Object.hasOwn(value, key);
  }
  if (Array.isArray(value) && typeof key === 'number') {
    return key >= 0 && key < value.length;
  }
  throw new JqError(
    `Cannot check whether ${typeOf(value)} has a ${typeOf(key)} key`,
  );
}

function contains(a, b) {
  if (typeOf(a) !== typeOf(b)) {
    throw new JqError(
      `${named(a)} and ${named(b)} cannot have their containment checked`,
    );
  }
  if (typeof a === 'string') {
    return a.includes(b);
  }
  if (Array.isArray(a)) {
    return b.every(part =>
      a.some(item => typeOf(item) === typeOf(part) && contains(item, part)),
    );
  }
  if (typeOf(a) === 'object') {
    return Object.keys(b).every(
      key =>
        Object.hasOwn(a, key) &&
        typeOf(a[key]) === typeOf(b[key]) &&
        contains(a[key], b[key]),
    );
  }
  return compare(a, b) === 0;
}

function flatten(value, depth, flat = []) {
  if (depth < 0) {
    throw new JqError('flatten depth must not be negative');
  }
  for (const item of array(value, 'flattened')) {
    if (Array.isArray(item) && depth > 0) {
      flatten(item, depth - 1, flat);
    } else {
      checkItems(flat.push(item));
    }
  }
  return flat;
}

function unique(value, name = 'sorted') {
  return array(value, name)
    .slice()
    .sort(compare)
    .filter((item, i, all) => i === 0 || compare(item, all[i - 1]) !== 0);
}

function extreme(value, sign) {
  return array(value, 'compared').reduce(
    (best, item) =>
      best === null || sign * compare(item, best) > 0 ? item : best,
    value.length > 0 ? value[0] : null,
  );
}

function entries(value) {
  if (typeOf(value) !== 'object') {
    throw new JqError(`${named(value)} has no keys`);
  }
  return Object.keys(value).map(key => ({ key, value: value[key] }));
}

function fromEntries(value) {
  const result = {};
  for (const entry of array(value, 'made an object')) {
    const candidates = [
      entry?.key,
      entry?.k,
      entry?.name,
      entry?.Name,
      entry?.Key,
      entry?.K,
    ];
    const key = candidates.find(
      item => item !== undefined && item !== null && item !== false,
    );
    const name =
      key === undefined
        ? candidates.find(item => item !== undefined) ?? null
        : key;
    const given = [entry?.value, entry?.v, entry?.Value, entry?.V].find(
      item => item !== undefined,
    );
    put(result, toText(name), given ?? null);
  }
  return result;
}

function transpose(value) {
  const rows = array(value, 'transposed').map(row => array(row, 'transposed'));
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  checkItems(rows.length * width);
  return Array.from({ length: width }, (_item, i) =>
    rows.map(row => row[i] ?? null),
  );
}

const functions = {
  ...texts,
  'type/0': typeOf,
  'length/0': length,
  'not/0': value => !truthy(value),
  'keys/0': keys,
  'keys_unsorted/0': value =>
    typeOf(value) === 'object' && !(value instanceof Context)
      ? Object.keys(value)
      : keys(value),
  'has/1': has,
  'in/1': (value, object) => has(object, value),
  'contains/1': contains,
  'inside/1': (value, whole) => contains(whole, value),
  'add/0': value =>
    (Array.isArray(value) ? value : Object.values(value ?? {})).reduce(
      add,
      null,
    ),
  'flatten/0': value => flatten(value, 1e9),
  'flatten/1': (value, depth) => flatten(value, number(depth)),
  'toarray/0': value => (Array.isArray(value) ? value : [value]),
  'reverse/0': value =>
    typeof value === 'string'
      ? Array.from(value).reverse().join('')
      : array(value ?? [], 'reversed')
          .slice()
          .reverse(),
  'sort/0': value => array(value, 'sorted').slice().sort(compare),
  'unique/0': value => unique(value),
  'min/0': value => extreme(value, -1),
  'max/0': value =>
    array(value, 'compared').reduce(
      (best, item) => (compare(item, best) >= 0 ? item : best),
      value[0] ?? null,
    ),
  'to_entries/0': entries,
  'from_entries/0': fromEntries,
  'transpose/0': transpose,
  'setpath/2': (value, path, change) =>
    setPath(value, pathOf(path), () => change),
  'delpaths/1': (value, paths) => deletePaths(value, pathOf(paths).map(pathOf)),
  'gmtime/0': dates.gmtime,
  'localtime/0': dates.gmtime,
  'mktime/0': dates.mktime,
  'todate/0': dates.iso,
  'todateiso8601/0': dates.iso,
  'fromdate/0': dates.fromIso,
  'fromdateiso8601/0': dates.fromIso,
  'strftime/1': dates.strftime,
  'strflocaltime/1': dates.strftime,
  'strptime/1': dates.strptime,
  'now/0': () => Date.now() / 1000,
  // A workflow has no business with the environment of the process.
  'env/0': () => ({}),
};

module.exports = { functions };
