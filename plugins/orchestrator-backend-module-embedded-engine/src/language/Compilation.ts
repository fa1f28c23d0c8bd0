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
import type {
  Arguments,
  EngineVariable,
  Expression,
  Template,
} from './Definition';
import {
  type ExpressionOptions,
  type Inspection,
  type ReadableInspection,
  secretMisuse,
  variablesOf,
} from './inspection';
import { isObject } from './merge';
import type { DefinitionFault } from './readDefinition';
import { readTemplate } from './templates';
import { at, unwrap } from './texts';

export { at, unwrap };
export type { Inspection };

function said(path: string, message: string): string {
  return path === '' ? message : `${path}: ${message}`;
}

interface Pending {
  readonly path: string;
  readonly text: string;
  readonly settle: (inspection: Inspection) => void;
}

/**
 * Collects what is wrong with a definition while it is read, and the expressions of it, which are looked at all at once.
 */
export class Compilation {
  readonly faults: DefinitionFault[] = [];
  readonly warnings: string[] = [];
  /** Parts of the definition whose files cannot be read: what refers to them is not at fault. */
  readonly unread = new Set<string>();
  /** Secrets that expressions name. */
  readonly secretsRead = new Set<string>();
  /** The texts of expression functions, for `fn:name`. */
  readonly expressionFunctions = new Map<string, string>();
  /** What the configuration must still say. */
  readonly notes: string[] = [];
  readonly #lenient: boolean;
  readonly #pending: Pending[] = [];

  /** @param lenient - what only the configuration could say is no fault where it does not: nobody runs what is only checked */
  constructor(lenient: boolean = false) {
    this.#lenient = lenient;
  }

  fault(path: string, message: string): void {
    this.faults.push({ path, message });
  }

  /** What the configuration says leaves something without effect. */
  configuration(path: string, message: string): void {
    (this.#lenient ? this.notes : this.warnings).push(said(path, message));
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
      this.notes.push(said(path, message));
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
      this.notes.push(said(path, message));
    } else {
      this.fault(path, message);
    }
    return this.#lenient;
  }

  warn(path: string, message: string): void {
    this.warnings.push(`${path}: ${message}`);
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

  /** Whether something is asked for; a fault where it is neither true nor false. */
  flag(path: string, value: JsonValue | undefined): boolean {
    if (value !== undefined && value !== null && typeof value !== 'boolean') {
      this.fault(path, 'must be true or false');
    }
    return value === true;
  }

  /** An expression that must be jq. */
  expression(
    path: string,
    value: JsonValue | undefined,
    options: ExpressionOptions = {},
  ): Expression | undefined {
    if (value === undefined || value === null) {
      return undefined;
    }
    if (typeof value === 'boolean' || typeof value === 'number') {
      return { text: String(value), uses: [] };
    }
    if (typeof value !== 'string') {
      this.fault(path, 'must be an expression');
      return undefined;
    }
    const text = this.#resolve(unwrap(value) ?? value.trim());
    const uses: EngineVariable[] = [];
    this.#pending.push({
      path,
      text,
      settle: inspection => {
        if ('error' in inspection) {
          this.fault(
            path,
            `the expression ${JSON.stringify(text).slice(
              0,
              200,
            )} is not valid: ${inspection.error}`,
          );
        } else {
          uses.push(...this.#variables(path, inspection, options));
        }
      },
    });
    return { text, uses };
  }

  /** The arguments of a call: an expression, or a value whose texts may be expressions. */
  arguments(
    path: string,
    value: JsonValue,
    options: ExpressionOptions,
  ): Arguments {
    const uses: EngineVariable[] = [];
    const template = readTemplate(path, value, (where, text) =>
      this.#leaf(where, text, options, uses),
    );
    return { template, uses };
  }

  #leaf(
    path: string,
    value: string,
    options: ExpressionOptions,
    uses: EngineVariable[],
  ): Template {
    const unwrapped = unwrap(value);
    const expression = this.#resolve(unwrapped ?? value.trim());
    // Until the texts were looked at, each counts as text; what is jq becomes an expression.
    const leaf: Record<string, JsonValue> = {
      kind: 'literal',
      value: unwrapped ?? value,
    };
    this.#pending.push({
      path,
      text: expression,
      settle: inspection => {
        if ('variables' in inspection) {
          for (const name of this.#variables(path, inspection, options)) {
            if (!uses.includes(name)) {
              uses.push(name);
            }
          }
          delete leaf.value;
          leaf.kind = 'expression';
          leaf.expression = expression;
          leaf.text = unwrapped ?? value;
        }
      },
    });
    return leaf as unknown as Template;
  }

  /** `fn:name` stands for the text of an expression function. */
  #resolve(text: string): string {
    return text.startsWith('fn:')
      ? this.expressionFunctions.get(text.slice(3)) ?? text
      : text;
  }

  #variables(
    path: string,
    inspection: ReadableInspection,
    options: ExpressionOptions,
  ): readonly EngineVariable[] {
    const misuse = secretMisuse(inspection, options);
    if (misuse !== undefined) {
      this.fault(path, misuse);
    }
    inspection.secrets?.names.forEach(name => this.secretsRead.add(name));
    return variablesOf(inspection);
  }

  /** Looks at all expressions at once. */
  async settle(
    inspect: (texts: readonly string[]) => Promise<readonly Inspection[]>,
  ): Promise<void> {
    const pending = this.#pending.splice(0);
    if (pending.length === 0) {
      return;
    }
    const inspections = await inspect(pending.map(({ text }) => text));
    pending.forEach(({ settle }, i) => settle(inspections[i]));
  }
}
