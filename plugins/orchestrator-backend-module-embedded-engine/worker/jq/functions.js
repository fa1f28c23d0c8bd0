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
  JqError,
  Context,
  compare,
  deletePaths,
  indicesOfArray,
  named,
  put,
  setPath,
  sortedKeys,
  truthy,
  typeOf,
} = require('./values');
const { add, splitText } = require('./operators');
const { toJson, toText } = require('./formats');
const regex = require('./regex');
const dates = require('./dates');

/*
 * Functions of values only: (input, ...arguments) => result. Where an argument gives several results, the function is called
 * for each.
 */

function array(value, name) {
  if (!Array.isArray(value)) {
    throw new JqError(
      `${named(value)} cannot be ${name}, as it is not an array`,
    );
  }
  return value;
}

function text(value, message) {
  if (typeof value !== 'string') {
    throw new JqError(message ?? `${named(value)} is not a string`);
  }
  return value;
}

function number(value, name) {
  if (typeof value !== 'number') {
    throw new JqError(
      `${named(value)} number required${name ? ` for ${name}` : ''}`,
    );
  }
  return value;
}

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

function flatten(value, depth) {
  if (depth < 0) {
    throw new JqError('flatten depth must not be negative');
  }
  return array(value, 'flattened').flatMap(item =>
    Array.isArray(item) && depth > 0 ? flatten(item, depth - 1) : [item],
  );
}

function toNumber(value) {
  if (typeof value === 'number') {
    return value;
  }
  const trimmed = typeof value === 'string' ? value.trim() : '';
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) {
    throw new JqError(`${named(value)} cannot be parsed as a number`);
  }
  return Number(trimmed);
}

function join(value, separator) {
  const parts = array(value, 'joined').map(item => {
    if (Array.isArray(item) || typeOf(item) === 'object') {
      throw new JqError(
        `${named(separator)} and ${named(item)} cannot be added`,
      );
    }
    return item === null ? '' : toText(item);
  });
  return parts.join(parts.length < 2 ? '' : text(separator));
}

function indices(value, part) {
  if (value === null || part === null) {
    return null;
  }
  if (typeof value === 'string') {
    const found = [];
    text(part);
    for (
      let at = value.indexOf(part);
      at >= 0 && part !== '';
      at = value.indexOf(part, at + 1)
    ) {
      found.push(Array.from(value.slice(0, at)).length);
    }
    return part === '' ? null : found;
  }
  return indicesOfArray(
    array(value, 'searched'),
    Array.isArray(part) ? part : [part],
  );
}

function fromJson(value) {
  try {
    return JSON.parse(text(value));
  } catch (error) {
    if (error instanceof JqError) {
      throw error;
    }
    throw new JqError(`${named(value)} cannot be parsed as JSON`);
  }
}

function implode(value) {
  try {
    return String.fromCodePoint(...array(value, 'imploded'));
  } catch (error) {
    if (error instanceof JqError || !(error instanceof RangeError)) {
      throw error;
    }
    throw new JqError('implode input must be an array of code points');
  }
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
  return Array.from({ length: width }, (_item, i) =>
    rows.map(row => row[i] ?? null),
  );
}

function ascii(value, change) {
  return text(value, 'explode input must be a string').replace(
    /[A-Za-z]+/g,
    change,
  );
}

/** An argument without which its function cannot work; a text for another path. */
function pathOf(value) {
  if (!Array.isArray(value)) {
    throw new JqError('Path must be specified as an array');
  }
  return value;
}

