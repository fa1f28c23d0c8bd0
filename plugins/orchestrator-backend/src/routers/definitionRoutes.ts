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

import type { WorkflowService } from '../workflows/WorkflowService';
import type { DefinitionBody, OperationHandlers } from './OperationHandler';

function sourceOf(body: unknown): DefinitionBody {
  const { source, format } = body as DefinitionBody;
  return { source, format };
}

/** The operations that change definitions. */
export function createDefinitionRoutes(
  service: WorkflowService,
): OperationHandlers {
  const { definitions } = service;
  return {
    async createWorkflow({ access, body, res }) {
      const registered = await definitions.create(access, sourceOf(body));
      res
        .status(201)
        .location(`${res.req.baseUrl}/v2/workflows/${registered.workflowId}`)
        .json(registered);
    },
    async updateWorkflow({ access, path, body, res }) {
      res.json(
        await definitions.update(access, path.workflowId, sourceOf(body)),
      );
    },
    async deleteWorkflow({ access, path, res }) {
      await definitions.delete(access, path.workflowId);
      res.status(204).end();
    },
  };
}
