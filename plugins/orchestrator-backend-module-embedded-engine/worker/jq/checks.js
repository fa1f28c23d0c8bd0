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

const { JqError, named } = require('./values');

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

/** An argument without which its function cannot work; a text for another path. */
function pathOf(value) {
  if (!Array.isArray(value)) {
    throw new JqError('Path must be specified as an array');
  }
  return value;
}

module.exports = { array, number, pathOf, text };
