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

import type { JsonObject, JsonValue } from '@backstage/types';
import type { ProviderToken } from '@flowgate/backstage-plugin-orchestrator-node';
import type { WorkflowService } from '../workflows/WorkflowService';
import { readCloudEvent } from './cloudEvents';
import type { OperationHandlers } from './OperationHandler';

/** What is read of the body of a start. */
interface ExecuteBody {
  readonly inputData?: JsonObject;
  readonly targetEntity?: string;
  /** For services behind the workflow. */
  readonly authTokens?: readonly ProviderToken[];
}

type RetriggerBody = Pick<ExecuteBody, 'authTokens'>;

/** The operations on runs. */
export function createInstanceRoutes(
  service: WorkflowService,
): OperationHandlers {
  const { runs, actions, signals, events } = service;
  return {
    async getInstances({ access, body, res }) {
      res.json(await runs.list(access, body));
    },
    async getWorkflowInstances({ access, path, body, res }) {
      res.json(await runs.list(access, body, path.workflowId));
    },
    async getInstanceById({ access, path, res }) {
      res.json(await runs.get(access, path.instanceId));
    },
    async getWorkflowLogById({ access, path, res }) {
      res.json(await runs.logs(access, path.instanceId));
    },
    async executeWorkflow({ access, path, headers, body, res }) {
      const { inputData, targetEntity, authTokens } = (body ??
        {}) as ExecuteBody;
      res.json(
        await actions.execute(
          access,
          path.workflowId,
          { inputData, targetEntity, authTokens },
          headers['idempotency-key'],
        ),
      );
    },
    async abortWorkflow({ access, path, res }) {
      const { instanceId } = path;
      await actions.abort(access, instanceId);
      res.json(`Workflow instance ${instanceId} successfully aborted`);
    },
    async signalInstance({ access, path, headers, body, res }) {
      const { name, data } = body as { name: string; data?: JsonValue };
      await signals.signal(
        access,
        path.instanceId,
        { name, data },
        headers['idempotency-key'],
      );
      res.status(202).json({});
    },
    async receiveEvent({ access, res, ...request }) {
      await events.receive(access, readCloudEvent(request));
      res.status(202).json({});
    },
    async retriggerInstance({ access, path, body, res }) {
      const { authTokens } = (body ?? {}) as RetriggerBody;
      await actions.retrigger(
        access,
        path.workflowId,
        path.instanceId,
        authTokens,
      );
      // RHDH's answer: no body, and yet the type of one.
      res.status(200).type('application/json').end();
    },
  };
}
