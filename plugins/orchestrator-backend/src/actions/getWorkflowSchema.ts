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

/** Registers the action that tells what a workflow takes. */
export function registerGetWorkflowSchema({
  registry,
  gate,
  service,
}: ActionDeps) {
  registry.register({
    name: 'get-workflow-schema',
    title: 'Get Workflow Schema',
    description:
      'Tells what inputs a workflow takes, as a JSON schema. To be asked before a run is started with execute-workflow.',
    attributes: { readOnly: true, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({ workflowId: z.string().describe('The id of the workflow') }),
      output: z =>
        z.object({
          workflowId: z.string().describe('The id of the workflow'),
          inputSchema: z
            .record(z.string(), z.unknown())
            .describe(
              'The JSON schema of the inputs; empty where there is none',
            ),
        }),
    },
    action: ({ input: { workflowId }, credentials }) =>
      gate.run(
        credentials,
        {
          action: 'get-workflow-schema',
          operationId: 'getWorkflowInputSchemaById',
          path: { workflowId },
        },
        async access => {
          const { inputSchema = {} } = await service.workflows.inputSchema(
            access,
            workflowId,
          );
          return { workflowId, inputSchema };
        },
      ),
  });
}
