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

const { checkValue, fitting } = require('./sizes');
const { JqSyntaxError } = require('./tokens');
const { JqError, named, typeOf } = require('./values');

function toText(value) {
  return typeof value === 'string' ? value : toJson(value);
}

/** Infinity and NaN have no JSON; jq writes the largest number and null. */
function toJson(value) {
  checkValue(value);
  return JSON.stringify(value ?? null, (_key, item) =>
    item === Infinity || item === -Infinity
      ? Math.sign(item) * Number.MAX_VALUE
      : item,
  );
}

const HTML = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&#39;',
  '"': '&quot;',
};
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function row(value, name, cell) {
  if (!Array.isArray(value)) {
    throw new JqError(
      `${named(value)} cannot be ${name}-formatted, only an array can be`,
    );
  }
  return value.map(item => {
    if (item === null) {
      return '';
    }
    if (typeof item === 'string') {
      return cell(item);
    }
    if (typeof item === 'number' || typeof item === 'boolean') {
      return String(item);
    }
    throw new JqError(`${named(item)} is not valid in a ${name} row`);
  });
}

function base32(text) {
  const bytes = Buffer.from(text);
  const result = Buffer.alloc(Math.ceil(bytes.length / 5) * 8, '=');
  let bits = 0;
  let held = 0;
  let at = 0;
  const push = value => {
    result[at] = BASE32.charCodeAt(value & 31);
    at += 1;
  };
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) {
      push(held >> (bits - 5));
    }
  }
  if (bits > 0) {
    push(held << (5 - bits));
  }
  return result.toString('latin1');
}

function shell(value) {
  const quote = item => {
    if (typeof item === 'string') {
      return `'${item.replace(/'/g, "'\\''")}'`;
    }
    if (typeOf(item) === 'object' || Array.isArray(item)) {
      throw new JqError(`${named(item)} can not be escaped for shell`);
    }
    return toJson(item);
  };
  return Array.isArray(value) ? value.map(quote).join(' ') : quote(value);
}

const FORMATS = {
  '@text': toText,
  '@json': toJson,
  '@html': value => toText(value).replace(/[<>&'"]/g, c => HTML[c]),
  '@uri': value =>
    encodeURIComponent(toText(value).toWellFormed?.() ?? toText(value)).replace(
      /[!'()*]/g,
      c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  '@csv': value =>
    row(value, 'csv', text => `"${text.replace(/"/g, '""')}"`).join(','),
  '@tsv': value =>
    row(value, 'tsv', text =>
      text
        .replace(/\\/g, '\\\\')
        .replace(/\t/g, '\\t')
        .replace(/\n/g, '\\n')
        .replace(/\r/g, '\\r'),
    ).join('\t'),
  '@sh': shell,
  '@base64': value => Buffer.from(toText(value)).toString('base64'),
  '@base64d': value => {
    const text = toText(value);
    if (!/^[A-Za-z0-9+/=_-]*$/.test(text)) {
      throw new JqError(`${named(value)} is not valid base64 data`);
    }
    return Buffer.from(text, 'base64').toString();
  },
  '@base32': value => base32(toText(value)),
};

/** The function of a format such as `@base64`. */
function format(name) {
  if (!Object.hasOwn(FORMATS, name)) {
    throw new JqSyntaxError(`${name.slice(1)} is not a valid format`);
  }
  const render = FORMATS[name];
  return value => fitting(render(value));
}

module.exports = { format, toText, toJson };
