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

import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Cell, CellText, Table, type ColumnConfig } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { formatDuration, formatTime } from '../../format/formatTime';
import { runRouteRef } from '../../routes';
import { RunState } from '../RunState';

type Run = components['schemas']['ProcessInstanceDTO'];

export const RUNS_PAGE_SIZE = 20;

/** One page of runs. */
export function RunTable(props: {
  runs: Run[];
  totalCount: number;
  /** The number of the page, from 1 on. */
  page: number;
  showInitiator: boolean;
  onPage: (page: number) => void;
}) {
  const { runs, totalCount, page, showInitiator, onPage } = props;
  const runLink = useRouteRef(runRouteRef);
  const offset = (page - 1) * RUNS_PAGE_SIZE;
  const columns: ColumnConfig<Run>[] = [
    {
      id: 'workflow',
      label: 'Run of',
      isRowHeader: true,
      defaultWidth: '3fr',
      minWidth: 150,
      cell: run => (
        <CellText
          title={run.processName ?? run.processId}
          description={run.id}
          href={runLink?.({ instanceId: run.id })}
        />
      ),
    },
    {
      id: 'state',
      label: 'State',
      defaultWidth: '1fr',
      minWidth: 120,
      cell: run => (
        <Cell>
          <RunState state={run.state} lost={run.lost} />
        </Cell>
      ),
    },
    {
      id: 'start',
      label: 'Started',
      defaultWidth: '2fr',
      minWidth: 205,
      cell: run => (
        <CellText
          title={formatTime(run.start)}
          description={describeDuration(run)}
        />
      ),
    },
    {
      id: 'initiator',
      label: 'Started by',
      defaultWidth: '2fr',
      minWidth: 150,
      isHidden: !showInitiator,
      cell: run => (
        <CellText
          title={run.initiatorEntity ?? '–'}
          description={run.actor && `through ${run.actor}`}
        />
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      data={runs}
      emptyState={
        page > 1
          ? 'There is no run on this page.'
          : 'There is no run yet. Open a workflow to start one.'
      }
      pagination={
        totalCount > RUNS_PAGE_SIZE || page > 1
          ? {
              type: 'page',
              pageSize: RUNS_PAGE_SIZE,
              showPageSizeOptions: false,
              offset,
              totalCount,
              hasPreviousPage: page > 1,
              hasNextPage: offset + RUNS_PAGE_SIZE < totalCount,
              onPreviousPage: () => onPage(page - 1),
              onNextPage: () => onPage(page + 1),
            }
          : { type: 'none' }
      }
    />
  );
}

function describeDuration(run: Run): string {
  const duration = formatDuration(run.start, run.end, Date.now());
  return run.end ? `took ${duration}` : `${duration} so far`;
}
