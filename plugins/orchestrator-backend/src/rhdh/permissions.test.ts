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
  AuthorizeResult,
  type ConditionalPolicyDecision,
} from '@backstage/plugin-permission-common';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import request from 'supertest';
import {
  startTestPortal,
  type TestPolicy,
  type TestPortal,
} from '../__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const USER = 'user:default/alice';

/** A conditional decision as the RBAC plugin of Red Hat stores and sends it. */
const onlyGreet: ConditionalPolicyDecision = {
  result: AuthorizeResult.CONDITIONAL,
  pluginId: 'orchestrator',
  resourceType: 'orchestrator-workflow',
  conditions: {
    rule: 'IS_ALLOWED_WORKFLOW_ID',
    resourceType: 'orchestrator-workflow',
    params: { workflowIds: ['greet'] },
  },
};

const policy: TestPolicy = ({ permission }) => {
  switch (permission.name) {
    case 'orchestrator.workflow':
    case 'orchestrator.workflow.use':
      return onlyGreet;
    default:
      return { result: AuthorizeResult.DENY };
  }
};

describe("the permissions of Red Hat's orchestrator", () => {
  let portal: TestPortal;

  beforeAll(async () => {
    portal = await startTestPortal({
      engines: [
        new FakeEngine({ definitions: [{ id: 'greet' }, { id: 'x' }] }),
      ],
      policy,
    });
  });
  afterAll(() => portal.stop());

  const send = async (method: 'get' | 'post', path: string, body?: object) => {
    const token = await portal.issuer.userToken(USER);
    return request(portal.server)
      [method](`/api/orchestrator${path}`)
      .set('Authorization', `Bearer ${token}`)
      .send(body);
  };

  it('are known to the permission framework by their names, actions and resource type', async () => {
    const { body } = await send(
      'get',
      '/.well-known/backstage/permissions/metadata',
    );
    const seen = body.permissions.map((permission: any) => [
      permission.name,
      permission.attributes.action,
      permission.resourceType,
    ]);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['orchestrator.workflow', 'read', 'orchestrator-workflow'],
        ['orchestrator.workflow.use', 'update', 'orchestrator-workflow'],
        ['orchestrator.workflowAdminView', 'read', undefined],
        ['orchestrator.instanceAdminView', 'read', undefined],
      ]),
    );
    const rule = body.rules.find(
      (one: any) => one.name === 'IS_ALLOWED_WORKFLOW_ID',
    );
    expect(rule).toMatchObject({
      resourceType: 'orchestrator-workflow',
      paramsSchema: {
        type: 'object',
        properties: {
          workflowIds: { type: 'array', items: { type: 'string' } },
        },
        required: ['workflowIds'],
      },
    });
  });

  it('have their conditions applied to workflows by id', async () => {
    const { auth } = portal.callers['nightly-report'];
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: await auth.getOwnServiceCredentials(),
      targetPluginId: 'orchestrator',
    });
    const decide = (resourceRef: string, id: string) => ({
      id,
      resourceRef,
      resourceType: 'orchestrator-workflow',
      conditions: onlyGreet.conditions,
    });
    const { body } = await request(portal.server)
      .post(
        '/api/orchestrator/.well-known/backstage/permissions/apply-conditions',
      )
      .set('Authorization', `Bearer ${token}`)
      .send({
        items: [decide('greet', '1'), decide('x', '2'), decide('nope', '3')],
      })
      .expect(200);
    expect(body.items).toEqual([
      { id: '1', result: 'ALLOW' },
      { id: '2', result: 'DENY' },
      { id: '3', result: 'DENY' },
    ]);
  });

  it('have their conditions in every list and every decision', async () => {
    const started = await send('post', '/v2/workflows/greet/execute', {});
    expect(started.status).toBe(200);
    const overviews = await send('post', '/v2/workflows/overview', {});
    expect(overviews.body.overviews.map((one: any) => one.workflowId)).toEqual([
      'greet',
    ]);
    expect(overviews.body.totalCount).toBe(1);
    const runs = await send('post', '/v2/workflows/instances', {});
    expect(runs.body.items.map((one: any) => one.id)).toEqual([
      started.body.id,
    ]);
    const hidden = await send('get', '/v2/workflows/x/overview');
    const refused = await send('post', '/v2/workflows/x/execute', {});
    expect([hidden.status, refused.status]).toEqual([404, 404]);
  });
});
