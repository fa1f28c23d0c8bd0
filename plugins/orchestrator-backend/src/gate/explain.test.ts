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

import { TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { JsonObject } from '@backstage/types';
import { orchestratorWorkflowConditions } from '@flowgate/backstage-plugin-orchestrator-common';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import fc from 'fast-check';
import request from 'supertest';
import {
  startTestPortal,
  type TestPolicy,
  type TestPortal,
} from '../__testUtils__/TestPortal';
import { toRecord } from '../database/RunRow';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(120_000);

const WORKFLOWS = { pay: 'payments', refund: 'payments', report: 'default' };
const USERS = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'];

const scopes = fc.uniqueArray(
  fc.constantFrom<string>(
    'workflows:read',
    'workflows:execute',
    'workflows:execute:pay',
    'workflows:read:report',
    'instances:read',
    'instances:read:refund',
    'tokens:read',
    'tokens:write',
    'tokens:admin',
    'audit:read',
  ),
  { minLength: 1, maxLength: 6 },
);
const workspaces = fc.option(
  fc.constantFrom<string[]>(
    ['payments'],
    ['default'],
    ['payments', 'default'],
    [],
  ),
  { nil: undefined },
);
const grant = fc.record({ scopes, workspaces }).map(one =>
  // What holds everywhere cannot be limited to workspaces.
  ['tokens:admin', 'audit:read'].some(scope => one.scopes.includes(scope))
    ? { ...one, workspaces: undefined }
    : one,
);
const decision = fc.oneof(
  { weight: 3, arbitrary: fc.constant('allow' as const) },
  { weight: 1, arbitrary: fc.constant('deny' as const) },
  fc.subarray(Object.keys(WORKFLOWS), { minLength: 1 }),
);

/** Who may do what in one portal. */
interface World {
  readonly users: readonly {
    grants: readonly { scopes: string[]; workspaces?: string[] }[];
    decision: 'allow' | 'deny' | string[];
  }[];
  readonly cap: string[];
  readonly plugin: { scopes: string[]; workspaces?: string[] };
}

const world: fc.Arbitrary<World> = fc.record({
  users: fc.array(
    fc.record({
      grants: fc.array(grant, { minLength: 1, maxLength: 2 }),
      decision,
    }),
    { minLength: USERS.length, maxLength: USERS.length },
  ),
  cap: scopes,
  plugin: grant,
});

/** The same worlds in every run; a failure names its own. */
const WORLDS = fc.sample(world, { seed: 20261122, numRuns: 3 });

const ref = (name: string) => `user:default/${name}`;

function policyOf({ users }: World): TestPolicy {
  return ({ permission }, user) => {
    const known = users[USERS.map(ref).indexOf(user!.info.userEntityRef)];
    if (!known || known.decision === 'allow') {
      return { result: AuthorizeResult.ALLOW };
    }
    if (known.decision === 'deny') return { result: AuthorizeResult.DENY };
    return 'resourceType' in permission
      ? {
          result: AuthorizeResult.CONDITIONAL,
          pluginId: 'orchestrator',
          resourceType: 'orchestrator-workflow',
          conditions: orchestratorWorkflowConditions.isAllowedWorkflowId({
            workflowIds: known.decision,
          }),
        }
      : { result: AuthorizeResult.ALLOW };
  };
}

function configOf({ users, cap, plugin }: World): JsonObject {
  const grants: JsonObject = {
    nightly: { match: { plugin: 'nightly-report' }, ...plugin },
  };
  users.forEach((user, index) =>
    user.grants.forEach((held, count) => {
      grants[`grant-${index}-${count}`] = {
        match: { user: ref(USERS[index]) },
        ...held,
      };
    }),
  );
  return JSON.parse(
    JSON.stringify({
      backend: {
        auth: {
          externalAccess: [
            {
              type: 'static',
              options: { token: 'token-of-a-script', subject: 'script' },
              accessRestrictions: [
                {
                  plugin: 'orchestrator',
                  permissionAttribute: { action: 'read' },
                },
              ],
            },
          ],
        },
      },
      orchestrator: {
        auth: { grants, actors: { 'mcp-actions': { scopes: cap } } },
      },
    }),
  );
}

describe('an explanation', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  describe.each(WORLDS.map((one, index) => [index, one] as const))(
    'in world %i',
    (_index, here) => {
      const { users } = here;
      let portal: TestPortal;
      const principals: { name: string; ref: string; token: string }[] = [];

      const call = (
        method: 'get' | 'post',
        path: string,
        token: string,
        body?: object | string,
      ) => {
        const sent = request(portal.server)
          [method](`/api/orchestrator${path}`)
          .set('Authorization', `Bearer ${token}`);
        return body === undefined ? sent : sent.send(body);
      };

      beforeAll(async () => {
        const knex = await databases.init('SQLITE_3');
        portal = await startTestPortal({
          knex,
          config: configOf(here),
          policy: policyOf(here),
          callers: ['nightly-report', 'mcp-actions'],
          engines: [
            new FakeEngine({
              definitions: Object.entries(WORKFLOWS).map(([id, workspace]) => ({
                id,
                workspace,
                scenario: 'waits' as const,
              })),
            }),
          ],
        });
        for (const user of USERS) {
          portal.issuer.belongsTo(ref(user), ['group:default/team']);
        }
        const add = (name: string, principalRef: string, token: string) =>
          principals.push({ name, ref: principalRef, token });
        const pluginToken = async (id: string, onBehalfOf?: string) => {
          const { auth } = portal.callers[id];
          const { token } = await auth.getPluginRequestToken({
            onBehalfOf: onBehalfOf
              ? await auth.authenticate(onBehalfOf)
              : await auth.getOwnServiceCredentials(),
            targetPluginId: 'orchestrator',
          });
          return token;
        };
        for (const [index, user] of USERS.entries()) {
          const token = await portal.issuer.userToken(ref(user));
          add(user, ref(user), token);
          add(
            `${user} through a plugin`,
            ref(user),
            await pluginToken('mcp-actions', token),
          );
          const minted = await call('post', '/v2/tokens', token, {
            kind: index % 2 ? 'group' : 'trigger',
            name: 'minted',
            ...(index % 2
              ? {
                  owner: 'group:default/team',
                  scopes: users[index].grants[0].scopes,
                }
              : { workflowId: 'pay' }),
          });
          if (minted.status === 201) {
            const { id } = minted.body.token;
            add(`a token of ${user}`, `token:${id}`, minted.body.secret);
          }
        }
        add(
          'plugin',
          'plugin:nightly-report',
          await pluginToken('nightly-report'),
        );
        add('script', 'external:script', 'token-of-a-script');
        // A run of everybody's own of each workflow, whoever may start it.
        const owners = [...new Set(principals.map(one => one.ref))];
        for (const [workflowId, workspace] of Object.entries(WORKFLOWS)) {
          for (const owner of owners) {
            await knex('orchestrator_runs').insert(
              toRecord({
                id: `${workflowId}-${owner.replace(/[^a-z0-9]/gi, '-')}`,
                engineId: 'fake',
                workflowId,
                workspace,
                name: workflowId,
                initiator: owner,
                owner,
                state: 'ACTIVE',
                start: 1,
                revision: 0,
              }),
            );
          }
        }
      });

      afterAll(() => portal?.stop());

      /** What really happens: the code of the refusal, or nothing. */
      async function tryFor(
        principal: { ref: string; token: string },
        scope: string,
        workflowId?: string,
      ): Promise<string | undefined> {
        const { token } = principal;
        const sent = () => {
          switch (scope) {
            case 'workflows:read':
              return call('get', `/v2/workflows/${workflowId}/overview`, token);
            case 'workflows:execute':
              return call(
                'post',
                `/v2/workflows/${workflowId}/execute`,
                token,
                {},
              );
            case 'tokens:read':
              return call('get', '/v2/tokens', token);
            case 'tokens:admin':
              return call('post', '/v2/tokens/introspect', token, 'token=x');
            case 'audit:read':
              return call('get', '/v2/audit/verify', token);
            default:
              return call('post', '/v2/workflows/instances', token, {});
          }
        };
        const { status, body } = await sent();
        if (status >= 400) return body.error.code;
        if (scope !== 'instances:read') return undefined;
        // Lists show what there is to be seen, and say nothing of the rest.
        const id = `${workflowId}-${principal.ref.replace(/[^a-z0-9]/gi, '-')}`;
        return body.items.some((item: { id: string }) => item.id === id)
          ? undefined
          : 'not listed';
      }

      it('says what happens, and names a layer for every refusal', async () => {
        const questions = [
          ...[...Object.keys(WORKFLOWS), 'unknown'].flatMap(workflowId =>
            ['workflows:read', 'workflows:execute', 'instances:read'].map(
              scope => ({ scope, workflowId }),
            ),
          ),
          { scope: 'tokens:read' },
          { scope: 'tokens:admin' },
          { scope: 'audit:read' },
        ];
        const differences: string[] = [];
        let allowed = 0;
        let refused = 0;
        for (const principal of principals) {
          for (const question of questions) {
            const { scope, workflowId } = question as {
              scope: string;
              workflowId?: string;
            };
            const asked = await call(
              'post',
              '/v2/explain',
              principal.token,
              question,
            );
            // A trigger token may not ask.
            if (asked.status === 403) continue;
            const { decision: said, code, layers } = asked.body;
            const happened = await tryFor(principal, scope, workflowId);
            const denying = layers.filter(
              (layer: { outcome: string }) => layer.outcome === 'deny',
            );
            const agrees =
              said === (happened === undefined ? 'allow' : 'deny') &&
              (happened === undefined || scope === 'instances:read'
                ? true
                : code === happened) &&
              denying.length > 0 === (said === 'deny');
            if (said === 'allow') allowed += 1;
            else refused += 1;
            if (!agrees) {
              differences.push(
                `${principal.name} ${JSON.stringify(
                  question,
                )}: ${happened} but ${JSON.stringify(asked.body)}`,
              );
            }
          }
        }
        expect(differences.slice(0, 5)).toEqual([]);
        // The worlds are neither open nor shut.
        expect(allowed).toBeGreaterThan(10);
        expect(refused).toBeGreaterThan(10);
      });
    },
  );
});
