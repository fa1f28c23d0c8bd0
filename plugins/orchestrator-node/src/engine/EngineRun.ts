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

/**
 * Where a run comes from. Engines store it beside the run, never in data that a workflow can write.
 *
 * @public
 */
export interface RunProvenance {
  /** The ref of whom started it. */
  readonly initiator: string;
  /** The ref of whose run it is; absent for the initiator's own. */
  readonly owner?: string;
  /** The plugin that started it on behalf of the initiator. */
  readonly actor?: string;
  /** The id, which is no secret, of the managed token that started it. */
  readonly tokenId?: string;
  readonly targetEntity?: string;
  readonly workspace: string;
}

/**
 * The state of a run.
 *
 * @public
 */
export type RunState =
  | 'PENDING'
  | 'ACTIVE'
  | 'SUSPENDED'
  | 'ERROR'
  | 'COMPLETED'
  | 'ABORTED';

/**
 * One node that a run has entered.
 *
 * @public
 */
export interface EngineNode {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** The id of the node in the definition. */
  readonly definitionId: string;
  /** ISO 8601 UTC. */
  readonly enter: string;
  /** ISO 8601 UTC; absent while the node is active. */
  readonly exit?: string;
  readonly errorMessage?: string;
}

/**
 * A run as its engine knows it.
 *
 * @public
 */
export interface EngineRun {
  readonly id: string;
  readonly definitionId: string;
  readonly version?: string;
  readonly state: RunState;
  /** ISO 8601 UTC. */
  readonly start: string;
  /** ISO 8601 UTC; absent until the run has ended (an errored run has ended as long as nobody retriggers it). */
  readonly end?: string;
  /** The workflow data; absent only where `getMany` left it out for its budget. */
  readonly data?: JsonValue;
  readonly nodes: readonly EngineNode[];
  readonly error?: {
    readonly nodeDefinitionId: string;
    readonly nodeInstanceId?: string;
    readonly message: string;
  };
  readonly provenance?: RunProvenance;
  /** What happened, in sentences, where the engine tells. */
  readonly executionSummary?: readonly string[];
  /** Present where nothing will ever go on with the run, though it has not ended: why, in words that may be shown. */
  readonly lost?: string;
}

/**
 * One change of a run's state, for the index.
 *
 * @public
 */
export interface RunChange {
  readonly runId: string;
  readonly definitionId: string;
  readonly version?: string;
  readonly state: RunState;
  readonly start: string;
  readonly end?: string;
  /** Grows with every change of the run; an older change that arrives later is ignored. */
  readonly revision: number;
  readonly provenance?: RunProvenance;
  /** The `runId` of the start that made the run, where the engine makes ids itself and keeps what it was asked with. */
  readonly startedAs?: string;
  /** The run that started this one. */
  readonly parentId?: string;
  /**
   * Whose run it is by its own data, which its workflow can write: for runs from before this plugin was there, where the
   * configuration says so. Marked as adopted in the index.
   */
  readonly adopted?: {
    readonly initiator: string;
    readonly targetEntity?: string;
  };
}

/**
 * How an engine stands to a run that has not ended: it goes on with it, or never will.
 *
 * @public
 */
export type RunStanding = 'present' | 'lost';

/**
 * A batch of changes.
 *
 * @public
 */
export interface RunChanges {
  readonly changes: readonly RunChange[];
  /**
   * The receipt of this batch. To ask with it says that the batch is stored: it is then not delivered again.
   */
  readonly next: string;
}

/**
 * One line of a run's log.
 *
 * @public
 */
export interface EngineLogEntry {
  /** Nanoseconds since the epoch as decimal text; grows within a run. */
  readonly id: string;
  readonly log: string;
}
