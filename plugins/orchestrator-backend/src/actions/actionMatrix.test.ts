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

import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { orchestratorWorkflowConditions } from '@flowgate/backstage-plugin-orchestrator-common';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import request from 'supertest';
import {
  startTestPortal,
  type TestPolicy,
  type TestPortal,
} from '../__testUtils__/TestPortal';
import { expectations } from '../matrix/expectations';
import {
  matrixConfig,
  matrixPrincipals,
  type MatrixPrincipal,
} from '../matrix/__testUtils__/principals';
import { WORKFLOW } from '../matrix/__testUtils__/requests';
import { invokeAction } from './__testUtils__/invokeAction';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

/** The actions and the operations that they stand for. */
const OPERATIONS = {
  'list-workflows': 'getWorkflowsOverview',
  'get-workflow-schema': 'getWorkflowInputSchemaById',
  'execute-workflow': 'executeWorkflow',
  'list-instances': 'getInstances',
  'get-instance': 'getInstanceById',
} as const;

/** Principals whom Backstage does not let through to an action, whatever the operation does. */
const UNKNOWN_TO_BACKSTAGE = [
  // What the plugin itself issues.
  ...['personal', 'group', 'service', 'trigger', 'bootstrap', 'revoked'],
];

const policy: TestPolicy = ({ permission }, user) => {
  switch (user?.info.userEntityRef) {
    case 'user:default/dave':
      return { result: AuthorizeResult.DENY };
    case 'user:default/erin':
      return 'resourceType' in permission
        ? {
            result: AuthorizeResult.CONDITIONAL,
            pluginId: 'orchestrator',
            resourceType: 'orchestrator-workflow',
            conditions: orchestratorWorkflowConditions.isAllowedWorkflowId({
              workflowIds: ['other'],
            }),
          }
        : { result: AuthorizeResult.DENY };
    default:
      return { result: AuthorizeResult.ALLOW };
  }
};

describe('the matrix of principals and actions', () => {
  let portal: TestPortal;
  let principals: Record<string, MatrixPrincipal>;

  beforeAll(async () => {
    portal = await startTestPortal({
      config: matrixConfig,
      engines: [
        new FakeEngine({
          definitions: [
            { id: WORKFLOW, scenario: 'waits' },
            { id: 'other', scenario: 'waits' },
          ],
        }),
      ],
      callers: ['nightly-report', 'mcp-actions'],
      policy,
    });
    principals = await matrixPrincipals(portal);
  });

  afterAll(() => portal.stop());

  async function inputOf(action: string, principal: MatrixPrincipal) {
    if (action.startsWith('list-')) return {};
    if (action === 'get-workflow-schema') return { workflowId: WORKFLOW };
    if (action === 'execute-workflow') {
      return { workflowId: WORKFLOW, inputs: {} };
    }
    const owner = principal.owns ? principal : principals.user;
    const { body } = await request(portal.server)
      .post(`/api/orchestrator/v2/workflows/${WORKFLOW}/execute`)
      .set(owner.headers)
      .send({ inputData: {} })
      .expect(200);
    return { instanceId: body.id };
  }

  it.each(Object.entries(OPERATIONS))(
    '%s answers everybody as %s does',
    async (action, operationId) => {
      const seen: Record<string, number> = {};
      const expected: Record<string, number> = {};
      for (const [name, principal] of Object.entries(principals)) {
        const input = await inputOf(action, principal);
        const { headers } = principal;
        seen[name] = (
          await invokeAction(portal, headers, action, input)
        ).status;
        expected[name] = UNKNOWN_TO_BACKSTAGE.includes(name)
          ? 401
          : expectations[operationId][name];
      }
      expect(seen).toEqual(expected);
    },
  );
});
