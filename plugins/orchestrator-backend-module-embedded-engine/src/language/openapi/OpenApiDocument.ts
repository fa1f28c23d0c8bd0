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

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
/** A reference leads to a reference no more often. */
const MAX_HOPS = 20;

/** An operation of a document, and where it stands. */
export interface FoundOperation {
  readonly method: string;
  /** With `{name}` for parameters. */
  readonly path: string;
  /** What it shares with the other operations of its path. */
  readonly item: JsonObject;
  readonly operation: JsonObject;
}

/** What is asked of a document cannot be found in it; the message may be shown. */
export class OpenApiError extends Error {}

/** An OpenAPI document of version 2 (Swagger), 3.0 or 3.1. */
export class OpenApiDocument {
  readonly root: JsonObject;
  /** Where it was read from: a file or an address. */
  readonly id: string;
  /** Where it was read from, if not from a file. */
  readonly url?: string;
  readonly version: 2 | 3;
  #operations?: Map<string, FoundOperation>;
  /** What references lead to: a document can make each of them long. */
  readonly #resolved = new Map<string, JsonObject>();

  /**
   * @param reference - as the definition writes it
   * @throws OpenApiError where it is none
   */
  constructor(content: JsonValue, reference: string) {
    const { openapi, swagger } = isObject(content)
      ? content
      : ({} as JsonObject);
    const isV3 = typeof openapi === 'string' && openapi.startsWith('3.');
    if (
      !isObject(content) ||
      !(isV3 || String(swagger) === '2.0' || swagger === 2)
    ) {
      throw new OpenApiError('is no OpenAPI document of version 2, 3.0 or 3.1');
    }
    this.root = content;
    this.version = isV3 ? 3 : 2;
    this.url = /^https?:/i.test(reference) ? reference : undefined;
    this.id = reference;
  }

  /** What a value is, also where it is a reference to another place of the document. */
  resolve(value: JsonValue | undefined): JsonObject | undefined {
    if (!isObject(value) || typeof value.$ref !== 'string') {
      return isObject(value) ? value : undefined;
    }
    let found = this.#resolved.get(value.$ref);
    if (found === undefined) {
      found = this.#follow(value.$ref);
      this.#resolved.set(value.$ref, found);
    }
    return found;
  }

  #follow(reference: string): JsonObject {
    let current: JsonValue = { $ref: reference };
    for (let hops = 0; hops < MAX_HOPS && isObject(current); hops += 1) {
      if (typeof current.$ref !== 'string') {
        return current;
      }
      current = this.#at(current.$ref);
    }
    throw new OpenApiError(
      `has references that lead nowhere: ${reference.slice(0, 200)}`,
    );
  }

  /** A list of objects of the document. */
  list(value: JsonValue | undefined): JsonObject[] {
    return (Array.isArray(value) ? value : [])
      .map(item => this.resolve(item))
      .filter(item => item !== undefined);
  }

  /** @throws OpenApiError that lists what there is */
  operation(operationId: string): FoundOperation {
    this.#operations ??= this.#index();
    const found = this.#operations.get(operationId);
    if (found === undefined) {
      const ids = [...this.#operations.keys()];
      const shown = ids.slice(0, 30).map(id => id.slice(0, 100));
      const more =
        ids.length > shown.length
          ? `, and ${ids.length - shown.length} more`
          : '';
      throw new OpenApiError(
        `has no operation ${JSON.stringify(operationId).slice(
          0,
          200,
        )}; it has ${
          shown.length === 0 ? 'none with an operationId' : shown.join(', ')
        }${more}`,
      );
    }
    return found;
  }

  #index(): Map<string, FoundOperation> {
    const operations = new Map<string, FoundOperation>();
    const paths = this.resolve(this.root.paths) ?? {};
    for (const [path, value] of Object.entries(paths)) {
      const item = this.resolve(value as JsonValue) ?? {};
      for (const method of METHODS) {
        const operation = item[method];
        if (isObject(operation) && typeof operation.operationId === 'string') {
          operations.set(operation.operationId, {
            method: method.toUpperCase(),
            path,
            item,
            operation,
          });
        }
      }
    }
    return operations;
  }

  #at(reference: string): JsonValue {
    if (reference !== '#' && !reference.startsWith('#/')) {
      throw new OpenApiError(
        `refers to another document, which is not supported: ${reference.slice(
          0,
          200,
        )}`,
      );
    }
    let current: JsonValue | undefined = this.root;
    for (const written of reference.split('/').slice(1)) {
      let key = written;
      try {
        key = decodeURIComponent(written);
      } catch {
        // A key with a percent sign that encodes nothing.
      }
      key = key.replace(/~1/g, '/').replace(/~0/g, '~');
      const holder: JsonValue | undefined = current;
      current =
        typeof holder === 'object' &&
        holder !== null &&
        Object.hasOwn(holder, key)
          ? ((holder as JsonObject)[key] as JsonValue)
          : undefined;
    }
    if (current === undefined) {
      throw new OpenApiError(
        `has no ${reference.slice(0, 200)}, to which it refers`,
      );
    }
    return current;
  }
}

/** The file name of a document without its extension. */
export function documentName(reference: string): string {
  const path =
    /^https?:/i.test(reference) && URL.canParse(reference)
      ? new URL(reference).pathname
      : reference;
  const file = path.split('/').filter(Boolean).pop() ?? '';
  return file.replace(/\.(ya?ml|json)$/i, '');
}
