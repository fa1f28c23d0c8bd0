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
  EventDeclaration,
  EventFilter,
  EventToProduce,
} from './DefinedEvent';
import type { Arguments, Expression, ResultTarget } from './Expression';
import type { FunctionCall } from './FunctionCall';

export type {
  EventDeclaration,
  EventToProduce,
  EventFilter,
} from './DefinedEvent';
export type {
  EngineVariable,
  Expression,
  Template,
  Arguments,
  ResultTarget,
} from './Expression';
export type { CallAuth, OpenApiOperation, FunctionCall } from './FunctionCall';

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
  /** Milliseconds that each of its calls may take. */
  readonly timeout?: number;
}

/** What happens on the way to where a run goes. */
interface NextBase {
  /** Sent in this order. */
  readonly produce: readonly EventToProduce[];
  /** Whether the states that were completed are compensated first, newest first. */
  readonly compensate: boolean;
}

/** Where a run goes after a state. */
export type Next =
  | (NextBase & { readonly kind: 'transition'; readonly to: string })
  | (NextBase & {
      readonly kind: 'end';
      /** Ends the run also where it is kept active. */
      readonly terminate: boolean;
    });

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
  /** The state that undoes this one. */
  readonly compensatedBy?: string;
  /** Reached only as the compensation of another, and from there by transitions. */
  readonly compensates: boolean;
}

/** What states have that wait or call. */
interface WorkingState extends StateBase {
  readonly handlers: readonly ErrorHandler[];
  /** Milliseconds that the state may take; then it fails. */
  readonly timeout?: number;
  readonly next: Next;
}

/** Where an action stands in its state: `group` is the number of a branch or of an entry of `onEvents`, else 0. */
export interface ActionPlace {
  readonly group: number;
  readonly action: number;
}

export interface OperationState extends WorkingState {
  readonly type: 'operation';
  readonly parallel: boolean;
  readonly actions: readonly Action[];
}

export interface ParallelState extends WorkingState {
  readonly type: 'parallel';
  readonly branches: readonly {
    readonly name: string;
    readonly actions: readonly Action[];
    /** Milliseconds. */
    readonly timeout?: number;
  }[];
  /** How many branches must be done; the others are ended then. */
  readonly needed: number;
}

export interface ForEachState extends WorkingState {
  readonly type: 'foreach';
  readonly items: Expression;
  /** The name of the variable that holds the item, without `$`. */
  readonly parameter: string;
  readonly outputs?: ResultTarget;
  /** How many iterations go on side by side: 1 where they are sequential. */
  readonly batchSize: number;
  readonly actions: readonly Action[];
}

export interface EventState extends WorkingState {
  readonly type: 'event';
  /** Whether one entry of `onEvents` is enough. */
  readonly exclusive: boolean;
  readonly onEvents: readonly {
    /** Names of declarations. One is enough where the state is exclusive, else all are needed. */
    readonly events: readonly string[];
    readonly parallel: boolean;
    readonly filter: EventFilter;
    readonly actions: readonly Action[];
  }[];
  /** Milliseconds to wait; then the state is left as by its normal exit, without the actions. */
  readonly eventTimeout?: number;
}

export interface CallbackState extends WorkingState {
  readonly type: 'callback';
  readonly action?: Action;
  /** The name of a declaration. */
  readonly event: string;
  readonly filter: EventFilter;
  /** Milliseconds, as in an event state. */
  readonly eventTimeout?: number;
}

export interface SwitchState extends StateBase {
  readonly type: 'switch';
  readonly conditions: readonly {
    readonly expression: Expression;
    readonly next: Next;
  }[];
  /** Where it waits for events instead; the first event that comes decides. */
  readonly eventConditions: readonly {
    readonly event: string;
    readonly filter: EventFilter;
    readonly next: Next;
  }[];
  /** Milliseconds to wait for events; then `fallback`. */
  readonly eventTimeout?: number;
  /** Milliseconds that it may wait for events in all; then it fails. */
  readonly timeout?: number;
  readonly handlers: readonly ErrorHandler[];
  readonly fallback?: Next;
}

export interface InjectState extends StateBase {
  readonly type: 'inject';
  readonly data: JsonValue;
  readonly next: Next;
}

export interface SleepState extends WorkingState {
  readonly type: 'sleep';
  /** Milliseconds. */
  readonly duration: number;
}

export type State =
  | OperationState
  | ParallelState
  | ForEachState
  | EventState
  | CallbackState
  | SwitchState
  | InjectState
  | SleepState;

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
  /** By name. */
  readonly events: ReadonlyMap<string, EventDeclaration>;
  /** The run is started by an event, and by nothing else. */
  readonly startsByEvent: boolean;
  readonly timeout?: {
    /** Milliseconds. */
    readonly duration: number;
    /** The state to run before the run is aborted. */
    readonly runBefore?: string;
  };
  /** The run goes on after an end that does not terminate it, until it is aborted or its time is over. */
  readonly keepActive: boolean;
  /** The providers whose tokens its calls use. */
  readonly providers: readonly string[];
}

/** The action at a place of a state, or undefined where there is none. */
export function actionAt(
  state: State | undefined,
  { action, group }: ActionPlace,
): Action | undefined {
  switch (state?.type) {
    case 'operation':
    case 'foreach':
      return state.actions[action];
    case 'parallel':
      return state.branches[group]?.actions[action];
    case 'event':
      return state.onEvents[group]?.actions[action];
    case 'callback':
      return action === 0 ? state.action : undefined;
    default:
      return undefined;
  }
}
