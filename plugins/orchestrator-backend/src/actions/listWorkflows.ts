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

/** Registers the action that lists workflows. */
export function registerListWorkflows({ registry, gate, service }: ActionDeps) {
  registry.register({
    name: 'list-workflows',
    title: 'List Workflows',
    description:
      'Lists the workflows that the caller may see, by name. They can be narrowed to those whose name contains a text, and to ' +
      'those whose last run is in a state.',
    attributes: { readOnly: true, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          name: z
            .string()
            .max(255)
            .optional()
            .describe('A text that the name contains, whatever its case'),
          status: stateShape(z).describe('The state of the last run'),
          ...pagingShape(z),
        }),
      output: z =>
        z.object({
          workflows: z.array(
            z.object({
              workflowId: z.string().describe('The id of the workflow'),
              name: z.string().optional().describe('Its name'),
              status: z
                .string()
                .optional()
                .describe('The state of its last run; absent without one'),
            }),
          ),
        }),
    },
    action: ({ input, credentials }) =>
      gate.run(
        credentials,
        { action: 'list-workflows', operationId: 'getWorkflowsOverview' },
        async access => {
          const found = await service.workflows.search(access, {
            nameContains: input.name,
            lastRunStatus: input.status,
            limit: input.limit ?? DEFAULT_LIMIT,
            offset: input.offset ?? 0,
          });
          return {
            workflows: found.map(({ workflowId, name, lastRunStatus }) => ({
              workflowId,
              name,
              status: lastRunStatus,
            })),
          };
        },
      ),
  });
}
