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

import type { FunctionDeclaration } from './FunctionDeclaration';
import type { NextReader } from './compileNext';
import type { RetryContext } from './compileRetries';
import type { Timeouts } from './compileTimeouts';
import type { OperationState } from './Definition';
import type { EventDeclarations } from './EventDeclarations';

/** A workflow that an action starts. */
export interface SubFlowUse {
  /** Where the definition names it. */
  readonly path: string;
  readonly workflowId: string;
  readonly version?: string;
}

/** What the states of a definition refer to. */
export interface StateContext extends RetryContext {
  readonly functions: ReadonlyMap<string, FunctionDeclaration | undefined>;
  readonly errors: ReadonlyMap<string, string>;
  readonly events: EventDeclarations;
  readonly next: NextReader;
  /** Those of states without their own. */
  readonly timeouts: Timeouts;
  /** The providers whose tokens calls use; grows while states are read, as `subFlows` does. */
  readonly providers: Set<string>;
  readonly subFlows: SubFlowUse[];
}

/** What every state has that waits or calls. */
export type WorkingBase = Omit<OperationState, 'type' | 'parallel' | 'actions'>;
