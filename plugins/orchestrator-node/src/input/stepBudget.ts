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

import type { JsonObject, JsonValue } from '@backstage/types';
import type Ajv from 'ajv';

/** References that one check may follow. */
const MAX_STEPS = 1_000_000;
const KEYWORD = 'x-orchestrator-step';
/** Any name in them stands for a schema. */
const NAMED = [
  'properties',
  'patternProperties',
  'definitions',
  '$defs',
  'dependencies',
  'dependentSchemas',
];
/** They say nothing of what is valid. */
const NOTES = ['default', 'examples'];
/** They are compared with as they are. */
const DATA = ['const', 'enum'];

/** A check follows more references than it may. */
export class TooManyStepsError extends Error {}

function hasReference(value: JsonValue | undefined): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (typeof (value as JsonObject).$ref === 'string' ||
      Object.values(value).some(hasReference))
  );
}

/**
 * Marks each reference: only through them can a small schema take very long over a small input. What is not marked must not hold
 * any, since a reference may lead into every part of a schema.
 */
function mark(value: JsonValue, named = false): JsonValue {
  if (Array.isArray(value)) {
    return value.map(item => mark(item));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const marked: [string, JsonValue][] = [];
  for (const [key, item] of Object.entries(value as Required<JsonObject>)) {
    if (!named && DATA.includes(key)) {
      if (hasReference(item as JsonValue)) {
        throw new Error(`a $ref in ${key} is not supported`);
      }
      marked.push([key, item as JsonValue]);
    } else if (named || !NOTES.includes(key)) {
      marked.push([
        key,
        mark(item as JsonValue, !named && NAMED.includes(key)),
      ]);
    }
  }
  if (typeof value.$ref === 'string') {
    marked.push([KEYWORD, true]);
  }
  return Object.fromEntries(marked);
}

/**
 * Bounds the checks of a validator. It changes the schema that is to be compiled, and gives what is to be called before each check.
 */
export function boundSteps(
  ajv: Ajv,
  schema: JsonObject,
): { schema: JsonObject; begin: () => void } {
  let steps = 0;
  ajv.addKeyword({
    keyword: KEYWORD,
    schema: false,
    errors: false,
    validate: () => {
      steps += 1;
      if (steps > MAX_STEPS) {
        throw new TooManyStepsError();
      }
      return true;
    },
  });
  return {
    schema: mark(schema) as JsonObject,
    begin: () => {
      steps = 0;
    },
  };
}
