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

const CONSTANTS = { true: true, false: false, null: null };

/** How the parser reads terms: what operators stand between. */
module.exports = {
  /** A key of an object: a name, a text, or an expression in parentheses. */
  key() {
    const { tokens } = this;
    const token = tokens.next();
    if (token.type === 'name' || token.type === 'keyword') {
      return { kind: 'literal', value: token.text };
    }
    if (token.type === 'quote') {
      return this.text();
    }
    if (token.type === 'op' && token.text === '(') {
      const body = this.pipe();
      tokens.expect(')');
      return body;
    }
    return tokens.fail('expected a key');
  },

  text(format) {
    const parts = this.tokens.text(() => {
      const body = this.pipe();
      this.tokens.expect(')');
      return body;
    });
    return parts.length === 1
      ? { kind: 'literal', value: parts[0] }
      : { kind: 'text', format, parts };
  },

  postfix() {
    const { tokens } = this;
    let term = this.term();
    for (;;) {
      const token = tokens.peek();
      if (token.type === 'field') {
        tokens.next();
        term = {
          kind: 'index',
          target: term,
          key: { kind: 'literal', value: token.text },
        };
      } else if (tokens.take('?')) {
        term = { kind: 'try', body: term };
      } else if (tokens.is('[')) {
        term = this.bracket(term);
      } else if (tokens.is('.')) {
        tokens.next();
        term = this.dotted(term);
      } else {
        return term;
      }
    }
  },

  /** What may follow a dot that is not a field: a quoted key or a bracket. */
  dotted(target) {
    const { tokens } = this;
    if (tokens.peek().type === 'quote') {
      tokens.next();
      return { kind: 'index', target, key: this.text() };
    }
    if (tokens.is('[')) {
      return this.bracket(target);
    }
    return tokens.fail('expected a key after the dot');
  },

  bracket(target) {
    const { tokens } = this;
    tokens.expect('[');
    if (tokens.take(']')) {
      return { kind: 'iterate', target };
    }
    if (tokens.take(':')) {
      const to = this.pipe();
      tokens.expect(']');
      return { kind: 'slice', target, to };
    }
    const key = this.pipe();
    if (tokens.take(':')) {
      if (tokens.take(']')) {
        return { kind: 'slice', target, from: key };
      }
      const to = this.pipe();
      tokens.expect(']');
      return { kind: 'slice', target, from: key, to };
    }
    tokens.expect(']');
    return { kind: 'index', target, key };
  },

  term() {
    const { tokens } = this;
    const token = tokens.next();
    switch (token.type) {
      case 'number':
        return { kind: 'literal', value: Number(token.text) };
      case 'quote':
        return this.text();
      case 'format':
        if (tokens.peek().type === 'quote') {
          tokens.next();
          return this.text(token.text);
        }
        return { kind: 'format', name: token.text };
      case 'field':
        return {
          kind: 'index',
          target: { kind: 'identity' },
          key: { kind: 'literal', value: token.text },
        };
      case 'variable':
        return token.text === '__loc__'
          ? { kind: 'literal', value: { file: '<top-level>', line: 1 } }
          : { kind: 'variable', name: token.text };
      case 'name':
        return this.call(token.text);
      case 'keyword':
        return this.keyword(token.text);
      case 'op':
        return this.operator(token.text);
      default:
        return tokens.fail('unexpected end');
    }
  },

  call(name) {
    const { tokens } = this;
    if (Object.hasOwn(CONSTANTS, name)) {
      return { kind: 'literal', value: CONSTANTS[name] };
    }
    if (name === 'break') {
      return { kind: 'break', name: this.variable() };
    }
    const parameters = [];
    if (tokens.take('(')) {
      do {
        parameters.push(this.pipe());
      } while (tokens.take(';'));
      tokens.expect(')');
    }
    return { kind: 'call', name, parameters };
  },

  operator(text) {
    const { tokens } = this;
    switch (text) {
      case '.':
        return tokens.peek().type === 'quote' || tokens.is('[')
          ? this.dotted({ kind: 'identity' })
          : { kind: 'identity' };
      case '..':
        return { kind: 'call', name: 'recurse', parameters: [] };
      case '(': {
        const body = this.pipe();
        tokens.expect(')');
        return body;
      }
      case '[': {
        if (tokens.take(']')) {
          return { kind: 'array' };
        }
        const body = this.pipe();
        tokens.expect(']');
        return { kind: 'array', body };
      }
      case '{':
        return this.object();
      default:
        return tokens.fail(`unexpected "${text}"`);
    }
  },

  object() {
    const { tokens } = this;
    const entries = [];
    while (!tokens.take('}')) {
      if (entries.length > 0) {
        tokens.expect(',');
      }
      entries.push(this.entry());
    }
    return { kind: 'object', entries };
  },

  entry() {
    const { tokens } = this;
    const token = tokens.peek();
    if (token.type === 'variable') {
      const name = this.variable();
      return {
        key: { kind: 'literal', value: name },
        value: { kind: 'variable', name },
      };
    }
    const computed = tokens.is('(');
    const key = this.key();
    if (tokens.take(':')) {
      return { key, value: this.entryValue() };
    }
    if (computed) {
      tokens.fail('expected ":"');
    }
    return { key, value: { kind: 'index', target: { kind: 'identity' }, key } };
  },

  entryValue() {
    const left = this.alternative();
    return this.tokens.take('|')
      ? { kind: 'pipe', left, right: this.entryValue() }
      : left;
  },

  keyword(text) {
    const { tokens } = this;
    switch (text) {
      case 'if':
        return this.condition();
      case 'try': {
        const body = this.unary();
        return tokens.take('catch')
          ? { kind: 'try', body, handler: this.unary() }
          : { kind: 'try', body };
      }
      case 'reduce':
      case 'foreach': {
        const source = this.postfix();
        tokens.expect('as');
        const patterns = this.patterns();
        tokens.expect('(');
        const start = this.pipe();
        tokens.expect(';');
        const update = this.pipe();
        const extract =
          text === 'foreach' && tokens.take(';') ? this.pipe() : undefined;
        tokens.expect(')');
        return { kind: text, source, patterns, start, update, extract };
      }
      case 'def':
        return tokens.fail('a function must be followed by an expression');
      default:
        return tokens.fail(`unexpected "${text}"`);
    }
  },

  /** After `if` or `elif`. */
  condition() {
    const { tokens } = this;
    const test = this.pipe();
    tokens.expect('then');
    const then = this.pipe();
    if (tokens.take('elif')) {
      return { kind: 'if', test, then, otherwise: this.condition() };
    }
    const otherwise = tokens.take('else') ? this.pipe() : { kind: 'identity' };
    tokens.expect('end');
    return { kind: 'if', test, then, otherwise };
  },
};
