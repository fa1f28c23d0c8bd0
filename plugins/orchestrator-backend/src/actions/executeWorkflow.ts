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

import type { JsonObject } from '@backstage/types';
import type { Access } from '../gate/Access';
import type { WorkflowService } from '../workflows/WorkflowService';
import type { ActionDeps } from './ActionDeps';

/** The state where none can be told. */
const UNKNOWN = 'PENDING';

/** The run is there whether or not its caller may read it, or the index has its state at hand. */
async function stateOf(
  { runs }: WorkflowService,
  access: Access,
  workflowId: string,
  instanceId: string,
): Promise<string> {
  try {
    return (await runs.ofWorkflow(access, workflowId, instanceId)).state;
  } catch {
    return UNKNOWN;
  }
}

/** Registers the action that starts a run. */
export function registerExecuteWorkflow({
  registry,
  gate,
  service,
}: ActionDeps) {
  registry.register({
    name: 'execute-workflow',
    title: 'Execute Workflow',
    description:
      'Starts a run of a workflow with the given inputs and answers with its id and state. The inputs are checked against the ' +
      'schema that get-workflow-schema gives.',
    attributes: { readOnly: false, destructive: true, idempotent: false },
    schema: {
      input: z =>
        z.object({
          workflowId: z.string().describe('The id of the workflow'),
          inputs: z
            .record(z.string(), z.unknown())
            .describe('The inputs, as get-workflow-schema describes them'),
        }),
      output: z =>
        z.object({
          instanceId: z.string().describe('The id of the run'),
          status: z.string().describe('The state of the run'),
        }),
    },
    action: ({ input: { workflowId, inputs }, credentials }) =>
      gate.run(
        credentials,
        {
          action: 'execute-workflow',
          operationId: 'executeWorkflow',
          path: { workflowId },
        },
        async access => {
          const { id } = await service.actions.execute(access, workflowId, {
            inputData: inputs as JsonObject,
          });
          return {
            instanceId: id,
            status: await stateOf(service, access, workflowId, id),
          };
        },
      ),
  });
}
