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

/*
 * Where a secret may stand in an expression, so that it leaves as it is, as a whole, and can be found again in what comes back:
 * alone, in a sum of texts, in a text with \( ), and as the value of an object or item of an array of these. A secret that was cut,
 * changed or used as a key could not be.
 */

/** A value may be a text, or an object or array of values. */
const VALUE = 'value';
/** Only texts. */
const TEXT = 'text';
const NOWHERE = 'nowhere';

const WORDS = {
  alternative: 'the operator //',
  as: 'a variable made from it',
  call: 'a function',
  comma: 'a list of results',
  def: 'the definition of a function',
  foreach: 'foreach',
  format: 'a format',
  if: 'if',
  iterate: '[]',
  label: 'label',
  pipe: 'a pipe',
  reduce: 'reduce',
  slice: 'a slice',
  try: 'try or ?',
};

function words(node) {
  switch (node.kind) {
    case 'call':
      return `the function ${node.name}`;
    case 'binary':
    case 'assign':
      return `the operator ${node.operator}`;
    case 'negate':
      return 'the operator -';
    case 'text':
      return node.format === undefined
        ? 'a text in another place than a value'
        : `the format @${node.format.replace(/^@/, '')}`;
    case 'array':
    case 'object':
      return `an ${node.kind} in another place than a value`;
    case 'index':
      return 'a key';
    default:
      return WORDS[node.kind] ?? node.kind;
  }
}

function isSecret(node) {
  return node.kind === 'variable' && node.name === 'SECRET';
}

/** The name of `$SECRET.name`, where a node is that. */
function referenced(node) {
  return node.kind === 'index' &&
    isSecret(node.target) &&
    node.key.kind === 'literal' &&
    typeof node.key.value === 'string'
    ? node.key.value
    : undefined;
}

/** Looks at each node once: what may stand there, and in what it stands. */
class Walk {
  constructor() {
    this.names = new Set();
    this.misuse = undefined;
  }

  fail(where) {
    this.misuse ??= where;
  }

  node(node, place, where) {
    const name = referenced(node);
    if (name !== undefined) {
      this.names.add(name);
      if (place === NOWHERE) {
        this.fail(where);
      }
    } else if (isSecret(node)) {
      this.fail('an expression that names no secret, as $SECRET.name does');
    } else if (place !== NOWHERE && node.kind === 'binary') {
      const inside = node.operator === '+' ? place : NOWHERE;
      this.node(node.left, inside, words(node));
      this.node(node.right, inside, words(node));
    } else if (
      place !== NOWHERE &&
      node.kind === 'text' &&
      node.format === undefined
    ) {
      this.parts(node.parts, TEXT, words(node));
    } else if (place === VALUE && node.kind === 'object') {
      for (const { key, value } of node.entries) {
        this.node(key, NOWHERE, 'the key of an object');
        this.node(value, VALUE, words(node));
      }
    } else if (place === VALUE && node.kind === 'array') {
      this.items(node.body, words(node));
    } else {
      // The outermost of what it may not stand in says the most.
      const outermost = place === NOWHERE ? where : words(node);
      this.parts(Object.values(node), NOWHERE, outermost);
    }
  }

  items(body, where) {
    if (body?.kind === 'comma') {
      this.items(body.left, where);
      this.items(body.right, where);
    } else if (body !== undefined) {
      this.node(body, VALUE, where);
    }
  }

  /** Whatever of these is a node, or holds nodes. */
  parts(parts, place, where) {
    for (const part of parts) {
      if (Array.isArray(part)) {
        this.parts(part, place, where);
      } else if (typeof part === 'object' && part !== null) {
        if (typeof part.kind === 'string') {
          this.node(part, place, where);
        } else {
          this.parts(Object.values(part), place, where);
        }
      }
    }
  }
}

/**
 * The secrets that a program names, and what it does to one that it may not do; undefined where it does nothing of the kind.
 * Throws JqSyntaxError.
 */
function secretUses(source) {
  const walk = new Walk();
  walk.node(parse(source), VALUE, 'the expression');
  return { names: [...walk.names], misuse: walk.misuse };
}

module.exports = { secretUses };
