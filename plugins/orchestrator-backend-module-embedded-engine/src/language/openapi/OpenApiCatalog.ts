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

import type { OpenApiOperation } from '../Definition';
import type { Resources } from '../Resources';
import { OpenApiDocument } from './OpenApiDocument';
import { readOperation } from './readOperation';
import { type Credentials, readSecurity, type Security } from './readSecurity';

/** An operation, and how its calls prove who they are. */
export interface CatalogEntry {
  readonly operation: OpenApiOperation;
  readonly security: Security;
}

/**
 * The OpenAPI documents of one definition. Documents and operations are large: each is read once, however many functions name it.
 */
export class OpenApiCatalog {
  readonly #resources: Resources;
  /** What names of documents stand for. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #documents = new Map<string, OpenApiDocument>();
  readonly #entries = new Map<string, CatalogEntry>();

  constructor(resources: Resources, names: ReadonlyMap<string, string>) {
    this.#resources = resources;
    this.#names = names;
  }

  /**
   * A document.
   *
   * @param reference - as a function writes it
   * @throws ResourceError, OpenApiError
   */
  async document(reference: string): Promise<OpenApiDocument> {
    let document = this.#documents.get(reference);
    if (document === undefined) {
      const source = this.#names.get(reference) ?? reference;
      document = new OpenApiDocument(
        await this.#resources.document(source, 'openapi'),
        source,
      );
      this.#documents.set(reference, document);
    }
    return document;
  }

  /**
   * An operation of a document.
   *
   * @throws OpenApiError
   */
  entry(
    document: OpenApiDocument,
    operationId: string,
    credentials: Credentials,
  ): CatalogEntry {
    const key = JSON.stringify([document.id, operationId, credentials.base]);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const found = document.operation(operationId);
      entry = {
        operation: readOperation(
          document,
          operationId,
          found,
          credentials.base,
        ),
        security: readSecurity(document, found.operation, credentials),
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}
