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
import { isObject } from './merge';
import type { DefinitionFault } from './readDefinition';
import { at } from './texts';

/** An answer or a log that listed more would help nobody; large definitions could have very many. */
const MAX_TEXTS = 100;

/** Texts, of which no more are kept than anybody reads. */
class FewTexts {
  readonly #texts: string[] = [];
  #more = 0;

  add(path: string, message: string): void {
    if (this.#texts.length < MAX_TEXTS) {
      this.#texts.push(path === '' ? message : `${path}: ${message}`);
    } else {
      this.#more += 1;
    }
  }

  list(): readonly string[] {
    return this.#more === 0
      ? this.#texts
      : [...this.#texts, `and ${this.#more} more of this kind`];
  }
}

/** What is found in a definition while its values are read. */
export class Findings {
  readonly faults: DefinitionFault[] = [];
  readonly #warnings = new FewTexts();
  readonly #notes = new FewTexts();
  readonly #lenient: boolean;

  /** @param lenient - what only the configuration could say is no fault where it does not: nobody runs what is only checked */
  constructor(lenient: boolean = false) {
    this.#lenient = lenient;
  }

  /** What the author should know. */
  get warnings(): readonly string[] {
    return this.#warnings.list();
  }

  /** What the configuration must still say. */
  get notes(): readonly string[] {
    return this.#notes.list();
  }

  fault(path: string, message: string): void {
    this.faults.push({ path, message });
  }

  /** What the configuration says leaves something without effect. */
  configuration(path: string, message: string): void {
    (this.#lenient ? this.#notes : this.#warnings).add(path, message);
  }

  /** What the definition refers to cannot be read, or is not read where it is only checked. */
  unreadable(
    path: string,
    {
      isUnread,
      message,
    }: { readonly isUnread: boolean; readonly message: string },
  ): void {
    if (isUnread) {
      this.#notes.add(path, message);
    } else {
      this.fault(path, message);
    }
  }

  /**
   * The configuration does not say what the definition needs.
   *
   * @returns whether the rest is looked at all the same
   */
  missing(path: string, message: string): boolean {
    if (this.#lenient) {
      this.#notes.add(path, message);
    } else {
      this.fault(path, message);
    }
    return this.#lenient;
  }

  warn(path: string, message: string): void {
    this.#warnings.add(path, message);
  }

  /** Refuses features by their keys, and warns of keys that nobody knows. */
  keys(
    path: string,
    object: JsonObject,
    known: readonly string[],
    unsupported: Readonly<Record<string, string>> = {},
  ): void {
    for (const [key, value] of Object.entries(object)) {
      if (Object.hasOwn(unsupported, key)) {
        if (value !== false && value !== null) {
          this.fault(
            at(path, key),
            `${unsupported[key]} is not supported by the embedded engine`,
          );
        }
      } else if (!known.includes(key)) {
        this.warn(at(path, key), 'is not known and has no effect');
      }
    }
  }

  /** A text; a fault where it is none. */
  text(path: string, value: JsonValue | undefined): string | undefined {
    if (typeof value === 'string' && value !== '') {
      return value;
    }
    if (value !== undefined) {
      this.fault(path, 'must be a text');
    }
    return undefined;
  }

  /** An object; a fault where it is none. */
  object(path: string, value: JsonValue | undefined): JsonObject | undefined {
    if (isObject(value)) {
      return value;
    }
    if (value !== undefined) {
      this.fault(path, 'must be an object');
    }
    return undefined;
  }

  /** A list of objects; a fault where it is none. */
  list(path: string, value: JsonValue | undefined): JsonObject[] {
    if (value === undefined || value === null) {
      return [];
    }
    if (!Array.isArray(value)) {
      this.fault(path, 'must be a list');
      return [];
    }
    return value.filter((item, i): item is JsonObject => {
      if (isObject(item)) {
        return true;
      }
      this.fault(at(path, i), 'must be an object');
      return false;
    });
  }

  /** A number, also as a text; a fault where it is none, or does not fit. */
  number(
    path: string,
    value: JsonValue | undefined,
    fits: (number: number) => boolean,
    words: string,
  ): number | undefined {
    if (value === undefined || value === null) {
      return undefined;
    }
    const number =
      typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (
      typeof number !== 'number' ||
      !Number.isFinite(number) ||
      !fits(number)
    ) {
      this.fault(path, `must be ${words}`);
      return undefined;
    }
    return number;
  }

  /** Whether something is asked for, also as a text; a fault where it is neither true nor false. */
  flag(path: string, value: JsonValue | undefined): boolean {
    const text = String(value ?? false);
    if (text !== 'true' && text !== 'false') {
      this.fault(path, 'must be true or false');
    }
    return text === 'true';
  }
}
