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

import type { EngineVariable } from './Definition';

/** What the jq of the engine says of a text: the variables that it reads, or why it is no jq. */
export type Inspection =
  | {
      readonly variables: readonly string[];
      /** Where it reads `$SECRET`. */
      readonly secrets?: {
        readonly names: readonly string[];
        /** What a secret stands in that could change it. */
        readonly misuse?: string;
      };
    }
  | { readonly error: string };

/** What it says of a text that is jq. */
export type ReadableInspection = Extract<
  Inspection,
  { readonly variables: unknown }
>;

/** Where an expression stands decides what it may read. */
export interface ExpressionOptions {
  /** Secrets may be read; else `$SECRET` is a fault. */
  readonly secrets?: boolean;
}

const ENGINE_VARIABLES: readonly EngineVariable[] = [
  'WORKFLOW',
  'CONST',
  'SECRET',
];

/** The variables of the engine that an expression reads. */
export function variablesOf({
  variables,
}: ReadableInspection): readonly EngineVariable[] {
  return ENGINE_VARIABLES.filter(name => variables.includes(name));
}

/** What an expression does with a secret that it may not do, in words. */
export function secretMisuse(
  { secrets }: ReadableInspection,
  options: ExpressionOptions,
): string | undefined {
  if (secrets === undefined) {
    return undefined;
  }
  if (options.secrets !== true) {
    return '$SECRET can be read only in the arguments of a call, since anything else would store it';
  }
  return secrets.misuse === undefined
    ? undefined
    : `$SECRET is not supported in ${secrets.misuse}: a secret may only stand alone, in a sum or interpolation of texts, or as a value of an object or array, since one that is changed could not be removed from answers`;
}
