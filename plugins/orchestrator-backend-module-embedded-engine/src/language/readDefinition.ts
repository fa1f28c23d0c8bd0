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
import { LineCounter, parseDocument, visit } from 'yaml';
import { isObject, setKey } from './merge';

/** A fault of a definition and where it stands: a JSON pointer. */
export interface DefinitionFault {
  readonly path: string;
  readonly message: string;
}

/** A definition has faults. */
export class DefinitionFaultsError extends Error {
  readonly faults: readonly DefinitionFault[];

  constructor(faults: readonly DefinitionFault[]) {
    super(
      faults
        .map(({ path, message }) =>
          path === '' ? message : `${path}: ${message}`,
        )
        .join('; '),
    );
    this.name = 'DefinitionFaultsError';
    this.faults = faults;
  }
}

const MAX_DEPTH = 100;

function refuse(message: string): never {
  throw new DefinitionFaultsError([{ path: '', message }]);
}

/** Turns what was parsed into plain JSON, whatever its keys are called. */
function toJson(value: unknown, depth: number): JsonValue {
  if (depth > MAX_DEPTH) {
    refuse(`nests deeper than ${MAX_DEPTH} levels`);
  }
  if (Array.isArray(value)) {
    return value.map(item => toJson(item, depth + 1));
  }
  if (typeof value === 'object' && value !== null) {
    const result: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      setKey(result, key, toJson(item, depth + 1));
    }
    return result;
  }
  if (value === null || value === undefined) {
    return null;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return refuse('has a number that JSON cannot hold');
  }
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    return value;
  }
  return refuse('has a value that is not one of JSON');
}

function checkDepth(source: string): void {
  // The parser is recursive: a text that only nests must not reach it.
  let depth = 0;
  let deepest = 0;
  for (const character of source) {
    if (character === '[' || character === '{') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === ']' || character === '}') {
      depth -= 1;
    }
  }
  if (deepest > MAX_DEPTH) {
    refuse(`nests deeper than ${MAX_DEPTH} levels`);
  }
}

/** Deep indentation nests without a bracket. */
const MAX_INDENT = 1_000;

/**
 * Reads the text of a definition. Aliases, tags, duplicate keys and several documents are refused, so that what is read is no
 * larger than the text.
 *
 * @throws DefinitionFaultsError
 */
export function readDefinition(
  source: string,
  format: 'yaml' | 'json',
  maxBytes: number,
): JsonObject {
  if (Buffer.byteLength(source) > maxBytes) {
    refuse(`is larger than ${maxBytes} bytes`);
  }
  checkDepth(source);
  if (/^(?:\s|- ){1000}/m.test(source) || /^[ ]{1000}/m.test(source)) {
    refuse(`is indented by more than ${MAX_INDENT} characters`);
  }
  const lines = new LineCounter();
  let document;
  try {
    // JSON is YAML, and this parser finds duplicate keys in both.
    document = parseDocument(source, {
      lineCounter: lines,
      uniqueKeys: true,
      stringKeys: true,
      schema: format === 'json' ? 'json' : 'core',
      prettyErrors: false,
    });
  } catch (error) {
    if (error instanceof RangeError) {
      refuse('nests too deeply');
    }
    throw error;
  }
  if (document.errors.length > 0) {
    throw new DefinitionFaultsError(
      document.errors.slice(0, 20).map(error => {
        const { line, col } = lines.linePos(error.pos[0]);
        return {
          path: '',
          message: `line ${line}, column ${col}: ${error.message}`,
        };
      }),
    );
  }
  visit(document, {
    Alias: () => refuse('uses a YAML alias, which is not supported'),
  });
  const value = toJson(document.toJS({ maxAliasCount: 0 }), 0);
  if (!isObject(value)) {
    refuse('is not an object');
  }
  return value as JsonObject;
}
