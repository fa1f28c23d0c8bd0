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

type Schema = { [key: string]: unknown };

const MAX_DEPTH = 6;

/**
 * A first input to start from: what the schema gives as default, example or only choice, and empty values for the rest of what it
 * requires.
 */
export function createInputDraft(schema: Schema | undefined): {
  [key: string]: unknown;
} {
  const draft = draftOf(schema ?? {}, 0);
  return isObject(draft) ? draft : {};
}

function draftOf(schema: Schema, depth: number): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) {
    return schema.examples[0];
  }
  if (Array.isArray(schema.enum) && schema.enum.length > 0) {
    return schema.enum[0];
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'null':
      return null;
    default:
      return draftOfObject(schema, depth);
  }
}

function draftOfObject(schema: Schema, depth: number): Schema {
  const draft: Schema = {};
  if (!isObject(schema.properties) || depth >= MAX_DEPTH) return draft;
  const required = Array.isArray(schema.required) ? schema.required : [];
  for (const [name, property] of Object.entries(schema.properties)) {
    if (
      isObject(property) &&
      (required.includes(name) || property.default !== undefined)
    ) {
      draft[name] = draftOf(property, depth + 1);
    }
  }
  return draft;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
