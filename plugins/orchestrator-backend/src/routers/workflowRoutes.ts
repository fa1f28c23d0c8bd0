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

import {
  listStatuses,
  type WorkflowService,
} from '../workflows/WorkflowService';
import type { OperationHandlers } from './OperationHandler';

/** The operations on workflows. */
export function createWorkflowRoutes(
  service: WorkflowService,
): OperationHandlers {
  const { workflows } = service;
  return {
    async getWorkflowsOverview({ access, body, res }) {
      res.json(await workflows.list(access, body));
    },
    async getWorkflowsOverviewForEntity({ access, body, res }) {
      res.json(await workflows.listForEntity(access, body ?? {}));
    },
    async getWorkflowOverviewById({ access, path, res }) {
      res.json(await workflows.overview(access, path.workflowId));
    },
    async getWorkflowSourceById({ access, path, res }) {
      const { source } = await workflows.source(access, path.workflowId);
      res.type('text/plain').send(source);
    },
    async getWorkflowInputSchemaById({ access, path, query, res }) {
      res.json(
        await workflows.inputSchema(access, path.workflowId, query.instanceId),
      );
    },
    async pingWorkflowServiceById({ access, path, res }) {
      res.json(await workflows.ping(access, path.workflowId));
    },
    async getWorkflowStatuses({ res }) {
      res.json(listStatuses());
    },
  };
}
