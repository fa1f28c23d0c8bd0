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

const { maxItems, SizeError } = require('./sizes');
const { JqError, named, put } = require('./values');

const cache = new Map();
const MAX_CACHED = 500;

/** A JavaScript pattern for one of jq; flags n and l change nothing here. */
function toPattern(source, flags) {
  const key = `${flags}/${source}`;
  let pattern = cache.get(key);
  if (pattern === undefined) {
    pattern = create(source, flags);
    if (cache.size >= MAX_CACHED) {
      cache.clear();
    }
    cache.set(key, pattern);
  }
  pattern.lastIndex = 0;
  return pattern;
}

function create(source, flags) {
  let text = source;
  let own = 'g';
  for (const flag of flags) {
    if (flag === 'i') {
      own += 'i';
    } else if (flag === 's' || flag === 'p') {
      own += 's';
    } else if (flag === 'x') {
      text = text.replace(/\\[\s\S]|\[(?:\\.|[^\]])*\]|\s+|#[^\n]*/g, part =>
        /^[\s#]/.test(part) ? '' : part,
      );
    } else if (!'gnl'.includes(flag)) {
      throw new JqError(`${flags} is not a valid modifier string`);
    }
  }
  for (const unicode of ['u', '']) {
    try {
      return new RegExp(text, own + unicode);
    } catch {
      // the next way to read it
    }
  }
  throw new JqError(`${source} (at offset 0) is not a valid regex`);
}

function checked(input, source, flags) {
  for (const value of [input, source]) {
    if (typeof value !== 'string') {
      throw new JqError(
        `${named(value)} cannot be matched, as it is not a string`,
      );
    }
  }
  if (flags !== null && typeof flags !== 'string') {
    throw new JqError(`${named(flags)} is not a string`);
  }
  return toPattern(source, flags ?? '');
}

function test(input, source, flags) {
  return checked(input, source, flags).test(input);
}

/** Offsets count code points, as in jq. */
function points(text, end) {
  let count = 0;
  for (let i = 0; i < end; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff) {
      count += 1;
    }
  }
  return count;
}

function groupNames(source) {
  const names = [];
  const pattern = /\\.|\((?!\?)|\(\?<(?![=!])([^>]+)>/g;
  for (const found of source.matchAll(pattern)) {
    if (!found[0].startsWith('\\')) {
      names.push(found[1] ?? null);
    }
  }
  return names;
}

/** A match takes as much memory as so many items of an array. */
const ITEMS_PER_MATCH = 8;

/** A match object of jq, of a match that stands at an offset. */
function describeMatch(found, offset, names) {
  return {
    offset,
    length: points(found[0], found[0].length),
    string: found[0],
    captures: found.slice(1).map((text, i) => {
      const at = text === undefined ? -1 : found[0].indexOf(text);
      return {
        offset: at < 0 ? -1 : offset + points(found[0], at),
        length: text === undefined ? 0 : points(text, text.length),
        string: text ?? null,
        name: names[i] ?? null,
      };
    }),
  };
}

/** The match objects of jq. */
function matches(input, source, flags) {
  const pattern = checked(input, source, flags);
  const global = (flags ?? '').includes('g');
  const names = groupNames(source);
  const all = [];
  let offset = 0;
  let from = 0;
  for (const found of input.matchAll(pattern)) {
    if (all.length * ITEMS_PER_MATCH > maxItems()) {
      throw new SizeError('A regular expression is found too often');
    }
    offset += points(input.slice(from, found.index), found.index - from);
    from = found.index;
    all.push(describeMatch(found, offset, names));
    if (!global) {
      break;
    }
  }
  return all;
}

/** The named groups of a match, as an object. */
function captured(match) {
  const result = {};
  for (const capture of match.captures) {
    if (capture.name !== null) {
      put(result, capture.name, capture.string);
    }
  }
  return result;
}

module.exports = { test, matches, captured };
