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

import { CellText, Table, type ColumnConfig } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useMemo } from 'react';
import { formatDuration, formatTime } from '../../format/formatTime';

type Node = components['schemas']['NodeInstanceDTO'];

/** The steps that a run has entered, in their order. */
export function StepTable(props: { nodes: Node[]; isActive: boolean }) {
  const { nodes, isActive } = props;
  const sorted = useMemo(
    () =>
      // The order of the answer stays where two steps were entered in one millisecond.
      [...nodes].sort(
        (a, b) => Date.parse(a.enter ?? '') - Date.parse(b.enter ?? '') || 0,
      ),
    [nodes],
  );
  const columns: ColumnConfig<Node>[] = [
    {
      id: 'name',
      label: 'Step',
      isRowHeader: true,
      defaultWidth: '3fr',
      cell: node => (
        <CellText
          // An action stands below the state that it belongs to.
          title={`${node.type === 'action' ? '↳ ' : ''}${node.name ?? node.id}`}
          description={[node.type, node.errorMessage]
            .filter(Boolean)
            .join(': ')}
        />
      ),
    },
    {
      id: 'enter',
      label: 'Entered',
      defaultWidth: '2fr',
      cell: node => <CellText title={formatTime(node.enter)} />,
    },
    {
      id: 'took',
      label: 'Took',
      defaultWidth: '1fr',
      cell: node => (
        <CellText
          title={
            node.exit || isActive
              ? formatDuration(node.enter, node.exit, Date.now())
              : 'not finished'
          }
          description={node.exit || !isActive ? undefined : 'now'}
        />
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      data={sorted}
      pagination={{ type: 'none' }}
      emptyState="The run has entered no step yet."
    />
  );
}
