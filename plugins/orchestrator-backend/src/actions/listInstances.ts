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

import type { ActionDeps } from './ActionDeps';
import { DEFAULT_LIMIT, pagingShape, stateShape } from './paging';
import { runShape } from './runShape';

/** Registers the action that lists runs. */
export function registerListInstances({ registry, gate, service }: ActionDeps) {
  registry.register({
    name: 'list-instances',
    title: 'List Workflow Instances',
    description:
      'Lists the workflow runs that the caller may see, the newest first: its own, and everybody’s for who holds ' +
      'instances:admin. They can be narrowed to those in a state.',
    attributes: { readOnly: true, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          status: stateShape(z).describe('The state of the run'),
          ...pagingShape(z),
        }),
      output: z => z.object({ instances: z.array(z.object(runShape(z))) }),
    },
    action: ({ input, credentials }) =>
      gate.run(
        credentials,
        { action: 'list-instances', operationId: 'getInstances' },
        async access => {
          const { status, limit = DEFAULT_LIMIT, offset = 0 } = input;
          const found = await service.runs.listIndexed(access, {
            paginationInfo: {
              pageSize: limit,
              offset,
              orderBy: 'start',
              orderDirection: 'DESC',
            },
            ...(status && {
              filters: { field: 'state', operator: 'EQ', value: status },
            }),
          });
          return {
            instances: found.map(run => ({
              instanceId: run.id,
              workflowId: run.workflowId,
              workflowName: run.name,
              status: run.state,
              startTime: new Date(run.start).toISOString(),
              endTime:
                run.end === undefined
                  ? undefined
                  : new Date(run.end).toISOString(),
            })),
          };
        },
      ),
  });
}
