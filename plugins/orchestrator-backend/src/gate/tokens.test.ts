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
import { orchestratorWorkflowConditions } from '@flowgate/backstage-plugin-orchestrator-common';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import request from 'supertest';
import {
  startTestPortal,
  type TestPolicy,
  type TestPortal,
} from '../__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const DAY = 24 * 60 * 60_000;
const BOOTSTRAP = 'bootstrap-token-of-more-than-32-characters';

const only = (...workflowIds: string[]): ReturnType<TestPolicy> => ({
  result: AuthorizeResult.CONDITIONAL,
  pluginId: 'orchestrator',
  resourceType: 'orchestrator-workflow',
  conditions: orchestratorWorkflowConditions.isAllowedWorkflowId({
    workflowIds,
  }),
});

describe('managed tokens at the gate', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let portal: TestPortal;
    let now = Date.now();
    let policy: TestPolicy;

    beforeAll(async () => {
      const engine = new FakeEngine({
        definitions: [
          { id: 'deploy', scenario: 'waits' },
          { id: 'report', scenario: 'waits' },
        ],
      });
      portal = await startTestPortal({
        knex: await databases.init(databaseId),
        engines: [engine],
        now: () => now,
        policy: (query, user) => policy(query, user),
        config: {
          orchestrator: {
            auth: {
              admins: ['user:default/carol'],
              rememberPolicy: { seconds: 0 },
              bootstrap: {
                token: BOOTSTRAP,
                scopes: ['tokens:write', 'tokens:admin', 'workflows:read'],
                expiresAt: '2100-01-01T00:00:00Z',
              },
            },
          },
        },
      });
      portal.issuer.belongsTo('user:default/alice', ['group:default/team']);
      portal.issuer.belongsTo('user:default/bob', ['group:default/team']);
    });

    beforeEach(() => {
      now = Date.now();
      policy = () => ({ result: AuthorizeResult.ALLOW });
    });

    afterAll(() => portal?.stop());

    const call = (
      method: 'get' | 'post' | 'delete',
      path: string,
      token: string,
      body?: object,
    ) => {
      const sent = request(portal.server)
        [method](`/api/orchestrator${path}`)
        .set('Authorization', `Bearer ${token}`);
      return body ? sent.send(body) : sent;
    };
    const user = (name: string) =>
      portal.issuer.userToken(`user:default/${name}`);
    let names = 0;
    const mint = async (as: string, body: object) => {
      names += 1;
      const answer = await call('post', '/v2/tokens', as, {
        name: `token ${names}`,
        ...body,
      });
      expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
      return answer.body as { token: { id: string }; secret: string };
    };
    const execute = (workflowId: string, token: string) =>
      call('post', `/v2/workflows/${workflowId}/execute`, token, {});
    const codeOf = async (sent: request.Test) => {
      const { status, body } = await sent;
      return status < 400 ? 'ok' : body.error.code;
    };

    it('are who they say: personal ones their owner, others themselves', async () => {
      const carol = await user('carol');
      const personal = await mint(await user('alice'), {
        kind: 'personal',
        scopes: ['workflows:read', 'instances:read'],
      });
      const whoami = await call('get', '/v2/whoami', personal.secret);
      expect(whoami.body).toMatchObject({
        authenticated: true,
        principal: {
          type: 'token',
          ref: 'user:default/alice',
          tokenId: personal.token.id,
        },
        grants: [{ name: '(defaults)', workspaces: 'all' }],
        scopes: ['instances:read', 'workflows:read'],
        expiresAt: new Date(now + 90 * DAY).toISOString(),
      });
      const service = await mint(carol, {
        kind: 'service',
        scopes: ['workflows:execute:report'],
      });
      expect(
        (await call('get', '/v2/whoami', service.secret)).body,
      ).toMatchObject({
        principal: { type: 'token', ref: `token:${service.token.id}` },
        grants: [{ name: '(token)', scopes: ['workflows:execute:report'] }],
      });
    });

    it('start runs in the name of their owner or their own, and a group sees those of its tokens', async () => {
      const alice = await user('alice');
      const group = await mint(alice, {
        kind: 'group',
        owner: 'group:default/team',
        scopes: ['workflows:execute', 'instances:read'],
      });
      const personal = await mint(alice, {
        kind: 'personal',
        scopes: ['workflows:execute'],
      });
      const byGroup = (await execute('deploy', group.secret).expect(200)).body;
      const byAlice = (await execute('deploy', personal.secret).expect(200))
        .body;
      const see = async (id: string, token: string) =>
        (await call('get', `/v2/workflows/instances/${id}`, token)).status;
      const [bob, dave] = [await user('bob'), await user('dave')];
      expect([
        await see(byGroup.id, alice),
        await see(byGroup.id, bob),
        await see(byGroup.id, dave),
        await see(byGroup.id, group.secret),
        await see(byAlice.id, alice),
        await see(byAlice.id, bob),
        await see(byAlice.id, group.secret),
      ]).toEqual([200, 200, 404, 200, 200, 404, 404]);
      const list = async (token: string) => {
        const { body } = await call('post', '/v2/workflows/instances', token, {
          paginationInfo: { pageSize: 200 },
        }).expect(200);
        return body.items.map((item: { id: string }) => item.id);
      };
      expect(await list(bob)).toContain(byGroup.id);
      expect(await list(bob)).not.toContain(byAlice.id);
      expect(await list(dave)).toEqual([]);
      expect(await list(group.secret)).toEqual([byGroup.id]);
    });

    it('never do more than the policy lets the user who minted them', async () => {
      const erin = 'user:default/erin';
      policy = ({ permission }, caller) =>
        caller?.info.userEntityRef === erin && 'resourceType' in permission
          ? only('report')
          : { result: AuthorizeResult.ALLOW };
      portal.issuer.belongsTo(erin, ['group:default/team']);
      const token = await user('erin');
      const carol = await user('carol');
      const scopes = ['workflows:execute', 'workflows:read'];
      const minted = [
        await mint(token, { kind: 'personal', scopes }),
        await mint(token, {
          kind: 'group',
          owner: 'group:default/team',
          scopes,
        }),
      ];
      const trigger = await mint(token, {
        kind: 'trigger',
        workflowId: 'report',
      });
      expect(
        await codeOf(
          call('post', '/v2/tokens', token, {
            kind: 'trigger',
            name: 'other',
            workflowId: 'deploy',
          }),
        ),
      ).toBe('workflow.not_found');
      const everyone = async () =>
        Promise.all(
          [...minted, trigger].map(async ({ secret }) => [
            await codeOf(execute('report', secret)),
            await codeOf(execute('deploy', secret)),
          ]),
        );
      const expected = [
        ['ok', 'workflow.not_found'],
        ['ok', 'workflow.not_found'],
        ['ok', 'auth.missing_scope'],
      ];
      expect(await everyone()).toEqual(expected);
      // Loosened for somebody else: nothing changes, also once that one was seen.
      const before = policy;
      policy = (query, caller) =>
        caller?.info.userEntityRef === 'user:default/carol'
          ? { result: AuthorizeResult.ALLOW }
          : before(query, caller);
      await call('get', '/v2/whoami', carol).expect(200);
      await call('get', '/v2/whoami', token).expect(200);
      expect(await everyone()).toEqual(expected);
      // Denied: the personal token at once, when the owner is seen.
      policy = ({ permission }, caller) =>
        caller?.info.userEntityRef === erin && 'resourceType' in permission
          ? { result: AuthorizeResult.DENY }
          : { result: AuthorizeResult.ALLOW };
      expect(await codeOf(execute('report', minted[0].secret))).toBe('ok');
      await call('get', '/v2/whoami', token).expect(200);
      expect(await codeOf(execute('report', minted[0].secret))).toBe(
        'auth.policy_denied',
      );
      expect(await codeOf(execute('report', minted[1].secret))).toBe('ok');
    });

    it('end for a while when the owner was not seen for too long', async () => {
      const bob = await user('bob');
      const { secret } = await mint(bob, {
        kind: 'personal',
        scopes: ['workflows:read'],
      });
      const read = () =>
        codeOf(call('post', '/v2/workflows/overview', secret, {}));
      now += 14 * DAY;
      expect(await read()).toBe('ok');
      now += 1;
      expect(await read()).toBe('auth.principal_not_allowed');
      await call('get', '/v2/whoami', bob).expect(200);
      expect(await read()).toBe('ok');
    });

    it('of kind trigger start their workflow, and do nothing else but end themselves', async () => {
      const { secret, token } = await mint(await user('alice'), {
        kind: 'trigger',
        workflowId: 'report',
      });
      expect([
        await codeOf(execute('report', secret)),
        await codeOf(execute('deploy', secret)),
        await codeOf(call('get', '/v2/whoami', secret)),
        await codeOf(call('get', '/v2/scopes', secret)),
        await codeOf(call('get', '/v2/workflows/instances/statuses', secret)),
        await codeOf(call('get', '/v2/tokens', secret)),
        await codeOf(
          call('post', '/v2/explain', secret, { scope: 'workflows:read' }),
        ),
        await codeOf(call('post', `/v2/tokens/${token.id}/revoke`, secret, {})),
        await codeOf(call('get', '/v2/whoami', secret)),
      ]).toEqual([
        'ok',
        'auth.missing_scope',
        'ok',
        'auth.principal_not_allowed',
        'auth.principal_not_allowed',
        'auth.missing_scope',
        'auth.principal_not_allowed',
        'ok',
        'auth.token_revoked',
      ]);
    });

    it('end with the workflow that they are for, whoever gets its id next', async () => {
      const carol = await user('carol');
      const register = () =>
        call('post', '/v2/workflows', carol, { id: 'short-lived' }).expect(201);
      await register();
      const trigger = await mint(carol, {
        kind: 'trigger',
        workflowId: 'short-lived',
      });
      const service = await mint(carol, {
        kind: 'service',
        scopes: [
          'workflows:execute:short-lived',
          'workflows:execute:deploy',
          'instances:read:short-lived',
        ],
      });
      const other = await mint(carol, {
        kind: 'trigger',
        workflowId: 'report',
      });
      await execute('short-lived', trigger.secret).expect(200);
      await execute('short-lived', service.secret).expect(200);
      await call('delete', '/v2/workflows/short-lived', carol).expect(204);
      await register();
      expect([
        await codeOf(execute('short-lived', trigger.secret)),
        await codeOf(execute('short-lived', service.secret)),
        await codeOf(execute('deploy', service.secret)),
        await codeOf(execute('report', other.secret)),
      ]).toEqual(['auth.token_revoked', 'auth.missing_scope', 'ok', 'ok']);
      const { body } = await call(
        'get',
        `/v2/tokens/${service.token.id}`,
        carol,
      );
      expect(body.scopes).toEqual([
        'instances:read:short-lived',
        'workflows:execute:deploy',
      ]);
      await call('delete', '/v2/workflows/short-lived', carol).expect(204);
    });

    it('stay in their workspaces when a rotation names their scopes again', async () => {
      const carol = await user('carol');
      const { token } = await mint(carol, {
        kind: 'service',
        scopes: ['workflows:read', 'workflows:execute'],
        workspaces: ['payments'],
      });
      const { body } = await call(
        'post',
        `/v2/tokens/${token.id}/rotate`,
        carol,
        { scopes: ['workflows:execute', 'instances:read'] },
      ).expect(200);
      const whoami = await call('get', '/v2/whoami', body.secret).expect(200);
      expect(whoami.body.grants).toEqual([
        { name: '(token)', scopes: ['instances:read'], workspaces: 'all' },
        {
          name: '(token)',
          scopes: ['workflows:execute'],
          workspaces: ['payments'],
        },
      ]);
    });

    it('of owners in upper case are found by an administrator', async () => {
      const erika = await portal.issuer.userToken('user:default/ALICE');
      const { secret } = await mint(erika, {
        kind: 'trigger',
        workflowId: 'report',
      });
      const { body } = await call(
        'post',
        '/v2/tokens/revoke-all',
        await user('carol'),
        { owner: 'user:default/ALICE', reason: 'left' },
      ).expect(200);
      expect(body.count).toBeGreaterThan(0);
      expect(await codeOf(execute('report', secret))).toBe(
        'auth.token_revoked',
      );
    });

    it('are accepted until their end, to the millisecond', async () => {
      const { secret } = await mint(await user('alice'), {
        kind: 'trigger',
        workflowId: 'report',
        expiresInSeconds: 60,
      });
      const start = now;
      now = start + 59_999;
      expect(await codeOf(call('get', '/v2/whoami', secret))).toBe('ok');
      now = start + 60_000;
      const refused = await call('get', '/v2/whoami', secret).expect(401);
      expect(refused.body.error.code).toBe('auth.token_expired');
      expect(refused.headers['www-authenticate']).toContain(
        'error="invalid_token"',
      );
    });

    it('work from the addresses only that they are for', async () => {
      const alice = await user('alice');
      const here = await mint(alice, {
        kind: 'personal',
        scopes: ['workflows:read'],
        allowedCidrs: ['127.0.0.0/8', '::1/128'],
      });
      const there = await mint(alice, {
        kind: 'personal',
        scopes: ['workflows:read'],
        allowedCidrs: ['192.0.2.0/24'],
      });
      expect(await codeOf(call('get', '/v2/whoami', here.secret))).toBe('ok');
      expect(await codeOf(call('get', '/v2/whoami', there.secret))).toBe(
        'auth.principal_not_allowed',
      );
      // Without backend.trustProxy nobody can say where they come from.
      expect(
        await codeOf(
          call('get', '/v2/whoami', there.secret).set(
            'X-Forwarded-For',
            '192.0.2.1',
          ),
        ),
      ).toBe('auth.principal_not_allowed');
    });

    it('are minted by nobody on behalf of somebody', async () => {
      const { auth } = portal.callers['nightly-report'];
      const { token } = await auth.getPluginRequestToken({
        onBehalfOf: await auth.authenticate(await user('alice')),
        targetPluginId: 'orchestrator',
      });
      expect(
        await codeOf(
          call('post', '/v2/tokens', token, {
            kind: 'personal',
            name: 'mine',
            scopes: ['workflows:read'],
          }),
        ),
      ).toBe('auth.principal_not_allowed');
    });

    it('begin with the one of the configuration', async () => {
      const { body } = await call('get', '/v2/whoami', BOOTSTRAP).expect(200);
      expect(body).toMatchObject({
        principal: {
          type: 'token',
          ref: 'token:bootstrap',
          tokenId: 'bootstrap',
        },
        scopes: ['tokens:admin', 'tokens:write', 'workflows:read'],
        expiresAt: '2100-01-01T00:00:00.000Z',
      });
      const { secret } = await mint(BOOTSTRAP, {
        kind: 'service',
        scopes: ['workflows:read'],
      });
      expect(await codeOf(call('get', '/v2/whoami', secret))).toBe('ok');
      now = Date.UTC(2100, 0, 1);
      expect(await codeOf(call('get', '/v2/whoami', BOOTSTRAP))).toBe(
        'auth.token_expired',
      );
    });

    it('are explained to who may know', async () => {
      const alice = await user('alice');
      const { token, secret } = await mint(alice, {
        kind: 'personal',
        scopes: ['workflows:execute:report'],
      });
      const explain = async (as: string, body: object) => {
        const { status, body: answer } = await call(
          'post',
          '/v2/explain',
          as,
          body,
        );
        return status === 200
          ? [
              answer.decision,
              answer.code,
              ...answer.layers
                .filter(
                  (layer: { outcome: string }) => layer.outcome === 'deny',
                )
                .map((layer: { layer: string }) => layer.layer),
            ]
          : [status, answer.error.code];
      };
      const scope = 'workflows:execute';
      const asked = { scope, workflowId: 'deploy' };
      expect(await explain(alice, asked)).toEqual(['allow', undefined]);
      expect(await explain(secret, asked)).toEqual([
        'deny',
        'auth.missing_scope',
        'token',
        'workspace',
      ]);
      expect(await explain(alice, { ...asked, tokenId: token.id })).toEqual(
        await explain(secret, asked),
      );
      const bob = await user('bob');
      expect(await explain(bob, { ...asked, tokenId: token.id })).toEqual([
        403,
        'auth.missing_scope',
      ]);
      expect(await explain(bob, { ...asked, tokenId: '000000000000' })).toEqual(
        [403, 'auth.missing_scope'],
      );
      expect(
        await explain(bob, { ...asked, principal: 'user:default/alice' }),
      ).toEqual([403, 'auth.missing_scope']);
      const carol = await user('carol');
      expect(
        await explain(carol, { ...asked, principal: 'user:default/alice' }),
      ).toEqual(['allow', undefined]);
      expect(
        await explain(carol, { ...asked, principal: 'external:nobody' }),
      ).toEqual(['deny', 'auth.missing_scope', 'grants', 'workspace']);
      expect(
        await explain(carol, { ...asked, tokenId: '000000000000' }),
      ).toEqual([404, 'token.not_found']);
      expect(await explain(carol, { ...asked, principal: 'alice' })).toEqual([
        400,
        'request.invalid',
      ]);
      await call('post', `/v2/tokens/${token.id}/revoke`, alice, {}).expect(
        200,
      );
      expect(await explain(carol, { ...asked, tokenId: token.id })).toEqual([
        'deny',
        'auth.token_revoked',
        'token',
      ]);
    });

    it('are refused with 429 when too many were refused, and good ones are not', async () => {
      const alice = await user('alice');
      const { secret } = await mint(alice, {
        kind: 'personal',
        scopes: ['workflows:read'],
      });
      const statuses: number[] = [];
      for (let i = 0; i < 25; i += 1) {
        statuses.push((await call('get', '/v2/whoami', `garbage-${i}`)).status);
      }
      expect(new Set(statuses)).toEqual(new Set([401, 429]));
      expect(statuses.lastIndexOf(401)).toBeLessThan(statuses.indexOf(429));
      const limited = await call('get', '/v2/whoami', 'garbage').expect(429);
      expect(limited.body.error.code).toBe('auth.rate_limited');
      expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
      expect(await codeOf(call('get', '/v2/whoami', secret))).toBe('ok');
      expect(await codeOf(call('get', '/v2/whoami', alice))).toBe('ok');
      await request(portal.server)
        .get('/api/orchestrator/v2/whoami')
        .expect(401);
      now += 60_000;
      expect((await call('get', '/v2/whoami', 'garbage')).status).toBe(401);
    });
  });
});
