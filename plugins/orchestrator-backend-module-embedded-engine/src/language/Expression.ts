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

/** The variables of the engine that an expression can read. */
export type EngineVariable = 'WORKFLOW' | 'CONST' | 'SECRET';

/** A jq program and the variables of the engine that it reads. */
export interface Expression {
  readonly text: string;
  readonly uses: readonly EngineVariable[];
}

/** A value whose texts may be expressions. */
export type Template =
  | { readonly kind: 'literal'; readonly value: JsonValue }
  | {
      readonly kind: 'expression';
      readonly expression: string;
      /** What is sent where the expression fails. */
      readonly text: string;
    }
  | {
      readonly kind: 'object';
      readonly entries: readonly (readonly [string, Template])[];
    }
  | { readonly kind: 'array'; readonly items: readonly Template[] };

/** The arguments of a call, with the variables that its expressions read. */
export interface Arguments {
  readonly template: Template;
  readonly uses: readonly EngineVariable[];
}

/** Where the result of an action goes. */
export type ResultTarget =
  | { readonly kind: 'path'; readonly path: readonly string[] }
  /** An expression that names no place: it is evaluated, and nothing is stored. */
  | { readonly kind: 'nowhere'; readonly expression: Expression };
