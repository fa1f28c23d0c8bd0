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
import request from 'supertest';
import {
  BOOTSTRAP,
  startTokenPortal,
  type TokenWorld,
  usualWorld,
} from './__testUtils__/tokenPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

type Portal = Awaited<ReturnType<typeof startTokenPortal>>;

const DAY = 24 * 60 * 60_000;

describe('managed tokens at the gate', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let world: TokenWorld = usualWorld();
    let on: Portal;
    const call: Portal['call'] = (...args) => on.call(...args);
    const user: Portal['user'] = (...args) => on.user(...args);
    const mint: Portal['mint'] = (...args) => on.mint(...args);
    const execute: Portal['execute'] = (...args) => on.execute(...args);
    const codeOf: Portal['codeOf'] = (...args) => on.codeOf(...args);

    beforeAll(async () => {
      on = await startTokenPortal(
        await databases.init(databaseId),
        () => world,
      );
    });

    beforeEach(() => {
      world = usualWorld();
    });

    afterAll(() => on?.portal.stop());

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
        expiresAt: new Date(world.now + 90 * DAY).toISOString(),
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
      const erika = await on.portal.issuer.userToken('user:default/ALICE');
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
      const start = world.now;
      world.now = start + 59_999;
      expect(await codeOf(call('get', '/v2/whoami', secret))).toBe('ok');
      world.now = start + 60_000;
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
      const { auth } = on.portal.callers['nightly-report'];
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

    it('are shown nowhere, also where one stands in place of its id', async () => {
      const alice = await user('alice');
      const { secret } = await mint(alice, {
        kind: 'personal',
        scopes: ['workflows:read'],
      });
      const { status, body } = await call('get', `/v2/tokens/${secret}`, alice);
      expect(status).toBe(404);
      expect(body.request.url).toContain('/v2/tokens/orch_pat_…');
      await call('get', `/v2/audit/events?cursor=${secret}`, secret).expect(
        403,
      );
      await call('delete', `/v2/tokens/${secret}`, secret).expect(403);
      expect(JSON.stringify([body, on.portal.audited])).not.toContain(secret);
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
      world.now = Date.UTC(2100, 0, 1);
      expect(await codeOf(call('get', '/v2/whoami', BOOTSTRAP))).toBe(
        'auth.token_expired',
      );
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
      await request(on.portal.server)
        .get('/api/orchestrator/v2/whoami')
        .expect(401);
      world.now += 60_000;
      expect((await call('get', '/v2/whoami', 'garbage')).status).toBe(401);
    });
  });
});
