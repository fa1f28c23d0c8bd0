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
import { runShape } from './runShape';

/** Registers the action that shows a run. */
export function registerGetInstance({ registry, gate, service }: ActionDeps) {
  registry.register({
    name: 'get-instance',
    title: 'Get Workflow Instance',
    description:
      'Shows one workflow run: its workflow, its state, when it started and ended, and its data.',
    attributes: { readOnly: true, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({ instanceId: z.string().describe('The id of the run') }),
      output: z =>
        z.object({
          ...runShape(z),
          output: z
            .unknown()
            .optional()
            .describe('The data of the run: its inputs and its results'),
        }),
    },
    action: ({ input: { instanceId }, credentials }) =>
      gate.run(
        credentials,
        {
          action: 'get-instance',
          operationId: 'getInstanceById',
          path: { instanceId },
        },
        async access => {
          const run = await service.runs.get(access, instanceId);
          return {
            instanceId: run.id,
            workflowId: run.processId,
            workflowName: run.processName,
            status: run.state,
            startTime: run.start,
            endTime: run.end ?? undefined,
            output: run.workflowdata,
          };
        },
      ),
  });
}
