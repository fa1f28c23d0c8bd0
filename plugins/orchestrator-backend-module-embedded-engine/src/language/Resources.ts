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

import type { JsonValue } from '@backstage/types';
import { DefinitionFaultsError, readDocument } from './readDefinition';

/** What a text is read for decides how large it may be. */
export type ResourceKind = 'file' | 'openapi';

/**
 * Reads a file beside the definition, or a document by its address.
 *
 * @throws Error whose message may be shown
 */
export type ResourceReader = (
  reference: string,
  kind: ResourceKind,
) => Promise<string>;

/** What a definition refers to is not read here at all; whoever reads it may throw this. */
export class UnreadError extends Error {}

/** What a definition refers to cannot be read; the message may be shown. */
export class ResourceError extends Error {
  /** Nobody has tried. */
  readonly isUnread: boolean;

  constructor(message: string, isUnread: boolean = false) {
    super(message);
    this.isUnread = isUnread;
  }
}

/** More than any author refers to; each is kept with the definition. */
const MAX_REFERENCES = 50;
/** Characters of all of them. */
const MAX_LENGTH = 6_000_000;

/** Words of Quarkus and of the specification for a file beside the definition; one from the root of a disk stays one. */
function withoutPrefix(reference: string): string {
  return reference
    .replace(/^classpath:\/*/, '')
    .replace(/^file:(?:\/\/)?(?=[^/])/, '');
}

/** What a definition refers to: each text is read once, and kept with the definition for its runs. */
export class Resources {
  readonly #read: ResourceReader;
  readonly #texts = new Map<string, string>();
  #length = 0;
  readonly #documents = new Map<string, Promise<JsonValue>>();

  constructor(read: ResourceReader) {
    this.#read = read;
  }

  /** The texts that were read, by their references; undefined where there are none. */
  texts(): { readonly [reference: string]: string } | undefined {
    return this.#texts.size === 0
      ? undefined
      : Object.fromEntries(
          [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1)),
        );
  }

  /**
   * The content of a file or document.
   *
   * @throws ResourceError
   */
  document(reference: string, kind: ResourceKind): Promise<JsonValue> {
    const name = withoutPrefix(reference);
    const key = JSON.stringify([kind, name]);
    let document = this.#documents.get(key);
    if (document === undefined) {
      document = this.#load(name, kind);
      this.#documents.set(key, document);
    }
    return document;
  }

  async #load(reference: string, kind: ResourceKind): Promise<JsonValue> {
    const shown = JSON.stringify(reference).slice(0, 200);
    if (this.#documents.size >= MAX_REFERENCES) {
      throw new ResourceError(
        `${shown}: a definition can refer to no more than ${MAX_REFERENCES} files and documents`,
      );
    }
    let text = this.#texts.get(reference);
    if (text === undefined) {
      try {
        text = await this.#read(reference, kind);
      } catch (error) {
        throw new ResourceError(
          `${shown}: ${(error as Error).message}`,
          error instanceof UnreadError,
        );
      }
      this.#length += text.length;
      if (this.#length > MAX_LENGTH) {
        throw new ResourceError(
          `${shown}: what a definition refers to can have no more than ${MAX_LENGTH} characters in all`,
        );
      }
      this.#texts.set(reference, text);
    }
    try {
      return readDocument(text, kind === 'openapi' ? 'document' : 'definition');
    } catch (error) {
      if (error instanceof DefinitionFaultsError) {
        throw new ResourceError(`${shown} ${error.message}`);
      }
      throw error;
    }
  }
}
