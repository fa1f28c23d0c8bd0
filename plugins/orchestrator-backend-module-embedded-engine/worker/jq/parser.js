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

const { Tokens, JqSyntaxError } = require('./tokens');
const terms = require('./terms');

const LEVELS = [
  { operators: ['or'], chain: true },
  { operators: ['and'], chain: true },
  { operators: ['==', '!=', '<', '<=', '>', '>='], chain: false },
  { operators: ['+', '-'], chain: true },
  { operators: ['*', '/', '%'], chain: true },
];
const ASSIGNMENTS = ['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='];

/** Deeper nesting than any author writes; the parser is recursive, and so is what it makes. */
const MAX_DEPTH = 200;

/** Turns the text of a jq program into a tree. */
class Parser {
  constructor(source) {
    this.tokens = new Tokens(source);
    this.depth = 0;
  }

  program() {
    const tree = this.pipe();
    if (this.tokens.peek().type !== 'end') {
      this.tokens.fail(`unexpected "${this.tokens.peek().text}"`);
    }
    return tree;
  }

  pipe() {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      this.tokens.fail('nested too deeply');
    }
    try {
      return this.pipeBody();
    } finally {
      this.depth -= 1;
    }
  }

  pipeBody() {
    const { tokens } = this;
    if (tokens.is('def')) {
      const definition = this.definition();
      return { kind: 'def', definition, body: this.pipe() };
    }
    if (tokens.take('label')) {
      const name = this.variable();
      tokens.expect('|');
      return { kind: 'label', name, body: this.pipe() };
    }
    const left = this.comma();
    if (tokens.take('as')) {
      const patterns = this.patterns();
      tokens.expect('|');
      return { kind: 'as', source: left, patterns, body: this.pipe() };
    }
    return tokens.take('|') ? { kind: 'pipe', left, right: this.pipe() } : left;
  }

  comma() {
    let left = this.alternative();
    while (this.tokens.take(',')) {
      left = { kind: 'comma', left, right: this.alternative() };
    }
    return left;
  }

  alternative() {
    const left = this.assignment();
    return this.tokens.take('//')
      ? { kind: 'alternative', left, right: this.alternative() }
      : left;
  }

  assignment() {
    const left = this.binary(0);
    for (const operator of ASSIGNMENTS) {
      if (this.tokens.take(operator)) {
        return { kind: 'assign', operator, left, right: this.alternative() };
      }
    }
    return left;
  }

  binary(level) {
    if (level === LEVELS.length) {
      return this.unary();
    }
    const { operators, chain } = LEVELS[level];
    let left = this.binary(level + 1);
    for (;;) {
      const operator = operators.find(o => this.tokens.is(o));
      if (operator === undefined) {
        return left;
      }
      this.tokens.next();
      const right = this.binary(level + 1);
      left = { kind: 'binary', operator, left, right };
      if (!chain) {
        return left;
      }
    }
  }

  unary() {
    if (this.tokens.take('-')) {
      return { kind: 'negate', body: this.unary() };
    }
    return this.postfix();
  }

  variable() {
    const token = this.tokens.next();
    if (token.type !== 'variable') {
      this.tokens.fail('expected a variable');
    }
    return token.text;
  }

  definition() {
    const { tokens } = this;
    tokens.expect('def');
    const name = tokens.next();
    if (name.type !== 'name') {
      tokens.fail('expected the name of a function');
    }
    const parameters = [];
    if (tokens.take('(')) {
      do {
        const parameter = tokens.next();
        if (parameter.type === 'variable') {
          parameters.push({ name: parameter.text, value: true });
        } else if (parameter.type === 'name') {
          parameters.push({ name: parameter.text, value: false });
        } else {
          tokens.fail('expected a parameter');
        }
      } while (tokens.take(';'));
      tokens.expect(')');
    }
    tokens.expect(':');
    const body = this.pipe();
    tokens.expect(';');
    return { name: name.text, parameters, body };
  }

  patterns() {
    const patterns = [this.pattern()];
    while (this.tokens.take('?')) {
      this.tokens.expect('//');
      patterns.push(this.pattern());
    }
    return patterns;
  }

  pattern() {
    const { tokens } = this;
    if (tokens.peek().type === 'variable') {
      return { kind: 'variable', name: this.variable() };
    }
    if (tokens.take('[')) {
      const items = [];
      do {
        items.push(this.pattern());
      } while (tokens.take(','));
      tokens.expect(']');
      return { kind: 'array', items };
    }
    tokens.expect('{');
    const entries = [];
    do {
      entries.push(this.patternEntry());
    } while (tokens.take(','));
    tokens.expect('}');
    return { kind: 'object', entries };
  }

  patternEntry() {
    const { tokens } = this;
    const token = tokens.peek();
    if (token.type === 'variable') {
      const name = this.variable();
      const key = { kind: 'literal', value: name };
      return tokens.take(':')
        ? { key, variable: name, pattern: this.pattern() }
        : { key, variable: name };
    }
    const key = this.key();
    tokens.expect(':');
    return { key, pattern: this.pattern() };
  }
}

Object.assign(Parser.prototype, terms);

/** Reads a jq program. Throws JqSyntaxError. */
function parse(source) {
  return new Parser(source).program();
}

module.exports = { parse, JqSyntaxError };
