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

import type { StartedRun } from '../RunRow';
import { dayOf } from '../runTallies';
import type { WorkflowStatistics } from '../StatisticsStore';

/** The statistics as one would count them by going through the runs. */
export function countByHand(
  runs: readonly StartedRun[],
  sinceDay: number,
): Map<string, WorkflowStatistics> {
  const byWorkflow = new Map<string, StartedRun[]>();
  for (const run of runs) {
    byWorkflow.set(run.workflowId, [
      ...(byWorkflow.get(run.workflowId) ?? []),
      run,
    ]);
  }
  return new Map(
    [...byWorkflow].map(([workflowId, its]) => {
      const states = new Map<StartedRun['state'], number>();
      for (const { state } of its) {
        states.set(state, (states.get(state) ?? 0) + 1);
      }
      const [last] = [...its].sort(
        (a, b) => b.start - a.start || (a.id < b.id ? 1 : -1),
      );
      return [
        workflowId,
        {
          runs: states,
          duration: its.reduce((sum, run) => sum + (run.duration ?? 0), 0),
          recentRuns: its.filter(run => dayOf(run.start) >= sinceDay).length,
          last: { id: last.id, start: last.start, state: last.state },
        },
      ];
    }),
  );
}
