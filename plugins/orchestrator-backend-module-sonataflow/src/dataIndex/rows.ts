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

import type { JsonObject } from '@backstage/types';
import type {
  EngineNode,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';

/** A version of a workflow, as a Data Index knows it. */
export interface DefinitionRow {
  readonly id: string;
  readonly version?: string;
  readonly name?: string;
  readonly description?: string;
  readonly annotations: readonly string[];
  readonly type?: string;
  /** Where its runtime is: whatever the runtime said of itself, so it may be anything. */
  readonly serviceUrl?: string;
  /** Where runs of it are started: as `serviceUrl`, it may be anything. */
  readonly endpoint?: string;
}

/** What lists and the index need of a run. All times are ISO 8601 UTC with milliseconds. */
export interface RunRow {
  readonly id: string;
  readonly processId: string;
  readonly version?: string;
  readonly state: RunState;
  /** The time of its last change where the Data Index knows no start. */
  readonly start: string;
  /** Absent for runs in error, too. */
  readonly end?: string;
  /** Moves with changes of the state and of the error only. */
  readonly lastUpdate: string;
  readonly businessKey?: string;
  readonly parentId?: string;
  readonly rootId?: string;
}

/** A run with what only its page shows. */
export interface DetailedRunRow extends RunRow {
  /**
   * Absent where it was not asked for. A merge of everything that ever was in them, so never ownership, and the true data only
   * where nothing better can be had.
   */
  readonly variables?: JsonObject;
  /** Empty where they were not asked for. */
  readonly nodes: readonly EngineNode[];
  readonly error?: {
    readonly nodeDefinitionId: string;
    readonly nodeInstanceId?: string;
    readonly message: string;
  };
  readonly executionSummary?: readonly string[];
  /** As that of a definition, it may be anything. */
  readonly serviceUrl?: string;
}

/** What is read of runs beside what lists need. */
export interface InstanceFields {
  readonly variables?: boolean;
  /** `ids`: with nothing of them but their ids, and when they were entered. */
  readonly nodes?: boolean | 'ids';
  /** The execution summary. */
  readonly details?: boolean;
}
