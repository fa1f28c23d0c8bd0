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
import type { EngineRun } from '@flowgate/backstage-plugin-orchestrator-node';
import type { DetailedRunRow } from '../dataIndex/rows';
import { hasEnded } from './Runs';

/** The data of a run as the Data Index has it: a merge of all that it ever was. A run without any variables has none yet. */
export function mergedData({ variables }: DetailedRunRow): JsonValue {
  return variables?.workflowdata ?? {};
}

/**
 * A run as the engine interface has it.
 *
 * @param more - its data, and why it is lost where it is
 */
export function toEngineRun(
  row: DetailedRunRow,
  more: { readonly data?: JsonValue; readonly lost?: string },
): EngineRun {
  const { id, processId, version, state, start, lastUpdate, nodes } = row;
  // A run in error has no end in the Data Index; nothing happens to it since its last change until somebody retriggers it.
  const end =
    row.end ?? (hasEnded(row) || state === 'ERROR' ? lastUpdate : undefined);
  // A run whose failed node was skipped completes with its error still there.
  const error = state === 'COMPLETED' ? undefined : row.error;
  const { executionSummary } = row;
  return {
    id,
    definitionId: processId,
    version,
    state,
    start,
    ...(end === undefined ? {} : { end }),
    nodes,
    ...(error ? { error } : {}),
    ...(executionSummary ? { executionSummary } : {}),
    ...more,
  };
}
