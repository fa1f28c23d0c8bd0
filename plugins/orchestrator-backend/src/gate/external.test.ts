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
  createExternalTokenHandler,
  externalTokenHandlersServiceRef,
} from '@backstage/backend-defaults/auth';
import { DefaultHttpAuthService } from '@backstage/backend-defaults/httpAuth';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  base64url,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type KeyLike,
} from 'jose';
import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const LEGACY_SECRET = base64url.encode('a-secret-that-only-tests-have');

async function legacyToken(expiresAt: number): Promise<string> {
  return new SignJWT({ sub: 'backstage-server', exp: expiresAt })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(base64url.decode(LEGACY_SECRET));
}

/** A type of external token that an operator could add. */
const customHandler = createServiceFactory({
  service: externalTokenHandlersServiceRef,
  deps: {},
  factory: () =>
    createExternalTokenHandler({
      type: 'custom',
      initialize: () => undefined,
      async verifyToken(token: string) {
        return token.startsWith('custom=')
          ? { subject: token.slice('custom='.length) }
          : undefined;
      },
    }),
});

/** An httpAuth service that also takes a token from a header of the operator's own. */
const customHttpAuth = createServiceFactory({
  service: coreServices.httpAuth,
  deps: {
    auth: coreServices.auth,
    discovery: coreServices.discovery,
    plugin: coreServices.pluginMetadata,
  },
  factory: ({ auth, discovery, plugin }) =>
    DefaultHttpAuthService.create({
      auth,
      discovery,
      pluginId: plugin.getId(),
      getTokenFromRequest: req => {
        const own = req.headers['x-portal-token'];
        const [, bearer] =
          /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '') ?? [];
        return { token: typeof own === 'string' ? own : bearer };
      },
    }),
});

describe('external callers', () => {
  let portal: TestPortal;
  let keys: { privateKey: KeyLike };
  let jwksServer: Server;

  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    keys = { privateKey };
    const jwk = { ...(await exportJWK(publicKey)), kid: 'idp', alg: 'ES256' };
    jwksServer = createServer((_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>(resolve => {
      jwksServer.listen(0, '127.0.0.1', resolve);
    });
    const { port } = jwksServer.address() as { port: number };
    portal = await startTestPortal({
      features: [customHandler],
      httpAuth: customHttpAuth,
      config: {
        backend: {
          auth: {
            externalAccess: [
              {
                type: 'legacy',
                options: { secret: LEGACY_SECRET, subject: 'old-script' },
                accessRestrictions: [
                  {
                    plugin: 'orchestrator',
                    permission: 'orchestrator.workflow',
                  },
                ],
              },
              {
                type: 'jwks',
                options: {
                  url: `http://127.0.0.1:${port}`,
                  issuer: 'https://idp.example.com',
                  audience: 'portal',
                  subjectPrefix: 'idp',
                },
                accessRestrictions: [{ plugin: 'orchestrator' }],
              },
              { type: 'custom', options: {} },
            ],
          },
        },
      },
    });
  });

  afterAll(async () => {
    await portal.stop();
    await new Promise(resolve => {
      jwksServer.close(resolve);
    });
  });

  const whoami = (token: string) =>
    request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set('Authorization', `Bearer ${token}`);
  const idpToken = (claims: {
    sub: string;
    iss?: string;
    aud?: string;
    exp?: number;
  }) =>
    new SignJWT({
      iss: 'https://idp.example.com',
      aud: 'portal',
      exp: Math.floor(Date.now() / 1000) + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'idp' })
      .sign(keys.privateKey);

  it('with a legacy token are known by its subject, and narrowed by their restrictions', async () => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const { body } = await whoami(await legacyToken(exp)).expect(200);
    expect(body.principal).toEqual({
      type: 'external',
      ref: 'external:old-script',
    });
    expect(body.scopes).toEqual(['instances:read', 'workflows:read']);
    // The end of the token is known, though Backstage does not tell it.
    expect(body.expiresAt).toBeUndefined();
  });

  it('with an expired legacy token get 401, where Backstage itself answers 500', async () => {
    const { body } = await whoami(await legacyToken(1_600_000_000)).expect(401);
    expect(body.error.code).toBe('auth.invalid_token');
  });

  it('of an identity provider are known by the subject exactly as Backstage gives it', async () => {
    const { body } = await whoami(await idpToken({ sub: 'robot' })).expect(200);
    expect(body.principal.ref).toBe('external:external:idp:robot');
    await whoami(await idpToken({ sub: 'robot', aud: 'elsewhere' })).expect(
      401,
    );
    await whoami(
      await idpToken({ sub: 'robot', iss: 'https://evil.example.com' }),
    ).expect(401);
    await whoami(await idpToken({ sub: 'robot', exp: 1_600_000_000 })).expect(
      401,
    );
  });

  it('cannot take the identity of a plugin or a user by what a handler calls them', async () => {
    const script = await whoami('custom=script').expect(200);
    expect(script.body.principal.ref).toBe('external:script');
    for (const subject of [
      'plugin:nightly-report',
      'user:default/alice',
      'PLUGIN:x',
    ]) {
      const { body } = await whoami(`custom=${subject}`).expect(403);
      expect(body.error.code).toBe('auth.principal_not_allowed');
    }
  });

  it('are refused by actions, too, where they have the subject of a plugin or a user', async () => {
    const list = (token: string) =>
      request(portal.server)
        .post(
          '/api/orchestrator/.backstage/actions/v1/actions/orchestrator:list-workflows/invoke',
        )
        .set('Authorization', `Bearer ${token}`)
        .send({});
    for (const subject of ['plugin:nightly-report', 'user:default/alice']) {
      const { body } = await list(`custom=${subject}`).expect(403);
      expect(body.error.code).toBe('auth.principal_not_allowed');
    }
    // Where external tokens of any kind are possible, credentials alone do not prove a plugin.
    const { auth } = portal.callers['nightly-report'];
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: await auth.getOwnServiceCredentials(),
      targetPluginId: 'orchestrator',
    });
    const { body } = await list(token).expect(403);
    expect(body.error.code).toBe('auth.principal_not_allowed');
  });

  it("are known through an operator's own httpAuth where there is no Authorization header", async () => {
    const { body } = await request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set(
        'X-Portal-Token',
        await portal.issuer.userToken('user:default/alice'),
      )
      .expect(200);
    expect(body.principal).toEqual({ type: 'user', ref: 'user:default/alice' });
    const external = await request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set('X-Portal-Token', 'custom=plugin:nightly-report');
    expect(external.status).toBe(403);
    const broken = await request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set('X-Portal-Token', 'garbage');
    expect(broken.status).toBe(401);
  });
});
