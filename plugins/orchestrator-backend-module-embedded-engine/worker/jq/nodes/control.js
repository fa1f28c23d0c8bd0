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
  bind,
  detached,
  each,
  Leave,
  lookup,
  Outside,
} = require('../environment');
const { JqSyntaxError } = require('../tokens');
const { JqError, truthy } = require('../values');

/** Nodes that decide what comes next. */
module.exports = {
  pipe({ left, right }, scope) {
    const from = this.node(left, scope);
    const to = this.node(right, scope);
    return (env, value, path, emit) =>
      from(env, value, path, (result, at) => to(env, result, at, emit));
  },

  comma({ left, right }, scope) {
    const one = this.node(left, scope);
    const two = this.node(right, scope);
    return (env, value, path, emit) => {
      one(env, value, path, emit);
      two(env, value, path, emit);
    };
  },

  alternative({ left, right }, scope) {
    const one = this.node(left, scope);
    const two = this.node(right, scope);
    return (env, value, path, emit) => {
      let any = false;
      try {
        one(env, value, path, (result, at) => {
          if (truthy(result)) {
            any = true;
            // an error behind the alternative is not one of its left side
            try {
              emit(result, at);
            } catch (error) {
              throw new Outside(error);
            }
          }
        });
      } catch (error) {
        if (error instanceof Outside) {
          throw error.error;
        }
        if (!(error instanceof JqError)) {
          throw error;
        }
      }
      if (!any) {
        two(env, value, path, emit);
      }
    };
  },

  try({ body, handler }, scope) {
    const code = this.node(body, scope);
    const recover =
      handler === undefined ? undefined : this.node(handler, scope);
    return (env, value, path, emit) => {
      try {
        code(env, value, path, (result, at) => {
          try {
            emit(result, at);
          } catch (error) {
            throw new Outside(error);
          }
        });
      } catch (error) {
        if (error instanceof Outside) {
          throw error.error;
        }
        if (!(error instanceof JqError)) {
          throw error;
        }
        if (recover !== undefined) {
          recover(env, error.value ?? null, detached(path), emit);
        }
      }
    };
  },

  if({ test, then, otherwise }, scope) {
    const condition = this.node(test, scope);
    const yes = this.node(then, scope);
    const no = this.node(otherwise, scope);
    return (env, value, path, emit) =>
      each(condition, env, value, result =>
        (truthy(result) ? yes : no)(env, value, path, emit),
      );
  },

  label({ name, body }, scope) {
    const code = this.node(body, bind(scope, `*${name}`, true));
    return (env, value, path, emit) => {
      const label = {};
      try {
        code(bind(env, `*${name}`, label), value, path, emit);
      } catch (error) {
        if (!(error instanceof Leave) || error.label !== label) {
          throw error;
        }
      }
    };
  },

  break({ name }, scope) {
    if (lookup(scope, `*${name}`) === undefined) {
      throw new JqSyntaxError(`$*label-${name} is not defined`);
    }
    return env => {
      throw new Leave(lookup(env, `*${name}`).value);
    };
  },
};
