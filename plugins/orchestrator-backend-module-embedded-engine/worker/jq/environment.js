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

const { JqError, typeOf } = require('./values');
const { toText } = require('./formats');
const { checkItems } = require('./sizes');

/*
 * A compiled program is a function (env, value, path, emit): it calls emit(value, path) for each result. A path is an array of
 * keys while paths are asked for, null while they are not, and NOT_A_PATH where a result stands nowhere in the input.
 */
const NOT_A_PATH = Symbol('not a path');

/** Leaves a label: thrown by break, limit and the like. */
class Leave {
  constructor(label) {
    this.label = label;
  }
}

/** Wraps what is thrown behind a try, so that the try does not catch it. */
class Outside {
  constructor(error) {
    this.error = error instanceof Outside ? error.error : error;
  }
}

/** The environment is a chain of {key, value, up}; variables have keys `$name`, functions `name/arity`. */
function bind(env, key, value) {
  return { key, value, up: env };
}

function lookup(env, key) {
  for (let at = env; at !== null; at = at.up) {
    if (at.key === key) {
      return at;
    }
  }
  return undefined;
}

function detached(path) {
  return path === null ? null : NOT_A_PATH;
}

function step(value, path, key) {
  if (path === null) {
    return null;
  }
  if (path === NOT_A_PATH) {
    throw new JqError(
      `Invalid path expression with result ${toText(value).slice(0, 30)}`,
    );
  }
  return path.concat([key]);
}

/** Runs a program for its values only. */
function each(code, env, value, emit) {
  code(env, value, null, emit);
}

function outputs(code, env, value) {
  const all = [];
  code(env, value, null, result => checkItems(all.push(result)));
  return all;
}

/** The first result, or undefined. */
function first(code, env, value, path = null) {
  const label = {};
  let found;
  try {
    code(env, value, path, (result, at) => {
      found = { value: result, path: at };
      throw new Leave(label);
    });
  } catch (error) {
    if (!(error instanceof Leave) || error.label !== label) {
      throw error;
    }
  }
  return found;
}

/** The paths that a program stands for, with their values. */
function pathsOf(code, env, value) {
  const all = [];
  code(env, value, [], (_result, path) => {
    if (path === NOT_A_PATH) {
      throw new JqError(
        `Invalid path expression with result ${toText(_result).slice(0, 30)}`,
      );
    }
    checkItems(all.push(path));
  });
  return all;
}

function iterate(value, path, emit) {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      emit(value[i], step(value, path, i));
    }
  } else if (typeOf(value) === 'object') {
    for (const key of Object.keys(value)) {
      emit(value[key], step(value, path, key));
    }
  } else {
    throw new JqError(`Cannot iterate over ${typeOf(value)}`);
  }
}

module.exports = {
  Leave,
  Outside,
  bind,
  detached,
  each,
  first,
  iterate,
  lookup,
  outputs,
  pathsOf,
  step,
};
