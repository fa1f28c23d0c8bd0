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

/** A text that is not jq. */
class JqSyntaxError extends Error {}

const KEYWORDS = new Set([
  'def',
  'if',
  'then',
  'elif',
  'else',
  'end',
  'as',
  'reduce',
  'foreach',
  'try',
  'catch',
  'label',
  'and',
  'or',
  'import',
  'include',
  '__loc__',
]);

const OPERATORS = [
  '//=',
  '|=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '==',
  '!=',
  '<=',
  '>=',
  '//',
  '..',
];
const SINGLE = new Set('.[]{}()|,:;=<>+-*/%?'.split(''));

const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;
const NUMBER = /(?:0|[1-9][0-9]*)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const FIELD = /\.[A-Za-z_][A-Za-z0-9_]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*/y;
const VARIABLE = /\$[A-Za-z_][A-Za-z0-9_]*/y;
const FORMAT = /@[A-Za-z0-9_]+/y;

const ESCAPES = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Cuts a text into tokens, on demand, since texts contain expressions. */
class Tokens {
  constructor(source) {
    this.source = source;
    this.position = 0;
    this.ahead = undefined;
  }

  fail(message) {
    throw new JqSyntaxError(`${message} at character ${this.position + 1}`);
  }

  match(pattern) {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.source);
    return found === null ? '' : found[0];
  }

  peek() {
    if (this.ahead === undefined) {
      this.position += this.match(SPACE).length;
      this.ahead = this.scan();
    }
    return this.ahead;
  }

  next() {
    const token = this.peek();
    this.ahead = undefined;
    this.position = token.end;
    return token;
  }

  /** Whether the next token is this operator or keyword; takes it if so. */
  take(text) {
    const token = this.peek();
    if (
      (token.type === 'op' || token.type === 'keyword') &&
      token.text === text
    ) {
      this.next();
      return true;
    }
    return false;
  }

  is(text) {
    const token = this.peek();
    return (
      (token.type === 'op' || token.type === 'keyword') && token.text === text
    );
  }

  expect(text) {
    if (!this.take(text)) {
      this.fail(`expected "${text}"`);
    }
  }

  scan() {
    const { source, position } = this;
    if (position >= source.length) {
      return { type: 'end', text: '', end: position };
    }
    const token = (type, text, length = text.length) => ({
      type,
      text,
      end: position + length,
    });
    const first = source[position];
    if (first === '"') {
      return token('quote', '"');
    }
    // SonataFlow's jq takes \( ) outside of a text for parentheses.
    if (first === '\\' && source[position + 1] === '(') {
      return token('op', '(', 2);
    }
    if (
      /[0-9]/.test(first) ||
      (first === '.' && /[0-9]/.test(source[position + 1] ?? ''))
    ) {
      const number = this.match(NUMBER);
      const after = source[position + number.length];
      if (after !== undefined && /[0-9A-Za-z_]/.test(after)) {
        this.fail('not a number');
      }
      return token('number', number);
    }
    if (first === '.') {
      const field = this.match(FIELD);
      if (field !== '') {
        return token('field', field.slice(1), field.length);
      }
    }
    if (first === '$') {
      const variable = this.match(VARIABLE);
      if (variable === '') {
        this.fail('expected the name of a variable');
      }
      return token('variable', variable.slice(1), variable.length);
    }
    if (first === '@') {
      const format = this.match(FORMAT);
      if (format === '') {
        this.fail('expected the name of a format');
      }
      return token('format', format);
    }
    const name = this.match(NAME);
    if (name !== '') {
      return token(KEYWORDS.has(name) ? 'keyword' : 'name', name);
    }
    const operator = OPERATORS.find(o => source.startsWith(o, position));
    if (operator !== undefined) {
      return token('op', operator);
    }
    if (SINGLE.has(first)) {
      return token('op', first);
    }
    return this.fail(`unexpected "${first}"`);
  }

  /**
   * Reads the rest of a text whose opening quote was taken: strings and, between them, what `readExpression` reads.
   */
  text(readExpression) {
    const parts = [];
    let current = '';
    for (;;) {
      const c = this.source[this.position];
      if (c === undefined) {
        this.fail('the text does not end');
      } else if (c === '"') {
        this.position += 1;
        parts.push(current);
        return parts;
      } else if (c !== '\\') {
        current += c;
        this.position += 1;
      } else if (this.source[this.position + 1] === '(') {
        this.position += 2;
        parts.push(current);
        current = '';
        parts.push(readExpression());
        // readExpression has looked at the closing parenthesis and taken it
      } else {
        current += this.escape();
      }
    }
  }

  escape() {
    const c = this.source[this.position + 1];
    if (c === 'u') {
      const hex = this.source.slice(this.position + 2, this.position + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) {
        this.fail('not a \\u escape');
      }
      this.position += 6;
      return String.fromCharCode(parseInt(hex, 16));
    }
    if (c === undefined || !Object.hasOwn(ESCAPES, c)) {
      this.fail('not an escape');
    }
    this.position += 2;
    return ESCAPES[c];
  }
}

module.exports = { JqSyntaxError, Tokens };
