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
  detached,
  each,
  first,
  iterate,
  pathsOf,
  step,
} = require('../environment');
const { pathOf } = require('../checks');
const { leaving } = require('../leaving');
const { getPath } = require('../places');
const { checkItems } = require('../sizes');
const { JqError } = require('../values');

function limited(most, code, env, value, path, emit) {
  if (most <= 0) {
    return;
  }
  let seen = 0;
  leaving(leave =>
    code(env, value, path, (result, at) => {
      seen += 1;
      emit(result, at);
      if (seen >= most) {
        leave();
      }
    }),
  );
}

function* count(from, to, by) {
  for (const part of [from, to, by]) {
    if (typeof part !== 'number') {
      throw new JqError('Range bounds must be numeric');
    }
  }
  if (by === 0) {
    if (from < to) {
      throw new JqError('Range step must not be zero');
    }
    return;
  }
  for (let i = from; by > 0 ? i < to : i > to; i += by) {
    yield i;
  }
}

function recurse(next, env, value, path, emit) {
  // An own stack: a deep value must not exhaust the one of JavaScript.
  const stack = [[value, path]];
  while (stack.length > 0) {
    const [item, at] = stack.pop();
    emit(item, at);
    const children = [];
    next(env, item, at, (child, place) =>
      checkItems(children.push([child, place])),
    );
    for (let i = children.length - 1; i >= 0; i -= 1) {
      stack.push(children[i]);
    }
  }
}

/** Whether the first result of a condition is true. */
function holds(condition, env, value) {
  const found = first(condition, env, value)?.value;
  return found !== undefined && found !== null && found !== false;
}

/** Functions that give a stream of results, or stop one. */
module.exports = {
  'empty/0': () => {},
  'error/0': (_args, _env, value) => {
    throw new JqError(value);
  },
  'error/1': (args, env, value) =>
    each(args[0], env, value, result => {
      throw new JqError(result);
    }),
  'path/1': (args, env, value, path, emit) => {
    for (const place of pathsOf(args[0], env, value)) {
      emit(place, detached(path));
    }
  },
  'getpath/1': (args, env, value, path, emit) =>
    each(args[0], env, value, place => {
      const found = getPath(value, pathOf(place));
      emit(
        found,
        path === null
          ? null
          : place.reduce((at, key) => step(value, at, key), path),
      );
    }),
  'select/1': (args, env, value, path, emit) =>
    each(args[0], env, value, held => {
      if (held !== null && held !== false) {
        emit(value, path);
      }
    }),
  'recurse/0': (_args, env, value, path, emit) =>
    recurse(
      (_env, item, at, out) => {
        if (typeof item === 'object' && item !== null) {
          iterate(item, at, out);
        }
      },
      env,
      value,
      path,
      emit,
    ),
  'recurse/1': (args, env, value, path, emit) =>
    recurse(args[0], env, value, path, emit),
  'recurse/2': (args, env, value, path, emit) =>
    recurse(
      (inner, item, at, out) =>
        args[0](inner, item, at, (child, place) =>
          each(args[1], inner, child, held => {
            if (held !== null && held !== false) {
              out(child, place);
            }
          }),
        ),
      env,
      value,
      path,
      emit,
    ),
  'range/1': (args, env, value, path, emit) =>
    each(args[0], env, value, to => {
      for (const i of count(0, to, 1)) {
        emit(i, detached(path));
      }
    }),
  'range/2': (args, env, value, path, emit) =>
    each(args[0], env, value, from =>
      each(args[1], env, value, to => {
        for (const i of count(from, to, 1)) {
          emit(i, detached(path));
        }
      }),
    ),
  'range/3': (args, env, value, path, emit) =>
    each(args[0], env, value, from =>
      each(args[1], env, value, to =>
        each(args[2], env, value, by => {
          for (const i of count(from, to, by)) {
            emit(i, detached(path));
          }
        }),
      ),
    ),
  'first/1': (args, env, value, path, emit) => {
    const found = first(args[0], env, value, path);
    if (found !== undefined) {
      emit(found.value, found.path);
    }
  },
  'last/1': (args, env, value, path, emit) => {
    let found;
    args[0](env, value, path, (result, at) => {
      found = { result, at };
    });
    if (found !== undefined) {
      emit(found.result, found.at);
    }
  },
  'limit/2': (args, env, value, path, emit) =>
    each(args[0], env, value, n => limited(n, args[1], env, value, path, emit)),
  'skip/2': (args, env, value, path, emit) =>
    each(args[0], env, value, n => {
      let seen = 0;
      args[1](env, value, path, (result, at) => {
        seen += 1;
        if (seen > n) {
          emit(result, at);
        }
      });
    }),
  'until/2': (args, env, value, path, emit) => {
    let current = value;
    while (!holds(args[0], env, current)) {
      const next = first(args[1], env, current);
      if (next === undefined) {
        return;
      }
      current = next.value;
    }
    emit(current, detached(path));
  },
  'while/2': (args, env, value, path, emit) =>
    recurse(
      (inner, item, at, out) => {
        args[1](inner, item, at, (next, place) => {
          if (holds(args[0], inner, next)) {
            out(next, place);
          }
        });
      },
      env,
      value,
      path,
      (item, at) => {
        if (holds(args[0], env, item)) {
          emit(item, at);
        }
      },
    ),
  'repeat/1': (args, env, value, path, emit) =>
    recurse(args[0], env, value, path, emit),
  'isempty/1': (args, env, value, path, emit) =>
    emit(first(args[0], env, value) === undefined, detached(path)),
  'debug/0': (_args, _env, value, path, emit) => emit(value, path),
  'debug/1': (_args, _env, value, path, emit) => emit(value, path),
};
