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

import type { UserInfoService } from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  isResourcePermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type {
  PermissionPolicy,
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import {
  orchestratorWorkflowConditions,
  orchestratorWorkflowWritePermission,
  RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
} from '@flowgate/backstage-plugin-orchestrator-common';

/** Whom the policy narrows. */
export const CONTRACTORS = 'group:default/contractors';
/** The workspace whose workflows contractors reach. */
export const CONTRACTORS_WORKSPACE = 'platform';

/**
 * Shows a conditional decision: contractors reach the workflows of one workspace and register none. Everybody else is allowed
 * everything here, and is held by the grants of the orchestrator alone.
 */
export class DemoPolicy implements PermissionPolicy {
  readonly #userInfo: UserInfoService;

  constructor(userInfo: UserInfoService) {
    this.#userInfo = userInfo;
  }

  async handle(
    request: PolicyQuery,
    user?: PolicyQueryUser,
  ): Promise<PolicyDecision> {
    const { permission } = request;
    if (
      !user ||
      !isResourcePermission(permission, RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW)
    ) {
      return { result: AuthorizeResult.ALLOW };
    }
    const { ownershipEntityRefs } = await this.#userInfo.getUserInfo(
      user.credentials,
    );
    if (!ownershipEntityRefs.includes(CONTRACTORS)) {
      return { result: AuthorizeResult.ALLOW };
    }
    if (permission.name === orchestratorWorkflowWritePermission.name) {
      return { result: AuthorizeResult.DENY };
    }
    return {
      result: AuthorizeResult.CONDITIONAL,
      pluginId: 'orchestrator',
      resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
      conditions: orchestratorWorkflowConditions.isInWorkspace({
        workspaces: [CONTRACTORS_WORKSPACE],
      }),
    };
  }
}
