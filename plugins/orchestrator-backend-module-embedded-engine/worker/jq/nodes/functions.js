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

const { bind, detached, each, lookup } = require('../environment');
const { parse } = require('../parser');
const { JqSyntaxError } = require('../tokens');

/** Nodes that define and call functions. */
module.exports = {
  def({ definition, body }, scope) {
    const key = `${definition.name}/${definition.parameters.length}`;
    const inner = bind(scope, key, true);
    const made = this.functionOf(definition, inner);
    const code = this.node(body, inner);
    return (env, value, path, emit) => {
      const next = bind(env, key, { ...made, env: undefined });
      next.value.env = next;
      code(next, value, path, emit);
    };
  },

  functionOf({ parameters, body }, scope) {
    let inner = scope;
    for (const parameter of parameters) {
      inner = bind(inner, `${parameter.name}/0`, true);
    }
    return { parameters, body: this.node(body, inner) };
  },

  call({ name, parameters }, scope) {
    const key = `${name}/${parameters.length}`;
    const args = parameters.map(parameter => this.node(parameter, scope));
    if (lookup(scope, key) !== undefined) {
      return (env, value, path, emit) => {
        const target = lookup(env, key).value;
        if (target.code !== undefined) {
          target.code(target.env, value, path, emit);
        } else {
          this.enter(target, args, env, value, path, emit);
        }
      };
    }
    const builtin = this.builtins(key);
    if (builtin === undefined) {
      throw new JqSyntaxError(`${key} is not defined`);
    }
    if (typeof builtin === 'function') {
      return (env, value, path, emit) => builtin(args, env, value, path, emit);
    }
    return (env, value, path, emit) =>
      this.enter(this.builtin(key, builtin), args, env, value, path, emit);
  },

  /** A builtin that is written in jq itself; compiled when it is first called. */
  builtin(key, text) {
    let made = this.compiledBuiltins.get(key);
    if (made === undefined) {
      const { definition } = parse(`${text} .`);
      const scope = bind(null, key, true);
      made = { ...this.functionOf(definition, scope), env: undefined };
      made.env = bind(null, key, made);
      this.compiledBuiltins.set(key, made);
    }
    return made;
  },

  enter(target, args, env, value, path, emit) {
    const pass = (at, inner) => {
      if (at === args.length) {
        target.body(inner, value, path, emit);
        return;
      }
      const { name, value: byValue } = target.parameters[at];
      if (!byValue) {
        pass(at + 1, bind(inner, `${name}/0`, { code: args[at], env }));
        return;
      }
      each(args[at], env, value, result => {
        const code = (_env, _value, p, out) => out(result, detached(p));
        pass(
          at + 1,
          bind(bind(inner, `$${name}`, result), `${name}/0`, {
            code,
            env: null,
          }),
        );
      });
    };
    pass(0, target.env);
  },
};
