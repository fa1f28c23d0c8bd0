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

import { RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW } from './permissions';

/**
 * What a rule of the permission policy sees of a workflow.
 *
 * @public
 */
export interface OrchestratorWorkflowResource {
  readonly workflowId: string;
  readonly workspace: string;
}

/**
 * What a rule asks of a workflow, for the query of a list.
 *
 * @public
 */
export type OrchestratorWorkflowQuery =
  | { readonly key: 'workflowIds'; readonly values: readonly string[] }
  | { readonly key: 'workspaces'; readonly values: readonly string[] };

/**
 * A rule of the resource type `orchestrator-workflow`, as data: the backend registers it with the permission framework.
 *
 * @public
 */
export interface OrchestratorWorkflowRule {
  readonly name: string;
  readonly description: string;
  /** The rule's only parameter, a list of texts. */
  readonly parameter: 'workflowIds' | 'workspaces';
}

/**
 * Allows the workflows whose ids are listed.
 *
 * @public
 */
export const isAllowedWorkflowIdRule: OrchestratorWorkflowRule = {
  name: 'IS_ALLOWED_WORKFLOW_ID',
  description: 'Allow the workflows with the listed ids',
  parameter: 'workflowIds',
};

/**
 * Allows the workflows of the listed workspaces.
 *
 * @public
 */
export const isInWorkspaceRule: OrchestratorWorkflowRule = {
  name: 'IS_IN_WORKSPACE',
  description: 'Allow the workflows of the listed workspaces',
  parameter: 'workspaces',
};

/**
 * All rules of the resource type.
 *
 * @public
 */
export const orchestratorWorkflowRules: readonly OrchestratorWorkflowRule[] = [
  isAllowedWorkflowIdRule,
  isInWorkspaceRule,
];

/**
 * A condition that a permission policy can return for a workflow permission.
 *
 * @public
 */
export interface OrchestratorWorkflowCondition {
  resourceType: typeof RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW;
  rule: string;
  params: { [parameter: string]: string[] };
}

/**
 * Conditions for authors of permission policies, to be given to `createConditionalDecision` or returned as they are.
 *
 * @public
 */
export const orchestratorWorkflowConditions = {
  /** Holds for the workflows with the listed ids. */
  isAllowedWorkflowId(params: {
    workflowIds: string[];
  }): OrchestratorWorkflowCondition {
    return {
      resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
      rule: isAllowedWorkflowIdRule.name,
      params: { workflowIds: params.workflowIds },
    };
  },
  /** Holds for the workflows of the listed workspaces. */
  isInWorkspace(params: {
    workspaces: string[];
  }): OrchestratorWorkflowCondition {
    return {
      resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
      rule: isInWorkspaceRule.name,
      params: { workspaces: params.workspaces },
    };
  },
};
