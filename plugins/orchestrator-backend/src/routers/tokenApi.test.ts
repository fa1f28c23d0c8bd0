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

import { openApiDocument } from '@flowgate/backstage-plugin-orchestrator-common';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import Ajv2020 from 'ajv/dist/2020';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';

// To start a backend can take its time on a busy machine.
jest.setTimeout(60_000);

const BASE = '/api/orchestrator/v2/tokens';

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'api', components: openApiDocument.components });

/** Checks that an answer is what the document says of it, and has nothing beside. */
function expectSchema(name: string, value: unknown): void {
  const validate = ajv.compile({
    $ref: `api#/components/schemas/${name}`,
    unevaluatedProperties: false,
  });
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
}

describe('the operations on managed tokens', () => {
  let portal: TestPortal;
  let alice: string;
  let bob: string;
  let carol: string;
  let now = Date.now();
  let names = 0;

  beforeAll(async () => {
    portal = await startTestPortal({
      engines: [
        new FakeEngine({ definitions: [{ id: 'deploy', scenario: 'waits' }] }),
      ],
      now: () => now,
      config: {
        orchestrator: {
          auth: {
            admins: ['user:default/carol'],
            rateLimit: { ip: { failures: 0 }, identity: { failures: 0 } },
          },
        },
      },
    });
    [alice, bob, carol] = await Promise.all(
      ['alice', 'bob', 'carol'].map(name =>
        portal.issuer.userToken(`user:default/${name}`),
      ),
    );
  });
  afterAll(() => portal?.stop());
  beforeEach(() => {
    now = Date.now();
  });

  const send = (
    method: 'get' | 'post' | 'patch' | 'delete' | 'put',
    path: string,
    token: string,
  ) =>
    request(portal.server)
      [method](`${BASE}${path}`)
      .set('Authorization', `Bearer ${token}`);
  const create = async (token: string, more: object = {}) => {
    names += 1;
    const answer = await send('post', '', token).send({
      kind: 'personal',
      name: `Number ${names}`,
      scopes: ['workflows:read'],
      ...more,
    });
    expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
    return answer;
  };
  const form = (path: string, token: string, text: string) =>
    send('post', path, token).type('form').send({ token: text });
  const whoami = async (secret: string) =>
    (
      await request(portal.server)
        .get('/api/orchestrator/v2/whoami')
        .set('Authorization', `Bearer ${secret}`)
    ).status;

  it('create a token, whose secret is in one answer that nobody keeps', async () => {
    const { headers, body } = await create(alice, { description: 'A' });
    expect(headers.location).toBe(`${BASE}/${body.token.id}`);
    expect(headers['cache-control']).toBe('no-store');
    expectSchema('TokenWithSecret', body);
    expect(await whoami(body.secret)).toBe(200);
    const shown = await send('get', `/${body.token.id}`, alice).expect(200);
    expectSchema('Token', shown.body);
    expect({ ...shown.body, useCount: 0 }).toMatchObject({
      ...body.token,
      useCount: 0,
    });
    expect(shown.text).not.toContain(body.secret.slice(21, 60));
  });

  it.each([
    [{ color: 'red' }, 'body'],
    [{ name: '' }, 'body/name'],
    [{ name: 'a\nb' }, 'body/name'],
    [{ name: 'x'.repeat(101) }, 'body/name'],
    [{ kind: 'robot' }, 'body/kind'],
    [{ scopes: [] }, 'body/scopes'],
    [{ scopes: ['workflows:*'] }, 'body/scopes/0'],
    [{ workspaces: [] }, 'body/workspaces'],
    [{ expiresInSeconds: 59 }, 'body/expiresInSeconds'],
    [{ expiresInSeconds: '60' }, 'body/expiresInSeconds'],
    [{ expiresInSeconds: 1e21 }, 'body/expiresInSeconds'],
    [{ expiresAt: 'soon' }, 'body/expiresAt'],
    [{ allowedCidrs: ['x'] }, 'body/allowedCidrs/0'],
    [{ owner: 'group:default/team' }, 'body/owner'],
    [{ workflowId: 'deploy' }, 'body/workflowId'],
  ])('refuse to create %j and say where the fault is', async (more, path) => {
    const { body } = await send('post', '', alice)
      .send({
        kind: 'personal',
        name: 'Wrong',
        scopes: ['workflows:read'],
        ...more,
      })
      .expect(400);
    expect(body.error).toMatchObject({ code: 'request.invalid' });
    const paths = body.error.faults.map((fault: any) => fault.path);
    expect([...new Set(paths)]).toEqual([path]);
  });

  it('name what is missing where more is asked for than is held', async () => {
    const { body, headers } = await send('post', '', alice)
      .send({
        kind: 'personal',
        name: 'More',
        scopes: ['workflows:read', 'tokens:admin', 'audit:read'],
      })
      .expect(403);
    expect(body.error).toMatchObject({
      code: 'auth.missing_scope',
      requiredScopes: ['audit:read', 'tokens:admin'],
    });
    expect(headers['www-authenticate']).toContain(
      'error="insufficient_scope", scope="audit:read tokens:admin"',
    );
  });

  it('answer alike for tokens of others and those that do not exist', async () => {
    const { token } = (await create(alice)).body;
    const answers = async (id: string) => {
      const all = await Promise.all([
        send('get', `/${id}`, bob),
        send('patch', `/${id}`, bob).send({ name: 'Mine' }),
        send('delete', `/${id}`, bob),
        send('post', `/${id}/revoke`, bob),
        send('post', `/${id}/rotate`, bob),
      ]);
      return all.map(({ status, text }) => [status, text.replaceAll(id, '')]);
    };
    const known = await answers(token.id);
    expect(known.map(([status]) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(await answers('nobodysToken')).toEqual(known);
  });

  it('list tokens, page by page', async () => {
    await create(bob);
    await create(bob);
    const first = await send('get', '?limit=1', bob).expect(200);
    expectSchema('TokenList', first.body);
    expect(first.body.items).toHaveLength(1);
    const second = await send(
      'get',
      `?limit=1&cursor=${first.body.nextCursor}`,
      bob,
    ).expect(200);
    expect(second.body.items).toHaveLength(1);
    expect(second.body.items[0].id).not.toBe(first.body.items[0].id);
    for (const query of [
      '?cursor=x',
      '?limit=0',
      '?limit=201',
      '?status=dead',
      '?kind=robot',
      '?owner=',
      '?offset=1',
      '?limit=1&limit=2',
      '?owner=user%3Adefault%2F%00',
    ]) {
      await send('get', query, bob).expect(400);
    }
  });

  it('change the name and the description, and nothing else', async () => {
    const { token } = (await create(alice)).body;
    const path = `/${token.id}`;
    const renamed = await send('patch', path, alice)
      .send({ name: 'Better', description: 'two\nlines' })
      .expect(200);
    expectSchema('Token', renamed.body);
    expect(renamed.body).toMatchObject({
      name: 'Better',
      description: 'two\nlines',
    });
    for (const body of [{}, { scopes: ['workflows:read'] }, { name: null }]) {
      await send('patch', path, alice).send(body).expect(400);
    }
    await create(alice, { name: 'Taken' });
    const { body } = await send('patch', path, alice)
      .send({ name: 'Taken' })
      .expect(409);
    expect(body.error.code).toBe('token.conflict');
  });

  it('rotate a token, with and without a body', async () => {
    const { token, secret } = (await create(alice)).body;
    const path = `/${token.id}/rotate`;
    const first = await send('post', path, alice).expect(200);
    expectSchema('TokenWithSecret', first.body);
    expect(first.headers['cache-control']).toBe('no-store');
    expect(await whoami(secret)).toBe(200);
    const second = await send('post', path, alice)
      .send({ overlapSeconds: 0 })
      .expect(200);
    expect(await whoami(secret)).toBe(401);
    expect(await whoami(first.body.secret)).toBe(401);
    expect(await whoami(second.body.secret)).toBe(200);
    for (const body of [
      { overlapSeconds: 604_801 },
      { overlapSeconds: -1 },
      { name: 'x' },
      { expiresAt: '2030-01-01T00:00:00Z' },
    ]) {
      await send('post', path, alice).send(body).expect(400);
    }
    // Somebody who administers tokens does not get hold of one that speaks in alice's name.
    const { body } = await send('post', path, carol).expect(403);
    expect(body.error.code).toBe('auth.principal_not_allowed');
    await send('delete', `/${token.id}`, alice).expect(204);
    const late = await send('post', path, alice).expect(409);
    expect(late.body.error.code).toBe('token.conflict');
  });

  it('revoke a token once, in both ways', async () => {
    const { token, secret } = (await create(alice)).body;
    const revoked = await send('post', `/${token.id}/revoke`, carol)
      .send({ reason: 'leaked' })
      .expect(200);
    expectSchema('Token', revoked.body);
    expect(revoked.body).toMatchObject({
      status: 'revoked',
      revokedBy: 'user:default/carol',
      revocationReason: 'leaked',
    });
    expect(await whoami(secret)).toBe(401);
    const again = await send('post', `/${token.id}/revoke`, alice).expect(200);
    expect(again.body).toEqual(revoked.body);
    const { text } = await send('delete', `/${token.id}`, alice).expect(204);
    expect(text).toBe('');
  });

  it('let a token end itself, and nothing else of its kind', async () => {
    const scopes = ['workflows:read'];
    const { secret, token } = (await create(alice, { scopes })).body;
    const other = (await create(alice, { scopes })).body;
    await send('delete', `/${other.token.id}`, secret).expect(403);
    await send('get', `/${token.id}`, secret).expect(403);
    await send('post', `/${token.id}/rotate`, secret).expect(403);
    await send('delete', `/${token.id}`, secret).expect(204);
    expect(await whoami(secret)).toBe(401);
    await send('post', `/${other.token.id}/revoke`, other.secret).expect(200);
    expect(await whoami(other.secret)).toBe(401);
  });

  it('mint with a token no more than it may pass on', async () => {
    const { secret } = (
      await create(alice, {
        scopes: ['tokens:write', 'workflows:read'],
        expiresInSeconds: 120,
        allowedCidrs: ['127.0.0.0/8', '::1'],
      })
    ).body;
    const child = (await create(secret)).body;
    expect(Date.parse(child.token.expiresAt)).toBeLessThanOrEqual(
      now + 120_000,
    );
    expect(child.token.allowedCidrs).toEqual(['127.0.0.0/8', '::1/128']);
    const refused = await send('post', '', secret).send({
      kind: 'personal',
      name: 'Stronger',
      scopes: ['workflows:execute'],
    });
    expect([refused.status, refused.body.error.requiredScopes]).toEqual([
      403,
      ['workflows:execute'],
    ]);
    // The child does not name tokens:write.
    await send('post', '', child.secret)
      .send({ kind: 'personal', name: 'X', scopes: ['workflows:read'] })
      .expect(403);
  });

  it('count and revoke all tokens of an owner', async () => {
    const erin = await portal.issuer.userToken('user:default/erin');
    const { secret } = (await create(erin)).body;
    await create(erin);
    const all = (token: string, body: object) =>
      send('post', '/revoke-all', token).send(body);
    await all(erin, {}).expect(400);
    await all(erin, { owner: '*', reason: 'x' }).expect(403);
    await all(erin, { reason: 'a\0b' }).expect(400);
    const dry = await all(erin, { reason: 'x', dryRun: true }).expect(200);
    expect(dry.body).toEqual({ count: 2 });
    expect(await whoami(secret)).toBe(200);
    const owner = 'user:default/erin';
    const wet = await all(carol, { owner, reason: 'x' }).expect(200);
    expect(wet.body).toEqual({ count: 2 });
    expect(await whoami(secret)).toBe(401);
  });

  it('tell those who administer tokens what a token is, and nothing of anything else', async () => {
    const { secret, token } = (await create(alice)).body;
    const live = await form('/introspect', carol, secret).expect(200);
    expectSchema('Introspection', live.body);
    expect(live.headers['cache-control']).toBe('no-store');
    expect(live.body).toMatchObject({
      active: true,
      sub: 'user:default/alice',
      iss: expect.stringMatching(/\/api\/orchestrator$/),
      jti: token.id,
      exp: Math.floor(Date.parse(token.expiresAt) / 1_000),
    });
    await form('/introspect', alice, secret).expect(403);
    await send('delete', `/${token.id}`, alice).expect(204);
    for (const text of [
      secret,
      'x',
      alice,
      `${secret} `,
      'x'.repeat(900_000),
    ]) {
      const answer = await form('/introspect', carol, text).expect(200);
      expect(answer.text).toBe('{"active":false}');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    // OAuth treats a parameter without a value as one that is not there.
    await form('/introspect', carol, '').expect(400);
    await send('post', '/introspect', carol).type('form').send('').expect(400);
    await send('post', '/introspect', carol)
      .send({ token: secret })
      .expect(415);
    // With a method that it does not have, it is an id, and no token has that one.
    await send('get', '/introspect', carol).expect(405);
  });

  it('end a token by its secret for its owner, and are silent for others', async () => {
    const { secret } = (await create(alice)).body;
    for (const [by, text] of [
      [bob, secret],
      [alice, `${secret}x`],
      [alice, 'garbage'],
    ]) {
      const answer = await form('/revocation', by, text).expect(200);
      expect(answer.text).toBe('');
      expect(await whoami(secret)).toBe(200);
    }
    const { text, headers } = await form('/revocation', alice, secret).expect(
      200,
    );
    expect([text, headers['cache-control']]).toEqual(['', 'no-store']);
    expect(await whoami(secret)).toBe(401);
    const trigger = (
      await create(alice, {
        kind: 'trigger',
        workflowId: 'deploy',
        scopes: undefined,
      })
    ).body;
    await form('/revocation', trigger.secret, trigger.secret).expect(200);
    expect(await whoami(trigger.secret)).toBe(401);
  });

  it('record what was done, and no secret', async () => {
    const { secret, token } = (await create(alice)).body;
    await form('/introspect', carol, secret).expect(200);
    await form('/revocation', alice, secret).expect(200);
    const written = JSON.stringify(portal.audited);
    expect(written).not.toContain(secret.slice(21, 60));
    const log = await request(portal.server)
      .get(`/api/orchestrator/v2/audit/events?tokenId=${token.id}`)
      .set('Authorization', `Bearer ${carol}`)
      .expect(200);
    expect(log.body.items.map(({ event }: any) => event).sort()).toEqual([
      'token.created',
      'token.revoked',
    ]);
    expect(log.text).not.toContain(secret.slice(21, 60));
  });
});
