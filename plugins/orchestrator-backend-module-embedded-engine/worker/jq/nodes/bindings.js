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

const { bind, detached, each } = require('../environment');
const { index } = require('../places');
const { JqError } = require('../values');

/** Names of the variables that a pattern sets. */
function patternNames(pattern, names = []) {
  if (pattern.kind === 'variable') {
    names.push(pattern.name);
  }
  for (const item of pattern.items ?? []) {
    patternNames(item, names);
  }
  for (const entry of pattern.entries ?? []) {
    if (entry.variable !== undefined) {
      names.push(entry.variable);
    }
    if (entry.pattern !== undefined) {
      patternNames(entry.pattern, names);
    }
  }
  return names;
}

/** Nodes that bind variables. */
module.exports = {
  /** Calls `then` with the environment of each way in which a pattern fits a value. */
  bindPattern(pattern, scope) {
    if (pattern.kind === 'variable') {
      return (env, value, then) => then(bind(env, `$${pattern.name}`, value));
    }
    const parts =
      pattern.kind === 'array'
        ? pattern.items.map((item, i) => ({
            keys: this.literal({ value: i }),
            rest: this.bindPattern(item, scope),
          }))
        : pattern.entries.map(entry => ({
            keys: this.node(entry.key, scope),
            variable: entry.variable,
            rest: entry.pattern && this.bindPattern(entry.pattern, scope),
          }));
    return (env, value, then) => {
      const walk = (at, inner) => {
        if (at === parts.length) {
          then(inner);
          return;
        }
        const { keys, variable, rest } = parts[at];
        each(keys, inner, value, key => {
          const item = index(value, key);
          const named =
            variable === undefined ? inner : bind(inner, `$${variable}`, item);
          if (rest === undefined) {
            walk(at + 1, named);
          } else {
            rest(named, item, next => walk(at + 1, next));
          }
        });
      };
      walk(0, env);
    };
  },

  /** Destructuring with alternatives: `. as [$a] ?// $a`. */
  destructure(patterns, scope) {
    const binders = patterns.map(pattern => this.bindPattern(pattern, scope));
    if (binders.length === 1) {
      return binders[0];
    }
    const names = patterns.flatMap(pattern => patternNames(pattern));
    return (env, value, then) => {
      const blank = names.reduce(
        (inner, name) => bind(inner, `$${name}`, null),
        env,
      );
      for (let i = 0; i < binders.length; i += 1) {
        try {
          binders[i](blank, value, then);
          return;
        } catch (error) {
          if (!(error instanceof JqError) || i === binders.length - 1) {
            throw error;
          }
        }
      }
    };
  },

  as({ source, patterns, body }, scope) {
    const from = this.node(source, scope);
    const binder = this.destructure(patterns, scope);
    const code = this.node(body, scope);
    return (env, value, path, emit) =>
      each(from, env, value, item =>
        binder(env, item, inner => code(inner, value, path, emit)),
      );
  },

  reduce({ source, patterns, start, update }, scope) {
    const from = this.node(source, scope);
    const binder = this.destructure(patterns, scope);
    const initial = this.node(start, scope);
    const next = this.node(update, scope);
    return (env, value, path, emit) =>
      initial(env, value, path, (state, at) => {
        let current = { value: state, path: at };
        each(from, env, value, item =>
          binder(env, item, inner => {
            let last = { value: null, path: detached(path) };
            next(inner, current.value, current.path, (result, place) => {
              last = { value: result, path: place };
            });
            current = last;
          }),
        );
        emit(current.value, current.path);
      });
  },

  foreach({ source, patterns, start, update, extract }, scope) {
    const from = this.node(source, scope);
    const binder = this.destructure(patterns, scope);
    const initial = this.node(start, scope);
    const next = this.node(update, scope);
    const out =
      extract === undefined ? this.identity() : this.node(extract, scope);
    return (env, value, path, emit) =>
      initial(env, value, path, (state, at) => {
        let current = { value: state, path: at };
        each(from, env, value, item =>
          binder(env, item, inner =>
            next(inner, current.value, current.path, (result, place) => {
              current = { value: result, path: place };
              out(inner, result, place, emit);
            }),
          ),
        );
      });
  },
};
