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

import type { Permission } from '@backstage/plugin-permission-common';
import {
  orchestratorAuditReadPermission,
  orchestratorInstanceAdminViewPermission,
  orchestratorTokenAdminPermission,
  orchestratorTokenReadPermission,
  orchestratorTokenWritePermission,
  orchestratorWorkflowPermission,
  orchestratorWorkflowUsePermission,
  orchestratorWorkflowWritePermission,
} from './permissions';

/**
 * A right that a caller can hold, written `domain:action`.
 *
 * @public
 */
export type OrchestratorScope =
  | 'workflows:read'
  | 'workflows:execute'
  | 'workflows:write'
  | 'instances:read'
  | 'instances:write'
  | 'instances:admin'
  | 'tokens:read'
  | 'tokens:write'
  | 'tokens:admin'
  | 'audit:read';

/**
 * What the catalogue says of one scope.
 *
 * @public
 */
export interface ScopeDescription {
  readonly scope: OrchestratorScope;
  /** One sentence for people. */
  readonly description: string;
  /** The Backstage permission that the policy is asked for when a user uses the scope. */
  readonly permission: Permission;
}

/**
 * The closed catalogue of scopes, in the order in which they are shown.
 *
 * @public
 */
export const orchestratorScopes: readonly ScopeDescription[] = [
  {
    scope: 'workflows:read',
    description:
      'List and read workflows, their input schemas and availability',
    permission: orchestratorWorkflowPermission,
  },
  {
    scope: 'workflows:execute',
    description: 'Start runs',
    permission: orchestratorWorkflowUsePermission,
  },
  {
    scope: 'workflows:write',
    description: 'Register, update and delete workflow definitions',
    permission: orchestratorWorkflowWritePermission,
  },
  {
    scope: 'instances:read',
    description: 'Read own runs: status, data and logs',
    permission: orchestratorWorkflowPermission,
  },
  {
    scope: 'instances:write',
    description: 'Abort and retrigger own runs',
    permission: orchestratorWorkflowUsePermission,
  },
  {
    scope: 'instances:admin',
    description:
      "Widens instances:read and instances:write to everybody's runs; alone it allows nothing",
    permission: orchestratorInstanceAdminViewPermission,
  },
  {
    scope: 'tokens:read',
    description: 'List and read own tokens, and those of own groups',
    permission: orchestratorTokenReadPermission,
  },
  {
    scope: 'tokens:write',
    description:
      'Create, rotate and revoke own tokens, and those of own groups',
    permission: orchestratorTokenWritePermission,
  },
  {
    scope: 'tokens:admin',
    description:
      "Create service tokens, introspect tokens, and read and revoke everybody's",
    permission: orchestratorTokenAdminPermission,
  },
  {
    scope: 'audit:read',
    description: 'Read and verify the audit log',
    permission: orchestratorAuditReadPermission,
  },
];

/** The domains whose scopes can be narrowed to one workflow. */
const NARROWABLE: ReadonlySet<string> = new Set(['workflows', 'instances']);

const byName = new Map(
  orchestratorScopes.map(entry => [entry.scope as string, entry]),
);

/**
 * Whether a text is a scope of the catalogue, compared exactly.
 *
 * @public
 */
export function isOrchestratorScope(text: string): text is OrchestratorScope {
  return byName.has(text);
}

/**
 * The catalogue's entry of a scope.
 *
 * @public
 */
export function describeScope(scope: OrchestratorScope): ScopeDescription {
  return byName.get(scope)!;
}

/**
 * A scope as it is written in grants and tokens: plain, or narrowed to one workflow.
 *
 * @public
 */
export interface ParsedScope {
  readonly scope: OrchestratorScope;
  /** The one workflow that the scope is narrowed to; absent for all workflows. */
  readonly workflowId?: string;
}

/** What the ids of workflows and runs look like. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$/;

/**
 * Whether a text can be the id of a workflow or of a run.
 *
 * @public
 */
export function isOrchestratorId(text: string): boolean {
  return ID.test(text);
}

/**
 * The segments that stand where a workflow id would stand; no workflow can have one of them as its id.
 *
 * @public
 */
export const reservedWorkflowIds: readonly string[] = [
  'instances',
  'overview',
  'entity',
  'statuses',
  'events',
];

/**
 * Reads `domain:action` or `domain:action:workflowId`.
 *
 * @returns undefined where the text is no scope of the catalogue or the id is not one
 * @public
 */
export function parseScope(text: string): ParsedScope | undefined {
  const second = text.indexOf(':', text.indexOf(':') + 1);
  const scope = second < 0 ? text : text.slice(0, second);
  if (!isOrchestratorScope(scope)) {
    return undefined;
  }
  if (second < 0) {
    return { scope };
  }
  const workflowId = text.slice(second + 1);
  if (!NARROWABLE.has(scope.slice(0, scope.indexOf(':')))) {
    return undefined;
  }
  return isOrchestratorId(workflowId) ? { scope, workflowId } : undefined;
}
