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

/** What an action calls. */
export type FunctionCall =
  | {
      readonly kind: 'expression';
      readonly name: string;
      readonly expression: Expression;
    }
  | {
      readonly kind: 'sysout';
      readonly name: string;
      readonly level: string;
      readonly arguments: Arguments;
    }
  | {
      readonly kind: 'rest';
      readonly name: string;
      readonly method: string;
      /** As the author wrote it; `{name}` stands for an argument. */
      readonly url: string;
      readonly arguments?: Arguments;
    };

/** When and how often a failed call is made again. Times are in milliseconds. */
export interface RetryPolicy {
  readonly delay: number;
  readonly maxDelay?: number;
  readonly increment?: number;
  readonly multiplier?: number;
  /** All attempts, the first included. */
  readonly maxAttempts: number;
  /** A share of the delay by which it varies. */
  readonly jitterRatio?: number;
  /** A time by which the delay varies. */
  readonly jitterTime?: number;
  /** The error codes for which it is retried; all where absent. */
  readonly only?: readonly string[];
  readonly never: readonly string[];
}

/** One action of an operation state. */
export interface Action {
  readonly name: string;
  readonly call: FunctionCall;
  readonly condition?: Expression;
  readonly from?: Expression;
  readonly results?: Expression;
  readonly to?: ResultTarget;
  readonly useResults: boolean;
  /** Milliseconds. */
  readonly sleepBefore?: number;
  /** Milliseconds. */
  readonly sleepAfter?: number;
  readonly retry?: RetryPolicy;
}

/** Where a run goes after a state. */
export type Next =
  | { readonly kind: 'transition'; readonly to: string }
  | { readonly kind: 'end' };

/** Where a run goes after an error of a state's actions. */
export interface ErrorHandler {
  readonly codes: readonly string[];
  readonly next: Next;
}

interface StateBase {
  readonly name: string;
  readonly input?: Expression;
  readonly output?: Expression;
  /** What is not null ends the run in error, with this message. */
  readonly errorMessage?: Arguments;
}

export interface OperationState extends StateBase {
  readonly type: 'operation';
  readonly parallel: boolean;
  readonly actions: readonly Action[];
  readonly handlers: readonly ErrorHandler[];
  readonly next: Next;
}

export interface SwitchState extends StateBase {
  readonly type: 'switch';
  readonly conditions: readonly {
    readonly expression: Expression;
    readonly next: Next;
  }[];
  readonly fallback?: Next;
}

export interface InjectState extends StateBase {
  readonly type: 'inject';
  readonly data: JsonValue;
  readonly next: Next;
}

export interface SleepState extends StateBase {
  readonly type: 'sleep';
  /** Milliseconds. */
  readonly duration: number;
  readonly next: Next;
}

export type State = OperationState | SwitchState | InjectState | SleepState;

/** A definition that can run. */
export interface WorkflowDefinition {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly version: string;
  readonly workspace: string;
  readonly start: string;
  readonly states: ReadonlyMap<string, State>;
  readonly constants: JsonObject;
  readonly inputSchema?: JsonObject;
  readonly failOnValidationErrors: boolean;
}
