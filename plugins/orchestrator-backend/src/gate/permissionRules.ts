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
  createPermissionResourceRef,
  createPermissionRule,
} from '@backstage/plugin-permission-node';
import {
  isAllowedWorkflowIdRule,
  isInWorkspaceRule,
  RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
  type OrchestratorWorkflowQuery,
  type OrchestratorWorkflowResource,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { z } from 'zod/v3';

/** The resource type of workflows, for the permission framework. */
export const workflowResourceRef = createPermissionResourceRef<
  OrchestratorWorkflowResource,
  OrchestratorWorkflowQuery
>().with({
  pluginId: 'orchestrator',
  resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
});

const isAllowedWorkflowId = createPermissionRule({
  name: isAllowedWorkflowIdRule.name,
  description: isAllowedWorkflowIdRule.description,
  resourceRef: workflowResourceRef,
  paramsSchema: z.object({
    workflowIds: z
      .array(z.string())
      .describe('The ids of the workflows to allow'),
  }),
  apply: (workflow, { workflowIds }) =>
    workflowIds.includes(workflow.workflowId),
  toQuery: ({ workflowIds }): OrchestratorWorkflowQuery => ({
    key: 'workflowIds',
    values: workflowIds,
  }),
});

const isInWorkspace = createPermissionRule({
  name: isInWorkspaceRule.name,
  description: isInWorkspaceRule.description,
  resourceRef: workflowResourceRef,
  paramsSchema: z.object({
    workspaces: z
      .array(z.string())
      .describe('The workspaces whose workflows to allow'),
  }),
  apply: (workflow, { workspaces }) => workspaces.includes(workflow.workspace),
  toQuery: ({ workspaces }): OrchestratorWorkflowQuery => ({
    key: 'workspaces',
    values: workspaces,
  }),
});

/** The rules of the resource type. */
export const workflowPermissionRules = [isAllowedWorkflowId, isInWorkspace];
