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
import { isObject } from '../merge';
import type { OpenApiDocument } from './OpenApiDocument';

/** Schemas that are looked at for one body: they may refer to each other in a circle. */
const MAX_SCHEMAS = 100;
/** A schema that names more is taken as one that takes any. */
const MAX_PROPERTIES = 1_000;

/** Whether a schema says itself that it takes what it does not name, or leaves it to a choice. */
function takesMore(schema: JsonObject): boolean {
  const { additionalProperties, anyOf, oneOf, patternProperties } = schema;
  return (
    additionalProperties === true ||
    isObject(additionalProperties) ||
    isObject(patternProperties) ||
    Array.isArray(anyOf) ||
    Array.isArray(oneOf)
  );
}

/** Many operations share a schema, and each could have a list of its own. */
const known = new WeakMap<JsonObject, readonly string[] | 'any'>();

/**
 * The names of the properties that a schema describes, with those of its parts (`allOf`).
 *
 * @returns undefined where it takes others too, or describes none
 */
export function readProperties(
  document: OpenApiDocument,
  value: JsonValue | undefined,
): readonly string[] | undefined {
  const schema = document.resolve(value);
  if (schema === undefined) {
    return undefined;
  }
  const names = known.get(schema) ?? namesOf(document, schema) ?? 'any';
  known.set(schema, names);
  return names === 'any' ? undefined : names;
}

function namesOf(
  document: OpenApiDocument,
  whole: JsonObject,
): readonly string[] | undefined {
  const names = new Set<string>();
  const seen = new Set<JsonObject>();
  const open: (JsonValue | undefined)[] = [whole];
  while (open.length > 0) {
    const schema = document.resolve(open.pop());
    if (schema === undefined || seen.has(schema)) {
      continue;
    }
    seen.add(schema);
    if (takesMore(schema) || seen.size > MAX_SCHEMAS) {
      return undefined;
    }
    Object.keys(isObject(schema.properties) ? schema.properties : {}).forEach(
      name => names.add(name),
    );
    if (names.size > MAX_PROPERTIES) {
      return undefined;
    }
    if (Array.isArray(schema.allOf)) {
      open.push(...schema.allOf.slice(0, MAX_SCHEMAS));
    }
  }
  return names.size === 0 ? undefined : [...names];
}
