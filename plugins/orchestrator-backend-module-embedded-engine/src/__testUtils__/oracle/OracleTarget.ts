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

import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type {
  OracleAnswer,
  OracleEmitted,
  OracleEvent,
  OracleServiceCall,
} from './oracleCases';

/** What the workflows of the cases call, and where their events go. */
export interface OracleStub {
  /** Forgets what it has seen, and takes new answers. */
  reset(script: Readonly<Record<string, readonly OracleAnswer[]>>): unknown;
  /** What it was asked and sent since then; calls with all their headers, by names of lower case. */
  seen(): Promise<{
    readonly calls: readonly OracleServiceCall[];
    readonly emitted: readonly OracleEmitted[];
  }>;
}

/** An engine that has the definitions of the cases, and its surroundings. */
export interface OracleTarget {
  readonly engine: WorkflowEngine;
  readonly stub: OracleStub;
  /** Gives the engine an event as it comes from outside. */
  send(event: OracleEvent): Promise<void>;
  /** The runs of a definition that events have started since the stub was reset, in their order; waits until there are so many. */
  startedByEvents(
    definitionId: string,
    count: number,
  ): Promise<readonly string[]>;
  /** The sub-flows of a run, in the order of their starts. */
  childrenOf(runId: string): Promise<readonly string[]>;
  /** Waits until the runs and their sub-flows have done all that is due within so many milliseconds, and their events are sent. */
  wait(runIds: readonly string[], milliseconds: number): Promise<void>;
  close(): Promise<void>;
}