const functions = {
  'type/0': typeOf,
  'length/0': length,
  'utf8bytelength/0': value =>
    Buffer.byteLength(
      text(value, `${named(value)} only strings have UTF-8 byte length`),
    ),
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
  'tostring/0': toText,
  'tonumber/0': toNumber,
  'toboolean/0': value => {
    if (typeof value !== 'boolean' && value !== 'true' && value !== 'false') {
      throw new JqError(`${named(value)} cannot be parsed as a boolean`);
    }
    return value === true || value === 'true';
  },
  'tojson/0': toJson,
  'fromjson/0': fromJson,
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
  'explode/0': value =>
    Array.from(text(value, `${named(value)} cannot be exploded`), c =>
      c.codePointAt(0),
    ),
  'implode/0': implode,
  'split/1': (value, separator) => {
    if (typeof value !== 'string' || typeof separator !== 'string') {
      throw new JqError('split input and separator must be strings');
    }
    return splitText(value, separator);
  },
  'join/1': join,
  'ltrimstr/1': (value, part) =>
    typeof value === 'string' &&
    typeof part === 'string' &&
    value.startsWith(part)
      ? value.slice(part.length)
      : value,
  'rtrimstr/1': (value, part) =>
    typeof value === 'string' &&
    typeof part === 'string' &&
    part !== '' &&
    value.endsWith(part)
      ? value.slice(0, -part.length)
      : value,
  'trim/0': value => text(value, `${named(value)} cannot be trimmed`).trim(),
  'ltrim/0': value =>
    text(value, `${named(value)} cannot be trimmed`).trimStart(),
  'rtrim/0': value =>
    text(value, `${named(value)} cannot be trimmed`).trimEnd(),
  'startswith/1': (value, part) =>
    text(value, 'startswith() requires string inputs').startsWith(
      text(part, 'startswith() requires string inputs'),
    ),
  'endswith/1': (value, part) =>
    text(value, 'endswith() requires string inputs').endsWith(
      text(part, 'endswith() requires string inputs'),
    ),
  'ascii_downcase/0': value => ascii(value, part => part.toLowerCase()),
  'ascii_upcase/0': value => ascii(value, part => part.toUpperCase()),
  'ascii/0': value => String.fromCharCode(number(value)),
  'indices/1': indices,
  '_indices/1': indices,
  'index/1': (value, part) => indices(value, part)?.[0] ?? null,
  'rindex/1': (value, part) => indices(value, part)?.at(-1) ?? null,
  'setpath/2': (value, path, change) =>
    setPath(value, pathOf(path), () => change),
  'delpaths/1': (value, paths) => deletePaths(value, pathOf(paths).map(pathOf)),
  'test/1': (value, pattern) =>
    Array.isArray(pattern)
      ? regex.test(value, pattern[0], pattern[1] ?? null)
      : regex.test(value, pattern, null),
  'test/2': regex.test,
  'split/2': (value, pattern, flags) => {
    const parts = [];
    let from = 0;
    const characters = Array.from(text(value));
    for (const match of regex.matches(value, pattern, `${flags ?? ''}g`)) {
      parts.push(characters.slice(from, match.offset).join(''));
      from = match.offset + match.length;
    }
    return [...parts, characters.slice(from).join('')];
  },
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
  'infinite/0': () => Infinity,
  'nan/0': () => NaN,
  'isinfinite/0': value =>
    !Number.isFinite(number(value)) && !Number.isNaN(value),
  'isnan/0': value => Number.isNaN(number(value)),
  'isnormal/0': value =>
    Number.isFinite(number(value)) &&
    Math.abs(value) >= 2.2250738585072014e-308,
  'abs/0': value => Math.abs(number(value)),
};

const MATH = [
  'floor',
  'ceil',
  'sqrt',
  'round',
  'trunc',
  'cbrt',
  'exp',
  'expm1',
  'log',
  'log2',
  'log10',
  'log1p',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
];
for (const name of MATH) {
  functions[`${name}/0`] = value => Math[name](number(value));
}
functions['fabs/0'] = value => Math.abs(number(value));
functions['rint/0'] = value => {
  const floor = Math.floor(number(value));
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
};
functions['nearbyint/0'] = functions['rint/0'];
functions['exp2/0'] = value => 2 ** number(value);
functions['exp10/0'] = value => 10 ** number(value);
functions['significand/0'] = value =>
  number(value) / 2 ** Math.floor(Math.log2(Math.abs(value)));
functions['logb/0'] = value => Math.floor(Math.log2(Math.abs(number(value))));
functions['pow/2'] = (_value, a, b) => number(a) ** number(b);
functions['atan2/2'] = (_value, a, b) => Math.atan2(number(a), number(b));
functions['fmin/2'] = (_value, a, b) => Math.min(number(a), number(b));
functions['fmax/2'] = (_value, a, b) => Math.max(number(a), number(b));
functions['fmod/2'] = (_value, a, b) => number(a) % number(b);
functions['ldexp/2'] = (_value, a, b) => number(a) * 2 ** number(b);

module.exports = { functions, pathOf };
