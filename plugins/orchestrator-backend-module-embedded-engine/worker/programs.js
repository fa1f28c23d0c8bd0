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

const { Compiler } = require('./jq/compile');
const { bind } = require('./jq/environment');
const { builtins } = require('./jq/builtins');
const { JqSyntaxError } = require('./jq/parser');
const { SizeError, checkItems, checkValue } = require('./jq/sizes');
const { secretUses } = require('./jq/secretUses');
const { Context, JqError, put } = require('./jq/values');
const regex = require('./jq/regex');

/** A secret that the workflow does not have. No expression can catch it. */
class MissingSecretError extends Error {}

const MAX_CACHED = 2_000;
/** Shorter texts that a secret went into say too little of it, and stand in too many other places. */
const MIN_DERIVED = 8;

const cache = new Map();

function compiled(text) {
  let program = cache.get(text);
  if (program === undefined) {
    const compiler = new Compiler(builtins);
    const code = compiler.source(text);
    program = { code, variables: [...compiler.variables] };
    if (cache.size >= MAX_CACHED) {
      cache.clear();
    }
    cache.set(text, program);
  }
  return program;
}

/** Says of each text whether it is jq, which variables it reads, and what it does with secrets. */
function inspect(candidates) {
  return candidates.map(text => {
    try {
      const { variables } = compiled(text);
      return variables.includes('SECRET')
        ? { variables, secrets: secretUses(text) }
        : { variables };
    } catch (error) {
      if (error instanceof JqSyntaxError) {
        return { error: error.message };
      }
      if (error instanceof RangeError) {
        return { error: 'nested too deeply' };
      }
      throw error;
    }
  });
}

function environment(variables) {
  let env = null;
  for (const [name, value] of Object.entries(variables)) {
    let bound = value;
    if (name === 'WORKFLOW') {
      bound = new Context(key => {
        if (!Object.hasOwn(value, key)) {
          throw new JqError(`$WORKFLOW has no ${key}`);
        }
        return value[key];
      });
    } else if (name === 'SECRET') {
      bound = new Context(key => {
        if (!Object.hasOwn(value, key)) {
          throw new MissingSecretError(
            `This workflow has no secret named ${JSON.stringify(key).slice(
              0,
              200,
            )}`,
          );
        }
        return value[key];
      });
    }
    env = bind(env, `$${name}`, bound);
  }
  return env;
}

/** No result is undefined, one is itself, several are an array. */
function evaluate(text, env, input) {
  const results = [];
  compiled(text).code(env, input ?? null, null, result => {
    // A variable of the engine that leaves a program leaves as what JSON makes of it.
    checkItems(results.push(result instanceof Context ? {} : result));
  });
  return results.length > 1 ? results : results[0];
}

/** Only true, "true" and a number other than 0: what SonataFlow takes for true. */
function isTrue(value) {
  return (
    value === true ||
    value === 'true' ||
    (typeof value === 'number' && value !== 0)
  );
}

function texts(value, found = []) {
  if (typeof value === 'string') {
    if (value.length >= MIN_DERIVED) {
      found.push(value);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) {
      texts(item, found);
    }
  }
  return found;
}

/** Fills a template: an expression that fails is sent as its own text, as SonataFlow does. */
function fill(template, env, input, derived) {
  switch (template.kind) {
    case 'expression': {
      let value;
      try {
        value = evaluate(template.expression, env, input) ?? null;
      } catch (error) {
        if (!(error instanceof JqError)) {
          throw error;
        }
        value = template.text;
      }
      if (compiled(template.expression).variables.includes('SECRET')) {
        texts(value, derived);
      }
      return value;
    }
    case 'object': {
      const result = {};
      for (const [key, item] of template.entries) {
        put(result, key, fill(item, env, input, derived));
      }
      return result;
    }
    case 'array':
      return template.items.map(item => fill(item, env, input, derived));
    default:
      return template.value;
  }
}

/** Whether a regular expression is found; what is none, or is none that can be looked for, is not. */
function isFound(pattern, text) {
  try {
    return regex.test(text, pattern, '');
  } catch (error) {
    if (error instanceof JqError || error instanceof RangeError) {
      return false;
    }
    throw error;
  }
}

const OPERATIONS = {
  evaluate: ({ expression, from, to }, registers, env) => {
    const value = evaluate(expression, env, registers[from]);
    if (value !== undefined) {
      registers[to] = value;
    }
    return true;
  },
  fill: ({ template, from, to }, registers, env) => {
    const derived = [];
    registers[to] = fill(template, env, registers[from], derived);
    registers.derived = derived;
    return true;
  },
  require: ({ expression, from }, registers, env) =>
    evaluate(expression, env, registers[from]) === true,
  choose: ({ expressions, from, to }, registers, env) => {
    registers[to] = expressions.findIndex(expression =>
      isTrue(evaluate(expression, env, registers[from])),
    );
    return true;
  },
  match: ({ patterns, from, to }, registers) => {
    registers[to] = patterns.findIndex(pattern =>
      isFound(pattern, registers[from]),
    );
    return true;
  },
};

/** Runs the steps of a program one after another over registers, until one fails or a required condition does not hold. */
function run({ data, variables, steps, give }) {
  const registers = { data };
  const env = environment(variables);
  const given = () => {
    const result = {};
    for (const name of give) {
      if (registers[name] !== undefined) {
        result[name] = registers[name];
      }
    }
    return result;
  };
  for (let i = 0; i < steps.length; i += 1) {
    try {
      if (!OPERATIONS[steps[i].operation](steps[i], registers, env)) {
        return { registers: given(), stopped: true };
      }
    } catch (error) {
      if (error instanceof JqError || error instanceof JqSyntaxError) {
        return {
          registers: given(),
          failure: { step: i, kind: 'jq', message: error.message },
        };
      }
      if (error instanceof MissingSecretError) {
        return {
          registers: given(),
          failure: { step: i, kind: 'secret', message: error.message },
        };
      }
      if (error instanceof SizeError) {
        return {
          registers: {},
          failure: { step: i, kind: 'size', message: error.message },
        };
      }
      if (error instanceof RangeError) {
        return {
          registers: given(),
          failure: {
            step: i,
            kind: 'jq',
            message: 'The expression nests too deeply or makes too much',
          },
        };
      }
      throw error;
    }
  }
  return { registers: given() };
}

function tooLarge(message) {
  return JSON.stringify({
    registers: {},
    failure: { step: -1, kind: 'size', message },
  });
}

/** Answers one request as JSON, within a size. */
function answer(request, maxLength) {
  if (request.inspect !== undefined) {
    return JSON.stringify({ inspected: inspect(request.inspect) });
  }
  const result = run(request);
  try {
    for (const value of Object.values(result.registers)) {
      checkValue(value, maxLength);
    }
  } catch (error) {
    if (!(error instanceof SizeError)) {
      throw error;
    }
    return tooLarge(error.message);
  }
  const text = JSON.stringify(result);
  return text.length > maxLength
    ? tooLarge('The result of an expression is too large')
    : text;
}

module.exports = { answer };
