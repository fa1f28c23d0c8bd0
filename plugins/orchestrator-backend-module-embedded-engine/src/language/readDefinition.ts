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
import {
  CST,
  type Document,
  isNode,
  isScalar,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
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
/** An answer that lists more would help nobody. */
const MAX_FAULTS = 20;

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

/** How much is read: each costs time before anything can be refused. */
interface Bounds {
  readonly values: number;
  /** Colons, commas, dashes, brackets and the like. */
  readonly marks: number;
  /** With spaces, line ends and comments. */
  readonly tokens: number;
}

const BOUNDS: { readonly [kind in 'definition' | 'document']: Bounds } = {
  /** More than any author writes. */
  definition: { values: 20_000, marks: 30_000, tokens: 150_000 },
  /** Documents of OpenAPI are made by programs. */
  document: { values: 60_000, marks: 90_000, tokens: 450_000 },
};

const VALUES = ['scalar', 'single-quoted-scalar', 'double-quoted-scalar'];
const BLANKS = ['space', 'newline', 'comment'];

const BAD_ESCAPE =
  /\\(?!x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0abefnrtvN_LP "/\t\r\n])/;

/** The parser makes an error of each of them. */
function hasBadEscape(token: string): boolean {
  return BAD_ESCAPE.test(token.replace(/\\\\/g, ''));
}

/** Refuses what is too much or nests too deeply by its tokens alone: the parser is recursive, and takes long over much. */
function checkTokens(source: string, bounds: Bounds): void {
  let depth = 0;
  let tokens = 0;
  let values = 0;
  let marks = 0;
  let isText = false;
  for (const token of new Lexer().lex(source)) {
    const type = isText ? null : CST.tokenType(token);
    // The token of a plain or block text is followed by the text.
    isText = token === CST.SCALAR;
    tokens += 1;
    if (type !== null && VALUES.includes(type)) {
      values += 1;
    } else if (type !== null && !BLANKS.includes(type)) {
      marks += 1;
    }
    if (type === 'flow-map-start' || type === 'flow-seq-start') {
      depth += 1;
    } else if (type === 'flow-map-end' || type === 'flow-seq-end') {
      // One that closes nothing must not make room for one that opens.
      depth = Math.max(0, depth - 1);
    } else if (type === 'double-quoted-scalar' && hasBadEscape(token)) {
      refuse('has an invalid escape sequence in a quoted text');
    }
    if (depth > MAX_DEPTH) {
      refuse(`nests deeper than ${MAX_DEPTH} levels`);
    }
    if (
      values > bounds.values ||
      marks > bounds.marks ||
      tokens > bounds.tokens
    ) {
      refuse(
        `is too much: no more than ${bounds.values} keys and values, ${bounds.marks} marks and ${bounds.tokens} words, blanks and line ends are read`,
      );
    }
  }
}

/** Deep indentation nests without a bracket. */
const MAX_INDENT = 1_000;
const TOO_INDENTED = new RegExp(`^[ \\t?:-]{${MAX_INDENT}}`, 'm');

/** Refuses a key that an object has twice. The parser could too, but compares each key with each other. */
function checkKeys(document: Document, lines: LineCounter): void {
  const faults: DefinitionFault[] = [];
  visit(document, {
    Alias: () => refuse('uses a YAML alias, which is not supported'),
    Map: (_key, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name)) {
          const { line, col } = lines.linePos(
            isNode(key) ? key.range?.[0] ?? 0 : 0,
          );
          faults.push({
            path: '',
            message: `line ${line}, column ${col}: Map keys must be unique`,
          });
        }
        seen.add(name);
      }
    },
  });
  if (faults.length > 0) {
    throw new DefinitionFaultsError(faults.slice(0, MAX_FAULTS));
  }
}

/** Reads YAML, or JSON as the YAML that it is. */
function parse(
  source: string,
  format: 'yaml' | 'json',
  bounds: Bounds,
): JsonValue {
  if (/[\0\p{Surrogate}]/u.test(source)) {
    refuse('has a character that no database keeps (NUL, or half of one)');
  }
  if (TOO_INDENTED.test(source)) {
    refuse(`is indented by more than ${MAX_INDENT} characters`);
  }
  checkTokens(source, bounds);
  const lines = new LineCounter();
  let document;
  try {
    // JSON is YAML, and this parser keeps keys that an object has twice, in both.
    document = parseDocument(source, {
      lineCounter: lines,
      uniqueKeys: false,
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
      document.errors.slice(0, MAX_FAULTS).map(error => {
        const { line, col } = lines.linePos(error.pos[0]);
        return {
          path: '',
          message: `line ${line}, column ${col}: ${error.message}`,
        };
      }),
    );
  }
  checkKeys(document, lines);
  return toJson(document.toJS({ maxAliasCount: 0 }), 0);
}

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
  const value = parse(source, format, BOUNDS.definition);
  if (!isObject(value)) {
    refuse('is not an object');
  }
  return value as JsonObject;
}

/**
 * Reads the text of what a definition refers to, JSON or YAML, within the same bounds; `document` allows more of them.
 *
 * @throws DefinitionFaultsError
 */
export function readDocument(
  source: string,
  kind: 'definition' | 'document',
): JsonValue {
  if (/^\s*[[{]/.test(source)) {
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      // Flow collections of YAML begin so too.
      return parse(source, 'yaml', BOUNDS[kind]);
    }
    if (/[\0\p{Surrogate}]/u.test(source)) {
      refuse('has a character that no database keeps (NUL, or half of one)');
    }
    return toJson(value, 0);
  }
  return parse(source, 'yaml', BOUNDS[kind]);
}
