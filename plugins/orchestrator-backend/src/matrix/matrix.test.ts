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
import {
  startTestPortal,
  type TestPolicy,
  type TestPortal,
} from '../__testUtils__/TestPortal';
import { anonymousExpectations, expectations } from './expectations';
import {
  matrixConfig,
  matrixPrincipals,
  unlimited,
  type MatrixPrincipal,
} from './__testUtils__/principals';
import { operations, tryOperation, WORKFLOW } from './__testUtils__/requests';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const createEngine = () =>
  new FakeEngine({
    definitions: [
      { id: WORKFLOW, scenario: 'waits' },
      { id: 'other', scenario: 'waits' },
    ],
  });

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

/** What holds for every answer, whoever asks for whatever. */
function expectContract(response: {
  status: number;
  headers: Record<string, string>;
  body: any;
}) {
  const { status, headers, body } = response;
  if (status < 400) {
    expect(headers['www-authenticate']).toBeUndefined();
    return;
  }
  expect(body.error.code).toMatch(/^[a-z]+\.[a-z_]+$/);
  expect(body.response.statusCode).toBe(status);
  if (status === 401) {
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="orchestrator"/);
  } else if (body.error.code === 'auth.missing_scope') {
    expect(headers['www-authenticate']).toContain(
      `error="insufficient_scope", scope="${body.error.requiredScopes.join(
        ' ',
      )}"`,
    );
  } else {
    expect(headers['www-authenticate']).toBeUndefined();
  }
}

describe('the matrix of principals and operations', () => {
  it('has an expectation for every operation of the document, and no other', () => {
    const documented = operations.map(({ id }) => id).sort();
    expect(Object.keys(expectations).sort()).toEqual(documented);
    expect(Object.keys(anonymousExpectations).sort()).toEqual(documented);
  });

  describe('mode required', () => {
    let portal: TestPortal;
    let engine: FakeEngine;
    let principals: Record<string, MatrixPrincipal>;

    beforeAll(async () => {
      engine = createEngine();
      portal = await startTestPortal({
        config: matrixConfig,
        engines: [engine],
        callers: ['nightly-report', 'mcp-actions'],
        policy,
      });
      principals = await matrixPrincipals(portal);
    });

    afterAll(() => portal.stop());

    it('has a column for every principal', () => {
      for (const row of Object.values(expectations)) {
        expect(Object.keys(row)).toEqual(Object.keys(principals));
      }
    });

    it.each(operations.map(operation => [operation.id, operation] as const))(
      '%s',
      async (id, operation) => {
        const seen: Record<string, number> = {};
        for (const [name, principal] of Object.entries(principals)) {
          const response = await tryOperation(
            portal,
            engine,
            operation,
            principal,
            principals.user,
          );
          expectContract(response);
          seen[name] = response.status;
        }
        expect(seen).toEqual(expectations[id]);
      },
    );

    // What these refuse beside, they refuse because of what the body asks for.
    const byBody = ['createToken', 'rotateToken'];

    it.each(
      operations
        .filter(({ id, body }) => body && !byBody.includes(id))
        .map(operation => [operation.id, operation] as const),
    )(
      'a body that cannot be read tells nobody more than a good one: %s',
      async (id, operation) => {
        const takesForm = operation.body!.schemas.has(
          'application/x-www-form-urlencoded',
        );
        const refusal = takesForm ? 415 : 400;
        const seen: Record<string, number> = {};
        const expected: Record<string, number> = {};
        for (const [name, principal] of Object.entries(principals)) {
          const response = await tryOperation(
            portal,
            engine,
            operation,
            principal,
            principals.user,
            { isBroken: true },
          );
          seen[name] = response.status;
          const good = expectations[id][name];
          expected[name] = good < 400 ? refusal : good;
        }
        expect(seen).toEqual(expected);
      },
    );
  });

  describe.each([
    ['optional', { mode: 'optional' }],
    [
      'optionalGranted',
      {
        mode: 'optional',
        grants: {
          everybody: { match: { anonymous: true }, scopes: ['workflows:read'] },
        },
      },
    ],
    ['disabled', { mode: 'disabled' }],
  ] as const)('a caller without a credential, %s', (column, auth) => {
    let portal: TestPortal;
    let engine: FakeEngine;

    beforeAll(async () => {
      engine = createEngine();
      portal = await startTestPortal({
        config: {
          orchestrator: { auth: { ...auth, rateLimit: unlimited } as never },
        },
        engines: [engine],
      });
    });

    afterAll(() => portal.stop());

    it.each(operations.map(operation => [operation.id, operation] as const))(
      '%s',
      async (id, operation) => {
        const user = {
          headers: {
            Authorization: `Bearer ${await portal.issuer.userToken(
              'user:default/alice',
            )}`,
          },
          owns: true,
        };
        const anonymous = { headers: {}, owns: column === 'disabled' };
        const response = await tryOperation(
          portal,
          engine,
          operation,
          anonymous,
          user,
        );
        expectContract(response);
        expect(response.status).toBe(anonymousExpectations[id][column]);
        // In no mode does a credential that does not verify make a caller anonymous.
        const garbage = {
          headers: { Authorization: 'Bearer garbage' },
          owns: false,
        };
        const refused = await tryOperation(
          portal,
          engine,
          operation,
          garbage,
          user,
        );
        expect(refused.status).toBe(operation.isPublic ? 200 : 401);
      },
    );
  });
});
