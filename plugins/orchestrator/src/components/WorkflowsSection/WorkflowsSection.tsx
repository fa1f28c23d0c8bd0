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

import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { Cell, CellText, Table, Text, type ColumnConfig } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useCallback, useMemo } from 'react';
import { orchestratorApiRef } from '../../api';
import { formatTime } from '../../format/formatTime';
import { useResource } from '../../hooks/useResource';
import { workflowRouteRef } from '../../routes';
import { ErrorMessage, LoadingMessage } from '../Feedback';
import { RunState } from '../RunState';
import { Section } from '../Section';

type Workflow = components['schemas']['WorkflowOverviewDTO'];
type Row = Workflow & { id: string };

/** The workflows that the user may see. */
export function WorkflowsSection() {
  const api = useApi(orchestratorApiRef);
  const { value, error, isLoading, reload } = useResource(
    useCallback(signal => api.listWorkflows({ signal }), [api]),
  );
  return (
    <Section title="Workflows">
      {error && (
        <ErrorMessage
          title="The workflows could not be loaded"
          error={error}
          onRetry={reload}
        />
      )}
      {isLoading && <LoadingMessage what="workflows" />}
      {value && <WorkflowTable workflows={value.overviews} />}
      {value && value.totalCount > value.overviews.length && (
        <Text color="secondary">
          {value.overviews.length} of {value.totalCount} workflows are shown.
        </Text>
      )}
    </Section>
  );
}

function WorkflowTable({ workflows }: { workflows: readonly Workflow[] }) {
  const workflowLink = useRouteRef(workflowRouteRef);
  const rows = useMemo(
    () => workflows.map(workflow => ({ ...workflow, id: workflow.workflowId })),
    [workflows],
  );
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'name',
      label: 'Workflow',
      isRowHeader: true,
      defaultWidth: '3fr',
      minWidth: 150,
      cell: workflow => (
        <CellText
          title={workflow.name ?? workflow.workflowId}
          description={
            workflow.isAvailable === false
              ? `Unavailable: ${
                  workflow.availability?.reason ?? 'the engine cannot run it'
                }`
              : workflow.description
          }
          href={workflowLink?.({ workflowId: workflow.workflowId })}
        />
      ),
    },
    {
      id: 'workspace',
      label: 'Workspace',
      defaultWidth: '1fr',
      minWidth: 120,
      cell: workflow => <CellText title={workflow.workspace ?? 'default'} />,
    },
    {
      id: 'lastRun',
      label: 'Last run',
      defaultWidth: '2fr',
      minWidth: 200,
      cell: workflow => (
        <Cell>
          {workflow.lastRunStatus ? (
            <>
              <RunState state={workflow.lastRunStatus} />
              <Text as="div" variant="body-small" color="secondary">
                {formatTime(workflow.lastTriggeredMs)}
              </Text>
            </>
          ) : (
            <Text color="secondary">None that you may see</Text>
          )}
        </Cell>
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      data={rows}
      pagination={{ type: 'none' }}
      emptyState="There is no workflow that you may see. Your rights are listed beside."
    />
  );
}
