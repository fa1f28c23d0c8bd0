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
  each,
  first,
  iterate,
  pathsOf,
  step,
  detached,
} = require('../environment');
const { binary } = require('../operators');
const { deletePaths, getPath, index, setPath, slice } = require('../places');
const { truthy } = require('../values');

function changeOf(operator) {
  return operator === '//'
    ? (old, given) => (truthy(old) ? old : given)
    : binary[operator];
}

/** `paths |= f`: the first result of f, or the path deleted where f gives none. */
function updateWith(target, source, env, value) {
  let result = value;
  const gone = [];
  for (const place of pathsOf(target, env, value)) {
    const changed = first(source, env, getPath(result, place));
    if (changed === undefined) {
      gone.push(place);
    } else {
      result = setPath(result, place, () => changed.value);
    }
  }
  return deletePaths(result, gone);
}

/** Nodes that go to places in a value, and those that change what is there. */
module.exports = {
  identity() {
    return (env, value, path, emit) => emit(value, path);
  },

  index({ target, key }, scope) {
    const from = this.node(target, scope);
    const keys = this.node(key, scope);
    return (env, value, path, emit) =>
      from(env, value, path, (object, at) =>
        each(keys, env, value, k =>
          emit(index(object, k), step(object, at, k)),
        ),
      );
  },

  iterate({ target }, scope) {
    const from = this.node(target, scope);
    return (env, value, path, emit) =>
      from(env, value, path, (result, at) => iterate(result, at, emit));
  },

  slice({ target, from, to }, scope) {
    const none = { kind: 'literal', value: null };
    const source = this.node(target, scope);
    const starts = this.node(from ?? none, scope);
    const ends = this.node(to ?? none, scope);
    return (env, value, path, emit) =>
      source(env, value, path, (result, at) =>
        each(ends, env, value, end =>
          each(starts, env, value, start =>
            emit(slice(result, start, end), step(result, at, { start, end })),
          ),
        ),
      );
  },

  assign({ operator, left, right }, scope) {
    const target = this.node(left, scope);
    const source = this.node(right, scope);
    if (operator === '|=') {
      return (env, value, path, emit) =>
        emit(updateWith(target, source, env, value), detached(path));
    }
    const change =
      operator === '='
        ? (_old, given) => given
        : changeOf(operator.slice(0, -1));
    return (env, value, path, emit) =>
      each(source, env, value, given => {
        let result = value;
        for (const place of pathsOf(target, env, value)) {
          result = setPath(result, place, old => change(old, given));
        }
        emit(result, detached(path));
      });
  },
};
