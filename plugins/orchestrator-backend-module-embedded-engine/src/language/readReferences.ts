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
import { at, type Compilation } from './Compilation';
import { isObject } from './merge';
import { ResourceError, type Resources } from './Resources';

/** Parts of a definition that may stand in files of their own. */
const PARTS = [
  'auth',
  'constants',
  'errors',
  'events',
  'functions',
  'retries',
  'secrets',
  'timeouts',
];

/** A file may hold the part itself, or an object with the part under its name. */
function partOf(name: string, content: JsonValue): JsonValue {
  if (isObject(content) && Object.hasOwn(content, name)) {
    const part = content[name] as JsonValue;
    if (
      Array.isArray(part) ||
      (isObject(part) && Object.keys(content).length === 1)
    ) {
      return part;
    }
  }
  return content;
}

/** Puts the parts of a definition that stand in files where they belong. */
export async function readReferences(
  compilation: Compilation,
  document: JsonObject,
  resources: Resources,
): Promise<JsonObject> {
  const whole = { ...document };
  for (const name of PARTS) {
    const reference = document[name];
    if (typeof reference === 'string') {
      delete whole[name];
      try {
        whole[name] = partOf(name, await resources.document(reference, 'file'));
      } catch (error) {
        if (!(error instanceof ResourceError)) {
          throw error;
        }
        compilation.unreadable(at('', name), error);
        compilation.unread.add(name);
      }
    }
  }
  return whole;
}
