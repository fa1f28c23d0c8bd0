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

const { detached, each } = require('../environment');
const { functions } = require('../functions');
const { math } = require('../math');
const collections = require('./collections');
const matching = require('./matching');
const streams = require('./streams');
const { written } = require('./written');

/** Calls a function of values for each combination of its arguments' results. */
function overValues(apply) {
  return (args, env, value, path, emit) => {
    const pass = (at, given) => {
      if (at < 0) {
        emit(apply(value, ...given) ?? null, detached(path));
      } else {
        each(args[at], env, value, result => pass(at - 1, [result, ...given]));
      }
    };
    pass(args.length - 1, []);
  };
}

const native = { ...collections, ...matching, ...streams };
for (const [key, apply] of Object.entries({ ...functions, ...math })) {
  native[key] = overValues(apply);
}

/** The builtin of a key `name/arity`: a native function, a text of jq, or undefined. */
function builtins(key) {
  if (Object.hasOwn(native, key)) {
    return native[key];
  }
  return Object.hasOwn(written, key) ? written[key] : undefined;
}

module.exports = { builtins };
