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

const { typeOf } = require('./values');

/** A value that is too large or too deep. No expression can catch it. */
class SizeError extends Error {}

/** How deep a value may be nested: what goes on from here walks values by recursion. */
const MAX_DEPTH = 200;

/** Set from the memory of the process; one operation takes no more than a part of it. */
const sizes = { characters: 4_000_000, items: 2_000_000 };

const BYTES_PER_CHARACTER = 32;
const BYTES_PER_ITEM = 64;

/** Derives the sizes of texts and arrays from the memory; data of a run always fit. */
function setSizes({ memoryMb, maxLength }) {
  const bytes = memoryMb * 1024 * 1024;
  sizes.characters = Math.max(
    Math.floor(bytes / BYTES_PER_CHARACTER),
    maxLength,
  );
  sizes.items = Math.max(Math.floor(bytes / BYTES_PER_ITEM), maxLength);
}

/** The most characters that a text may have. */
function maxCharacters() {
  return sizes.characters;
}

/** The most items that an array may have. */
function maxItems() {
  return sizes.items;
}

/** Refuses a text of so many characters. */
function checkCharacters(length) {
  if (length > sizes.characters) {
    throw new SizeError(
      `The expression makes a text of more than ${sizes.characters} characters`,
    );
  }
}

/** Refuses an array or a stream of so many items. */
function checkItems(length) {
  if (length > sizes.items) {
    throw new SizeError(
      `The expression makes more than ${sizes.items} values at a time`,
    );
  }
}

/** A text, if it is not too long. */
function fitting(text) {
  checkCharacters(text.length);
  return text;
}

/**
 * Refuses a value whose JSON would have more characters, or that is nested too deeply. Values share their parts, so that a small one
 * can be large as JSON.
 */
function checkValue(value, most = sizes.characters) {
  let left = most;
  const walk = (item, depth) => {
    if (typeof item === 'string') {
      left -= item.length + 2;
    } else if (Array.isArray(item)) {
      left -= item.length + 1;
      enter(depth);
      for (let i = 0; i < item.length && left >= 0; i += 1) {
        walk(item[i], depth + 1);
      }
    } else if (typeOf(item) === 'object') {
      left -= 2;
      enter(depth);
      for (const key of Object.keys(item)) {
        left -= key.length + 3;
        walk(item[key], depth + 1);
        if (left < 0) {
          break;
        }
      }
    } else {
      left -= 1;
    }
    if (left < 0) {
      throw new SizeError('The result of an expression is too large');
    }
  };
  walk(value, 0);
}

function enter(depth) {
  if (depth >= MAX_DEPTH) {
    throw new SizeError(
      `The expression makes a value that is nested deeper than ${MAX_DEPTH} levels`,
    );
  }
}

module.exports = {
  SizeError,
  checkCharacters,
  checkItems,
  checkValue,
  fitting,
  maxCharacters,
  maxItems,
  setSizes,
};
