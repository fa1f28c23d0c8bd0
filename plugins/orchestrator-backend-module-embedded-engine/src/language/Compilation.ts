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
import type {
  Arguments,
  EngineVariable,
  Expression,
  Template,
} from './Definition';
import { Findings } from './Findings';
import {
  type ExpressionOptions,
  type Inspection,
  type ReadableInspection,
  secretMisuse,
  variablesOf,
} from './inspection';
import { readTemplate } from './templates';
import { at, unwrap } from './texts';

export { at, unwrap };
export type { Inspection };

interface Pending {
  readonly path: string;
  readonly text: string;
  readonly settle: (inspection: Inspection) => void;
}

/**
 * Reads a definition: collects what is wrong with it, and the expressions of it, which are looked at all at once.
 */
export class Compilation extends Findings {
  /** Parts of the definition whose files cannot be read: what refers to them is not at fault. */
  readonly unread = new Set<string>();
  /** Secrets that expressions name. */
  readonly secretsRead = new Set<string>();
  /** The texts of expression functions, for `fn:name`. */
  readonly expressionFunctions = new Map<string, string>();
  readonly #pending: Pending[] = [];

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
