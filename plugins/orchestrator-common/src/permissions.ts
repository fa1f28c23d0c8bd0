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

import { createPermission } from '@backstage/plugin-permission-common';

/**
 * The resource type of a workflow in Backstage's permission framework.
 *
 * @public
 */
export const RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW = 'orchestrator-workflow';

/**
 * Read workflows and the runs of them.
 *
 * @public
 */
export const orchestratorWorkflowPermission = createPermission({
  name: 'orchestrator.workflow',
  attributes: { action: 'read' },
  resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
});

/**
 * Start, abort and retrigger runs of workflows.
 *
 * @public
 */
export const orchestratorWorkflowUsePermission = createPermission({
  name: 'orchestrator.workflow.use',
  attributes: { action: 'update' },
  resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
});

/**
 * Register, update and delete definitions of workflows.
 *
 * @public
 */
export const orchestratorWorkflowWritePermission = createPermission({
  name: 'orchestrator.workflow.write',
  attributes: { action: 'update' },
  resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
});

/**
 * See and manage the runs of others.
 *
 * @public
 */
export const orchestratorInstanceAdminViewPermission = createPermission({
  name: 'orchestrator.instanceAdminView',
  attributes: { action: 'read' },
});

/**
 * Show the variables of runs and the editor of definitions; asked by portal pages only.
 *
 * @public
 */
export const orchestratorWorkflowAdminViewPermission = createPermission({
  name: 'orchestrator.workflowAdminView',
  attributes: { action: 'read' },
});

/**
 * To list and read own managed tokens.
 *
 * @public
 */
export const orchestratorTokenReadPermission = createPermission({
  name: 'orchestrator.token.read',
  attributes: { action: 'read' },
});

/**
 * To create, rename, rotate and revoke own managed tokens.
 *
 * @public
 */
export const orchestratorTokenWritePermission = createPermission({
  name: 'orchestrator.token.write',
  attributes: { action: 'update' },
});

/**
 * To create service tokens, to introspect tokens, and to read and revoke everybody's.
 *
 * @public
 */
export const orchestratorTokenAdminPermission = createPermission({
  name: 'orchestrator.token.admin',
  attributes: { action: 'update' },
});

/**
 * To read and verify the audit log.
 *
 * @public
 */
export const orchestratorAuditReadPermission = createPermission({
  name: 'orchestrator.audit.read',
  attributes: { action: 'read' },
});

/**
 * All permissions of the plugin.
 *
 * @public
 */
export const orchestratorPermissions = [
  orchestratorWorkflowPermission,
  orchestratorWorkflowUsePermission,
  orchestratorWorkflowWritePermission,
  orchestratorInstanceAdminViewPermission,
  orchestratorWorkflowAdminViewPermission,
  orchestratorTokenReadPermission,
  orchestratorTokenWritePermission,
  orchestratorTokenAdminPermission,
  orchestratorAuditReadPermission,
];
