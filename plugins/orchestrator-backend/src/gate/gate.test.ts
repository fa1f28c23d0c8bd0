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

import { request as sendRequest } from 'node:http';
import type { JsonObject } from '@backstage/types';
import { createBackendModule } from '@backstage/backend-plugin-api';
import { orchestratorGroupsExtensionPoint } from '@flowgate/backstage-plugin-orchestrator-node';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const STATIC = 'static-token-for-tests';

describe('the gate', () => {
  let portal: TestPortal;

  beforeAll(async () => {
    portal = await startTestPortal({
      callers: ['nightly-report', 'mcp-actions'],
      config: {
        backend: {
          auth: {
            externalAccess: [
              {
                type: 'static',
                options: { token: STATIC, subject: 'ci-script' },
              },
              {
                type: 'static',
                options: { token: 'named-token-for-tests', subject: 'named' },
                accessRestrictions: [{ plugin: 'orchestrator' }],
              },
              {
                type: 'static',
                options: {
                  token: 'elsewhere-token-for-tests',
                  subject: 'elsewhere',
                },
                accessRestrictions: [{ plugin: 'catalog' }],
              },
            ],
          },
        },
        orchestrator: {
          auth: {
            admins: ['group:default/platform-admins'],
            actors: {
              'mcp-actions': { scopes: ['workflows:read', 'instances:read'] },
            },
            grants: {
              ci: {
                match: { external: 'ci-script' },
                scopes: ['workflows:execute:deploy'],
              },
              mail: {
                match: {
                  expression: 'principal.email.endsWith("@example.com")',
                },
                scopes: ['workflows:read'],
                workspaces: ['mail'],
              },
            },
          },
        },
      },
    });
    portal.issuer.belongsTo('user:default/carol', [
      'group:default/platform-admins',
    ]);
  });

  afterAll(() => portal.stop());

  const whoami = (token?: string) => {
    const call = request(portal.server).get('/api/orchestrator/v2/whoami');
    return token === undefined
      ? call
      : call.set('Authorization', `Bearer ${token}`);
  };

  it('answers the public operations without a look at the credential', async () => {
    await request(portal.server)
      .get('/api/orchestrator/health')
      .expect(200, { status: 'ok' });
    await request(portal.server)
      .get('/api/orchestrator/health')
      .set('Authorization', 'Bearer garbage')
      .expect(200);
    const { body } = await request(portal.server)
      .get('/.well-known/oauth-protected-resource/api/orchestrator')
      .set('Host', 'evil.example.com')
      .expect(200);
    expect(body).toEqual({
      resource: 'http://localhost:7007/api/orchestrator',
      resource_name: 'Backstage orchestrator',
      scopes_supported: [
        'audit:read',
        'instances:admin',
        'instances:read',
        'instances:write',
        'tokens:admin',
        'tokens:read',
        'tokens:write',
        'workflows:execute',
        'workflows:read',
        'workflows:write',
      ],
      bearer_methods_supported: ['header'],
    });
    const own = await request(portal.server).get(
      '/api/orchestrator/.well-known/oauth-protected-resource',
    );
    expect(own.body).toEqual(body);
  });

  it('challenges a caller that presents nothing, without an error', async () => {
    const { body, headers } = await whoami().expect(401);
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="orchestrator", resource_metadata="http://localhost:7007/.well-known/oauth-protected-resource/api/orchestrator"',
    );
    expect(body).toEqual({
      error: {
        name: 'AuthenticationError',
        message: 'Missing a bearer token',
        code: 'auth.missing_token',
      },
      request: { method: 'GET', url: '/api/orchestrator/v2/whoami' },
      response: { statusCode: 401 },
    });
  });

  it.each([
    ['Basic YTpi', 'auth.invalid_scheme'],
    ['', 'auth.invalid_scheme'],
    ['Bearer', 'auth.invalid_token'],
    ['Bearer ', 'auth.invalid_token'],
    ['Bearer a b', 'auth.invalid_token'],
    ['Bearer garbage', 'auth.invalid_token'],
    ['Bearer t\u00f6ken', 'auth.invalid_token'],
    ['Bearer eyJhbGciOiJub25lIn0.e30.', 'auth.invalid_token'],
  ])('refuses the header "%s"', async (header, code) => {
    const { body, headers } = await request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set('Authorization', header)
      .expect(401);
    expect(body.error.code).toBe(code);
    expect(headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('refuses more than one Authorization header', async () => {
    const { port } = portal.server.address() as { port: number };
    const status = await new Promise(resolve => {
      sendRequest(
        {
          port,
          path: '/api/orchestrator/v2/whoami',
          headers: [
            'Host',
            'x',
            'Authorization',
            `Bearer ${STATIC}`,
            'authorization',
            'Bearer x',
          ] as never,
        },
        res => {
          res.resume();
          resolve(res.statusCode);
        },
      ).end();
    });
    expect(status).toBe(400);
  });

  it('reads the scheme in any case, and no token from the query or a cookie', async () => {
    await request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set('Authorization', `bEaReR   ${STATIC}`)
      .expect(200);
    await request(portal.server)
      .get(`/api/orchestrator/v2/whoami?access_token=${STATIC}`)
      .expect(401);
    const user = await portal.issuer.userToken('user:default/alice');
    const { body } = await request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set('Cookie', `backstage-auth=${portal.issuer.limited(user)}`)
      .expect(401);
    // Nothing was presented, as far as the gate is concerned.
    expect(body.error.code).toBe('auth.missing_token');
  });

  it('knows a user, by default and by grants', async () => {
    const bob = await whoami(
      await portal.issuer.userToken('user:default/bob'),
    ).expect(200);
    expect(bob.body).toEqual({
      authenticated: true,
      principal: { type: 'user', ref: 'user:default/bob' },
      grants: [
        {
          name: '(defaults)',
          scopes: [
            'instances:read',
            'instances:write',
            'tokens:read',
            'tokens:write',
            'workflows:execute',
            'workflows:read',
          ],
          workspaces: 'all',
        },
      ],
      scopes: [
        'instances:read',
        'instances:write',
        'tokens:read',
        'tokens:write',
        'workflows:execute',
        'workflows:read',
      ],
      expiresAt: expect.stringMatching(/Z$/),
    });
    const alice = await whoami(
      await portal.issuer.userToken('user:default/alice'),
    ).expect(200);
    expect(alice.body.grants).toEqual([
      { name: 'mail', scopes: ['workflows:read'], workspaces: ['mail'] },
    ]);
    const carol = await whoami(
      await portal.issuer.userToken('user:default/carol'),
    ).expect(200);
    expect(
      carol.body.grants.map((grant: { name: string }) => grant.name),
    ).toEqual(['(admins)', '(defaults)']);
  });

  it('refuses expired, foreign and limited user tokens', async () => {
    const past = Math.floor(Date.now() / 1000) - 100;
    const tokens = [
      await portal.issuer.userToken('user:default/bob', {
        issuedAt: past,
        expiresInSeconds: 50,
      }),
      portal.issuer.limited(await portal.issuer.userToken('user:default/bob')),
    ];
    for (const token of tokens) {
      const { body } = await whoami(token).expect(401);
      expect(body.error).toEqual({
        name: 'AuthenticationError',
        message: 'The token is not valid',
        code: 'auth.invalid_token',
      });
    }
  });

  it('knows a plugin, and keeps the actor of a call on behalf of a user', async () => {
    const { auth } = portal.callers['nightly-report'];
    const own = await auth.getPluginRequestToken({
      onBehalfOf: await auth.getOwnServiceCredentials(),
      targetPluginId: 'orchestrator',
    });
    const plugin = await whoami(own.token).expect(200);
    expect(plugin.body.principal).toEqual({
      type: 'plugin',
      ref: 'plugin:nightly-report',
    });

    const user = await auth.authenticate(
      await portal.issuer.userToken('user:default/bob'),
    );
    const behalf = await auth.getPluginRequestToken({
      onBehalfOf: user,
      targetPluginId: 'orchestrator',
    });
    const relayed = await whoami(behalf.token).expect(200);
    expect(relayed.body.principal).toEqual({
      type: 'user',
      ref: 'user:default/bob',
      actor: 'plugin:nightly-report',
    });

    const wrong = await auth.getPluginRequestToken({
      onBehalfOf: await auth.getOwnServiceCredentials(),
      targetPluginId: 'catalog',
    });
    await whoami(wrong.token).expect(401);
  });

  it('caps what is done through an actor, and gives relays nothing of their own', async () => {
    const { auth } = portal.callers['mcp-actions'];
    const user = await auth.authenticate(
      await portal.issuer.userToken('user:default/bob'),
    );
    const behalf = await auth.getPluginRequestToken({
      onBehalfOf: user,
      targetPluginId: 'orchestrator',
    });
    const capped = await whoami(behalf.token).expect(200);
    expect(capped.body.scopes).toEqual(['instances:read', 'workflows:read']);
    const own = await auth.getPluginRequestToken({
      onBehalfOf: await auth.getOwnServiceCredentials(),
      targetPluginId: 'orchestrator',
    });
    const relay = await whoami(own.token).expect(200);
    expect(relay.body.scopes).toEqual([]);
  });

  it('knows external callers by their subject', async () => {
    const ci = await whoami(STATIC).expect(200);
    expect(ci.body).toEqual({
      authenticated: true,
      principal: { type: 'external', ref: 'external:ci-script' },
      grants: [
        { name: 'ci', scopes: ['workflows:execute:deploy'], workspaces: 'all' },
      ],
      scopes: ['workflows:execute:deploy'],
    });
    const named = await whoami('named-token-for-tests').expect(200);
    expect(named.body.grants[0].name).toBe('(defaults)');
    const elsewhere = await whoami('elsewhere-token-for-tests').expect(403);
    expect(elsewhere.body.error).toEqual({
      name: 'NotAllowedError',
      message: 'This token is not meant for the orchestrator',
      code: 'auth.principal_not_allowed',
    });
    expect(JSON.stringify(elsewhere.body)).not.toContain('catalog');
  });

  it('tells nobody without a credential what exists', async () => {
    for (const path of [
      '/v2/nothing',
      '/v2',
      '/V2/whoami',
      '/v2/whoami/',
      '/health/x',
    ]) {
      await request(portal.server).get(`/api/orchestrator${path}`).expect(401);
      const { body } = await request(portal.server)
        .get(`/api/orchestrator${path}`)
        .set('Authorization', `Bearer ${STATIC}`)
        .expect(404);
      expect(body.error.code).toBe('request.not_found');
    }
  });

  it('names the allowed methods of a path, and answers HEAD as GET', async () => {
    const { headers, body } = await request(portal.server)
      .delete('/api/orchestrator/v2/whoami')
      .set('Authorization', `Bearer ${STATIC}`)
      .expect(405);
    expect(headers.allow).toBe('GET');
    expect(body.error.code).toBe('request.method_not_allowed');
    await request(portal.server)
      .delete('/api/orchestrator/v2/whoami')
      .expect(401);
    await request(portal.server)
      .head('/api/orchestrator/v2/whoami')
      .set('Authorization', `Bearer ${STATIC}`)
      .expect(200);
  });

  it('refuses unknown query parameters where the operation is of this project', async () => {
    const { body } = await request(portal.server)
      .get('/api/orchestrator/v2/whoami?a=1&b=2')
      .set('Authorization', `Bearer ${STATIC}`)
      .expect(400);
    expect(body.error.faults).toEqual([
      { path: 'query/a', message: 'is not known here' },
      { path: 'query/b', message: 'is not known here' },
    ]);
  });

  it("leaves Backstage's own paths in the same place to Backstage", async () => {
    await request(portal.server)
      .get('/api/orchestrator/.well-known/backstage/permissions/metadata')
      .expect(401);
    const { auth } = portal.callers['nightly-report'];
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: await auth.getOwnServiceCredentials(),
      targetPluginId: 'orchestrator',
    });
    const { body } = await request(portal.server)
      .get('/api/orchestrator/.well-known/backstage/permissions/metadata')
      .set('Authorization', `Bearer ${token}`)
      .expect(200);
    expect(body.rules.map((rule: { name: string }) => rule.name)).toEqual([
      'IS_ALLOWED_WORKFLOW_ID',
      'IS_IN_WORKSPACE',
    ]);
  });

  it('asks for the memberships of a credential once in a while, not on every request', async () => {
    const token = await portal.issuer.userToken('user:default/dave');
    const before = portal.issuer.userInfoRequests;
    await Promise.all([whoami(token).expect(200), whoami(token).expect(200)]);
    await whoami(token).expect(200);
    expect(portal.issuer.userInfoRequests - before).toBeLessThanOrEqual(2);
  });

  it('answers 503 when memberships are needed and cannot be had', async () => {
    portal.issuer.isDown = true;
    try {
      const token = await portal.issuer.userToken('user:default/erin');
      const { body, headers } = await whoami(token).expect(503);
      expect(body.error.code).toBe('auth.policy_unavailable');
      expect(headers['retry-after']).toBe('5');
    } finally {
      portal.issuer.isDown = false;
    }
  });

  it('audits refusals with who was refused, and without credentials', async () => {
    await whoami('garbage-token-that-nobody-has').expect(401);
    // Refusals of one caller, for one reason, in one minute are one event: another test may have been the first.
    const events = portal.audited.filter(
      ({ status, meta }) =>
        status === 'failed' &&
        (meta as JsonObject).code === 'auth.invalid_token',
    );
    expect(events.length).toBeGreaterThan(0);
    expect(events[0]).toMatchObject({
      plugin: 'orchestrator',
      request: { url: expect.stringMatching(/^\/api\/orchestrator\//) },
    });
    expect(JSON.stringify(portal.audited)).not.toContain(
      'garbage-token-that-nobody-has',
    );
  });

  it('remembers memberships, but not for what mints, writes and administers', async () => {
    let asked = 0;
    const resolving = await startTestPortal({
      config: {
        orchestrator: { auth: { admins: ['group:default/admins'] } },
      },
      features: [
        createBackendModule({
          pluginId: 'orchestrator',
          moduleId: 'groups',
          register(env) {
            env.registerInit({
              deps: { extension: orchestratorGroupsExtensionPoint },
              async init({ extension }) {
                extension.setGroupResolver({
                  async resolveGroups() {
                    asked += 1;
                    return ['group:default/admins'];
                  },
                });
              },
            });
          },
        }),
      ],
    });
    try {
      const token = await resolving.issuer.userToken('user:default/alice');
      const read = async (path: string) => {
        const before = asked;
        await request(resolving.server)
          .get(`/api/orchestrator${path}`)
          .set('Authorization', `Bearer ${token}`)
          .expect(200);
        return asked - before;
      };
      expect(await read('/v2/whoami')).toBe(1);
      expect(await read('/v2/whoami')).toBe(0);
      expect(await read('/v2/audit/verify')).toBe(1);
      expect(await read('/v2/audit/verify')).toBe(1);
      expect(await read('/v2/whoami')).toBe(0);
    } finally {
      await resolving.stop();
    }
  });
});
