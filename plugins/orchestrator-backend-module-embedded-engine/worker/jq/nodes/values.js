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

const { detached, each, lookup, outputs } = require('../environment');
const { format, toText } = require('../formats');
const { binary } = require('../operators');
const { fitting } = require('../sizes');
const { JqError, put, truthy, typeOf } = require('../values');

/** Nodes that make values: literals, variables, operators, arrays, objects and texts. */
module.exports = {
  literal({ value: constant }) {
    return (env, value, path, emit) => emit(constant, detached(path));
  },

  variable({ name }) {
    if (name === 'ENV') {
      // A workflow has no business with the environment of the process.
      return this.literal({ value: {} });
    }
    this.variables.add(name);
    const key = `$${name}`;
    return (env, value, path, emit) => {
      const found = lookup(env, key);
      if (found === undefined) {
        throw new JqError(`$${name} is not defined`);
      }
      emit(found.value, detached(path));
    };
  },

  negate({ body }, scope) {
    const code = this.node(body, scope);
    return (env, value, path, emit) =>
      each(code, env, value, result => {
        if (typeof result !== 'number') {
          throw new JqError(`${typeOf(result)} cannot be negated`);
        }
        emit(-result, detached(path));
      });
  },

  binary({ operator, left, right }, scope) {
    const one = this.node(left, scope);
    const two = this.node(right, scope);
    if (operator === 'and' || operator === 'or') {
      const decided = operator === 'or';
      return (env, value, path, emit) =>
        each(one, env, value, a => {
          if (truthy(a) === decided) {
            emit(decided, detached(path));
          } else {
            each(two, env, value, b => emit(truthy(b), detached(path)));
          }
        });
    }
    const apply = binary[operator];
    return (env, value, path, emit) =>
      each(two, env, value, b =>
        each(one, env, value, a => emit(apply(a, b), detached(path))),
      );
  },

  array({ body }, scope) {
    if (body === undefined) {
      return (env, value, path, emit) => emit([], detached(path));
    }
    const code = this.node(body, scope);
    return (env, value, path, emit) =>
      emit(outputs(code, env, value), detached(path));
  },

  object({ entries }, scope) {
    const pairs = entries.map(({ key, value }) => [
      this.node(key, scope),
      this.node(value, scope),
    ]);
    return (env, value, path, emit) => {
      const build = (at, chosen) => {
        if (at === pairs.length) {
          const result = {};
          for (const [key, item] of chosen) {
            put(result, key, item);
          }
          emit(result, detached(path));
          return;
        }
        const [keys, values] = pairs[at];
        each(keys, env, value, key => {
          if (typeof key !== 'string') {
            throw new JqError(
              `Object keys must be strings, not ${typeOf(key)}`,
            );
          }
          each(values, env, value, item =>
            build(at + 1, [...chosen, [key, item]]),
          );
        });
      };
      build(0, []);
    };
  },

  text({ format: name, parts }, scope) {
    const render = name === undefined ? toText : format(name);
    const codes = parts.map(part =>
      typeof part === 'string' ? part : this.node(part, scope),
    );
    return (env, value, path, emit) => {
      const build = (at, text) => {
        if (at === codes.length) {
          emit(text, detached(path));
        } else if (typeof codes[at] === 'string') {
          build(at + 1, text + codes[at]);
        } else {
          each(codes[at], env, value, item =>
            build(at + 1, fitting(text + render(item))),
          );
        }
      };
      build(0, '');
    };
  },

  format({ name }) {
    const render = format(name);
    return (env, value, path, emit) => emit(render(value), detached(path));
  },
};
