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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { WorkflowStatistics } from '../database/StatisticsStore';
import type { CatalogEntry } from './DefinitionCatalog';

type Schemas = components['schemas'];

/** Absent where the workflow has no run that the caller may see. */
function toRunStats(
  statistics: WorkflowStatistics,
): Schemas['WorkflowRunStatsDTO'] | undefined {
  const { runs } = statistics;
  const all = [...runs.values()].reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const successCount = runs.get('COMPLETED') ?? 0;
  const errorCount = runs.get('ERROR') ?? 0;
  const totalCount = successCount + errorCount;
  return {
    successRatio: totalCount === 0 ? null : successCount / totalCount,
    runsLastMonth: statistics.recentRuns,
    successCount,
    errorCount,
    totalCount,
    averageTimeToComplete: statistics.duration / all,
  };
}

/** A workflow with what is known of its runs. */
export function toOverview(
  entry: CatalogEntry,
  statistics: WorkflowStatistics | undefined,
): Schemas['WorkflowOverviewDTO'] {
  const { workflowId, workspace, definition } = entry;
  const last = statistics?.last;
  return {
    workflowId,
    name: definition.name ?? workflowId,
    format: definition.format,
    description: definition.description,
    version: definition.version,
    workspace,
    lastRunId: last?.id,
    lastTriggeredMs: last?.start ?? 0,
    lastRunStatus: last?.state,
    isAvailable: definition.available,
    availability: definition.available
      ? undefined
      : { isAvailable: false, reason: definition.unavailableReason },
    workflowRunStats: statistics && toRunStats(statistics),
  };
}
