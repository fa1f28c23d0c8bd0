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

const { parse, JqSyntaxError } = require('./parser');
const {
  JqError,
  deletePaths,
  getPath,
  index,
  put,
  setPath,
  slice,
  truthy,
  typeOf,
} = require('./values');
const { binary } = require('./operators');
const { format, toText } = require('./formats');

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
  code(env, value, null, result => all.push(result));
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
    all.push(path);
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

class Compiler {
  /**
   * @param builtins - (name/arity) => a native function (args, env, value, path, emit), a text of jq, or undefined
   */
  constructor(builtins) {
    this.builtins = builtins;
    this.compiledBuiltins = new Map();
    this.variables = new Set();
  }

  /** Compiles a text; `scope` holds the function keys that are known. */
  source(text) {
    return this.node(parse(text), null);
  }

  node(tree, scope) {
    return this[tree.kind](tree, scope);
  }

  identity() {
    return (env, value, path, emit) => emit(value, path);
  }

  literal({ value: constant }) {
    return (env, value, path, emit) => emit(constant, detached(path));
  }

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
  }

  pipe({ left, right }, scope) {
    const from = this.node(left, scope);
    const to = this.node(right, scope);
    return (env, value, path, emit) =>
      from(env, value, path, (result, at) => to(env, result, at, emit));
  }

  comma({ left, right }, scope) {
    const one = this.node(left, scope);
    const two = this.node(right, scope);
    return (env, value, path, emit) => {
      one(env, value, path, emit);
      two(env, value, path, emit);
    };
  }

  negate({ body }, scope) {
    const code = this.node(body, scope);
    return (env, value, path, emit) =>
      each(code, env, value, result => {
        if (typeof result !== 'number') {
          throw new JqError(`${typeOf(result)} cannot be negated`);
        }
        emit(-result, detached(path));
      });
  }

  index({ target, key }, scope) {
    const from = this.node(target, scope);
    const keys = this.node(key, scope);
    return (env, value, path, emit) =>
      from(env, value, path, (object, at) =>
        each(keys, env, value, k =>
          emit(index(object, k), step(object, at, k)),
        ),
      );
  }

  iterate({ target }, scope) {
    const from = this.node(target, scope);
    return (env, value, path, emit) =>
      from(env, value, path, (result, at) => iterate(result, at, emit));
  }

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
  }

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
  }

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
  }

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
  }

  if({ test, then, otherwise }, scope) {
    const condition = this.node(test, scope);
    const yes = this.node(then, scope);
    const no = this.node(otherwise, scope);
    return (env, value, path, emit) =>
      each(condition, env, value, result =>
        (truthy(result) ? yes : no)(env, value, path, emit),
      );
  }

  array({ body }, scope) {
    if (body === undefined) {
      return (env, value, path, emit) => emit([], detached(path));
    }
    const code = this.node(body, scope);
    return (env, value, path, emit) =>
      emit(outputs(code, env, value), detached(path));
  }

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
  }

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
            build(at + 1, text + render(item)),
          );
        }
      };
      build(0, '');
    };
  }

  format({ name }) {
    const render = format(name);
    return (env, value, path, emit) => emit(render(value), detached(path));
  }

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
  }

  break({ name }, scope) {
    if (lookup(scope, `*${name}`) === undefined) {
      throw new JqSyntaxError(`$*label-${name} is not defined`);
    }
    return env => {
      throw new Leave(lookup(env, `*${name}`).value);
    };
  }

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
  }

  functionOf({ parameters, body }, scope) {
    let inner = scope;
    for (const parameter of parameters) {
      inner = bind(inner, `${parameter.name}/0`, true);
    }
    return { parameters, body: this.node(body, inner) };
  }

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
  }

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
  }

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
  }

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
  }

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
  }

  as({ source, patterns, body }, scope) {
    const from = this.node(source, scope);
    const binder = this.destructure(patterns, scope);
    const code = this.node(body, scope);
    return (env, value, path, emit) =>
      each(from, env, value, item =>
        binder(env, item, inner => code(inner, value, path, emit)),
      );
  }

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
  }

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
  }

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
  }
}

/** Wraps what is thrown behind a try, so that the try does not catch it. */
class Outside {
  constructor(error) {
    this.error = error instanceof Outside ? error.error : error;
  }
}

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

module.exports = {
  Compiler,
  Leave,
  bind,
  detached,
  each,
  first,
  iterate,
  outputs,
  pathsOf,
  step,
};
