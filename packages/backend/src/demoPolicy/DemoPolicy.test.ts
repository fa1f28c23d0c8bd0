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

import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  createPermission,
} from '@backstage/plugin-permission-common';
import {
  orchestratorInstanceAdminViewPermission,
  orchestratorWorkflowPermission,
  orchestratorWorkflowUsePermission,
  orchestratorWorkflowWritePermission,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { DemoPolicy } from './DemoPolicy';

const user = (...ownershipEntityRefs: string[]) => {
  const info = { userEntityRef: 'user:default/dave', ownershipEntityRefs };
  return {
    policy: new DemoPolicy(mockServices.userInfo(info)),
    query: { credentials: mockCredentials.user(info.userEntityRef), info },
  };
};
const ALLOW = { result: AuthorizeResult.ALLOW };

describe('DemoPolicy', () => {
  it.each([orchestratorWorkflowPermission, orchestratorWorkflowUsePermission])(
    'narrows contractors to one workspace for %p',
    async permission => {
      const { policy, query } = user(
        'user:default/dave',
        'group:default/contractors',
      );
      await expect(policy.handle({ permission }, query)).resolves.toEqual({
        result: AuthorizeResult.CONDITIONAL,
        pluginId: 'orchestrator',
        resourceType: 'orchestrator-workflow',
        conditions: {
          resourceType: 'orchestrator-workflow',
          rule: 'IS_IN_WORKSPACE',
          params: { workspaces: ['platform'] },
        },
      });
    },
  );

  it('lets contractors register nothing', async () => {
    const { policy, query } = user('group:default/contractors');
    await expect(
      policy.handle({ permission: orchestratorWorkflowWritePermission }, query),
    ).resolves.toEqual({ result: AuthorizeResult.DENY });
  });

  it('leaves contractors what has nothing to do with workflows', async () => {
    const { policy, query } = user('group:default/contractors');
    const permission = createPermission({
      name: 'catalog.entity.read',
      attributes: { action: 'read' },
      resourceType: 'catalog-entity',
    });
    await expect(policy.handle({ permission }, query)).resolves.toEqual(ALLOW);
    await expect(
      policy.handle(
        { permission: orchestratorInstanceAdminViewPermission },
        query,
      ),
    ).resolves.toEqual(ALLOW);
  });

  it('allows everybody else everything', async () => {
    const { policy, query } = user('group:default/platform');
    for (const permission of [
      orchestratorWorkflowPermission,
      orchestratorWorkflowWritePermission,
    ]) {
      await expect(policy.handle({ permission }, query)).resolves.toEqual(
        ALLOW,
      );
    }
  });
});
