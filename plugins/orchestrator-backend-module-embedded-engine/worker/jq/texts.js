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

const { array, number, text } = require('./checks');
const { toJson, toText } = require('./formats');
const { splitText } = require('./operators');
const { indicesOfArray } = require('./places');
const { checkCharacters, checkItems } = require('./sizes');
const regex = require('./regex');
const { JqError, named, typeOf } = require('./values');

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
  const between = parts.length < 2 ? '' : text(separator);
  checkCharacters(
    parts.reduce((sum, part) => sum + part.length, 0) +
      between.length * parts.length,
  );
  return parts.join(between);
}

function indices(value, part) {
  if (value === null || part === null) {
    return null;
  }
  if (typeof value === 'string') {
    const found = [];
    let points = 0;
    let from = 0;
    text(part);
    for (
      let at = value.indexOf(part);
      at >= 0 && part !== '';
      at = value.indexOf(part, at + 1)
    ) {
      // Offsets count code points.
      points += Array.from(value.slice(from, at)).length;
      from = at;
      checkItems(found.push(points));
    }
    return part === '' ? null : found;
  }
  return indicesOfArray(
    array(value, 'searched'),
    Array.isArray(part) ? part : [part],
  );
}

/** A call takes a limited number of arguments. */
const MAX_ARGUMENTS = 10_000;

function implode(value) {
  try {
    let result = '';
    checkCharacters(array(value, 'imploded').length);
    for (let i = 0; i < value.length; i += MAX_ARGUMENTS) {
      result += String.fromCodePoint(...value.slice(i, i + MAX_ARGUMENTS));
    }
    return result;
  } catch (error) {
    if (error instanceof JqError || !(error instanceof RangeError)) {
      throw error;
    }
    throw new JqError('implode input must be an array of code points');
  }
}

function ascii(value, change) {
  return text(value, 'explode input must be a string').replace(
    /[A-Za-z]+/g,
    change,
  );
}

/** Functions of texts: (input, ...arguments) => result. */
const texts = {
  'utf8bytelength/0': value =>
    Buffer.byteLength(
      text(value, `${named(value)} only strings have UTF-8 byte length`),
    ),
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
  'explode/0': value => {
    checkItems(text(value, `${named(value)} cannot be exploded`).length);
    return Array.from(value, c => c.codePointAt(0));
  },
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
      checkItems(parts.push(characters.slice(from, match.offset).join('')));
      from = match.offset + match.length;
    }
    return [...parts, characters.slice(from).join('')];
  },
};

module.exports = { texts };
