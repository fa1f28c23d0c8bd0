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

import type {
  RunChange,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { RunRow } from './rows';

/** What comes later in a run has a higher rank, for changes within one millisecond. */
const RANKS: Record<RunState, number> = {
  PENDING: 0,
  ACTIVE: 1,
  SUSPENDED: 2,
  ERROR: 3,
  COMPLETED: 6,
  ABORTED: 7,
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The time of the last change, in milliseconds. */
export function changedAt(row: RunRow): number {
  return Date.parse(row.lastUpdate);
}

/** Grows with each change of a run, as long as the clock of its runtime does not go back. */
export function revisionOf(row: RunRow): number {
  return changedAt(row) * 8 + RANKS[row.state];
}

/** Whether a run can be one that was started through this plugin, or the child of one: others write business keys, too. */
export function hasKeyOfOurs({ businessKey }: RunRow): boolean {
  return businessKey !== undefined && UUID.test(businessKey);
}

/** The reservation that a run was started with. A child run can have the key of its parent, but has none of its own. */
export function startedAs(row: RunRow): string | undefined {
  const isStarted = row.parentId === undefined && hasKeyOfOurs(row);
  return isStarted ? row.businessKey : undefined;
}

/** A row as a change for the index. All its times are those of the Data Index. */
export function toRunChange(
  row: RunRow,
  adopted: RunChange['adopted'],
): RunChange {
  const hasEnded = ['ERROR', 'COMPLETED', 'ABORTED'].includes(row.state);
  const key = startedAs(row);
  return {
    runId: row.id,
    definitionId: row.processId,
    state: row.state,
    start: row.start,
    revision: revisionOf(row),
    ...(row.version && { version: row.version }),
    // Of runs in error it knows no end.
    ...(hasEnded && { end: row.end ?? row.lastUpdate }),
    ...(key && { startedAs: key }),
    ...(row.parentId && { parentId: row.parentId }),
    ...(adopted && { adopted }),
  };
}
