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

/** Characters of JSON. */
const MAX_LENGTH = 64 * 1024;
/** Schemas within the schema. */
const MAX_SCHEMAS = 500;
/** What they hold is data, not schemas. */
const DATA = ['const', 'default', 'enum', 'examples', 'required'];

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a schema that may be schemas. */
function countObjects(value: JsonValue | undefined): number {
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, item) => sum + countObjects(item), 0);
  }
  if (!isObject(value)) {
    return 0;
  }
  let count = 1;
  for (const [key, item] of Object.entries(value)) {
    count += DATA.includes(key) && !isObject(item) ? 0 : countObjects(item);
  }
  return count;
}

/**
 * A validator is made of code for each schema: one of very many takes long to make, and whoever writes definitions would hold up
 * everybody meanwhile.
 *
 * @throws Error where the schema is too large
 */
export function checkSchemaSize(schema: JsonObject): void {
  if (JSON.stringify(schema).length > MAX_LENGTH) {
    throw new Error(`is larger than ${MAX_LENGTH} characters of JSON`);
  }
  if (countObjects(schema) > MAX_SCHEMAS) {
    throw new Error(`has more than ${MAX_SCHEMAS} schemas in it`);
  }
}
