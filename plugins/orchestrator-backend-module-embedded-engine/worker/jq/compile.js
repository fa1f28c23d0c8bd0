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

const { parse } = require('./parser');
const bindings = require('./nodes/bindings');
const control = require('./nodes/control');
const functions = require('./nodes/functions');
const paths = require('./nodes/paths');
const values = require('./nodes/values');

/** Turns the tree of a program into functions; it has a method for each kind of node. */
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
}

Object.assign(Compiler.prototype, bindings, control, functions, paths, values);

module.exports = { Compiler };
