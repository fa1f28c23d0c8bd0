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

import type { JsonObject } from '@backstage/types';
import { RestStub, type StubCall } from '../__testUtils__/restStub';
import type { OpenApiOperation } from '../language/Definition';
import type { Auth } from './applyAuth';
import { Egress } from './Egress';
import { HttpTransport } from './HttpTransport';
import { type RestCall, RestClient } from './RestClient';

const SECRET = 'hunter2/and "more"+ä';
const TOKEN = 'token-of-oauth2-machine';

let stub: RestStub;
beforeAll(async () => {
  stub = await RestStub.start();
});
afterAll(() => stub.stop());

/** All that a service can say of what it was sent. */
function echo({ body, headers, path, query }: StubCall) {
  return {
    body: {
      headers: headers as JsonObject,
      path,
      query: query ?? {},
      sent: body ?? null,
      raw: JSON.stringify({ headers, query, body }),
    },
  };
}

const operation = (): OpenApiOperation => ({
  operationId: 'echo',
  method: 'POST',
  url: `${stub.url}/all/{id}`,
  parameters: [
    { name: 'id', in: 'path', required: true },
    { name: 'c', in: 'cookie', required: false },
    { name: 'Authorization', in: 'header', required: false },
  ],
  body: { mediaType: 'application/json', required: false },
});

function newClient() {
  return new RestClient(new HttpTransport(Egress.create([stub.url])), {
    timeoutMs: 5_000,
    maxResponseBytes: 100_000,
    maxConcurrent: 2,
  });
}

function call(
  auth: readonly Auth[],
  more: Partial<RestCall> = {},
  client = newClient(),
) {
  return client.call({
    workflowId: 'w',
    functionName: 'f',
    target: { kind: 'openapi', operation: operation() },
    arguments: { id: 1, c: 'd' },
    auth,
    hidden: { secrets: [] },
    idempotencyKey: 'run.1.0',
    signal: new AbortController().signal,
    ...more,
  });
}

const machine = (): Auth => ({
  scheme: 'oauth2',
  name: 'machine',
  tokenUrl: `${stub.url}/token`,
  clientId: 'client',
  clientSecret: SECRET,
  scopes: [],
});

/** Nothing of a secret may be left, in whatever way it is written. */
function expectHidden(outcome: unknown, secret: string) {
  const text = JSON.stringify(outcome);
  const bytes = Buffer.from(secret);
  for (const form of [
    secret,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    Buffer.from(secret, 'latin1').toString('latin1'),
  ]) {
    expect(text).not.toContain(form);
  }
  expect(text).toContain('<redacted>');
}

describe('authentication of calls', () => {
  const api = (place: 'header' | 'query' | 'cookie'): Auth => ({
    scheme: 'apiKey',
    name: 'key',
    in: place,
    parameter: 'X-Key',
    value: SECRET,
  });

  it.each<[string, Auth, (sent: StubCall) => unknown, unknown]>([
    [
      'bearer',
      { scheme: 'bearer', name: 'b', token: SECRET },
      ({ headers }) => headers.authorization,
      `Bearer ${SECRET}`,
    ],
    [
      'basic',
      { scheme: 'basic', name: 'b', username: 'ann', password: SECRET },
      ({ headers }) =>
        Buffer.from(
          String(headers.authorization).replace('Basic ', ''),
          'base64',
        ).toString(),
      `ann:${SECRET}`,
    ],
    ['a key in a header', api('header'), sent => sent.headers['x-key'], SECRET],
    ['a key in the query', api('query'), sent => sent.query?.['X-Key'], SECRET],
    [
      'a key in a cookie',
      api('cookie'),
      sent => sent.headers.cookie,
      `c=d; X-Key=${encodeURIComponent(SECRET)}`,
    ],
    [
      'a given token',
      { scheme: 'provider', name: 'p', header: 'authorization', token: SECRET },
      ({ headers }) => headers.authorization,
      `Bearer ${SECRET}`,
    ],
    [
      'a given token in another header',
      { scheme: 'provider', name: 'p', header: 'X-Token', token: SECRET },
      sent => sent.headers['x-token'],
      SECRET,
    ],
  ])(
    'sends %s, and hides it in what comes back',
    async (_name, auth, read, sent) => {
      stub.reset();
      stub.answer('POST /all/1', echo);
      const outcome = await call([auth], {
        arguments: { id: 1, c: 'd', Authorization: 'of-arguments' },
      });
      expect(read(stub.calls[0])).toEqual(sent);
      expectHidden(outcome, SECRET);
      expect(JSON.stringify(outcome)).not.toContain(
        Buffer.from(`ann:${SECRET}`).toString('base64'),
      );
    },
  );

  it('sends several together', async () => {
    stub.reset();
    stub.answer('POST /all/1', echo);
    await call([
      { scheme: 'bearer', name: 'b', token: 'one' },
      api('header'),
      api('query'),
    ]);
    expect(stub.calls[0]).toMatchObject({
      headers: { authorization: 'Bearer one', 'x-key': SECRET },
      query: { 'X-Key': SECRET },
    });
  });

  it('sends the token of oauth2, and hides it too', async () => {
    stub.reset({ 'POST /token': [{ body: { access_token: TOKEN } }] });
    stub.answer('POST /all/1', echo);
    const outcome = await call([machine()], { hidden: { secrets: [SECRET] } });
    expect(stub.calls[1].headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(stub.calls[1].headers['idempotency-key']).toBe('run.1.0');
    expectHidden(outcome, TOKEN);
  });

  it('hides it in what later calls of the workflow bring, whatever they are sent with', async () => {
    stub.reset({ 'POST /token': [{ body: { access_token: TOKEN } }] });
    stub.answer('POST /all/1', () => ({ body: { last: `Bearer ${TOKEN}` } }));
    const client = newClient();
    await call([machine()], {}, client);
    expect(await call([], {}, client)).toEqual({
      value: { last: 'Bearer <redacted>' },
    });
    expect(await call([], { workflowId: 'another' }, client)).toEqual({
      value: { last: `Bearer ${TOKEN}` },
    });
  });

  it('asks for another token where a service refuses it, once', async () => {
    stub.reset({
      'POST /token': [
        { body: { access_token: 'one-of-oauth2' } },
        { body: { access_token: 'two-of-oauth2' } },
        { body: { access_token: 'three-of-oauth2' } },
      ],
    });
    stub.answer('POST /all/1', sent =>
      sent.headers.authorization === 'Bearer two-of-oauth2'
        ? echo(sent)
        : { status: 401 },
    );
    expect(await call([machine()])).toHaveProperty('value');
    expect(stub.calls.map(({ path }) => path)).toEqual([
      '/token',
      '/all/1',
      '/token',
      '/all/1',
    ]);
    expect(
      stub.calls.flatMap(({ headers }) => headers['idempotency-key'] ?? []),
    ).toEqual(['run.1.0', 'run.1.0']);

    stub.reset({
      'POST /token': [
        { body: { access_token: 'one-of-oauth2' } },
        { body: { access_token: 'three-of-oauth2' } },
      ],
    });
    stub.answer('POST /all/1', () => ({ status: 401 }));
    expect(await call([machine()])).toMatchObject({
      failure: { kind: 'http', status: 401 },
    });
    expect(stub.calls).toHaveLength(4);
  });

  it('sends nothing with a token that came too late', async () => {
    stub.reset({
      'POST /token': [{ body: { access_token: 'one-of-oauth2' } }],
    });
    const mayBeSent = async () =>
      !stub.calls.some(({ path }) => path === '/token');
    expect(await call([machine()], { mayBeSent })).toBeUndefined();
    expect(stub.calls.map(({ path }) => path)).toEqual(['/token']);
  });

  it('sends nothing again where the token stays the same, or there is none to refresh', async () => {
    stub.reset({
      'POST /token': [{ body: { access_token: 'one-of-oauth2' } }],
    });
    stub.answer('POST /all/1', () => ({ status: 401 }));
    expect(await call([machine()])).toMatchObject({
      failure: { status: 401 },
    });
    expect(stub.calls.filter(({ path }) => path === '/all/1')).toHaveLength(1);
    stub.reset();
    stub.answer('POST /all/1', () => ({ status: 401 }));
    expect(
      await call([{ scheme: 'bearer', name: 'b', token: SECRET }]),
    ).toMatchObject({ failure: { status: 401 } });
    expect(stub.calls).toHaveLength(1);
  });

  it('fails by the name of the auth, without a call', async () => {
    stub.reset({ 'POST /token': [{ status: 403, body: { SECRET } }] });
    expect(await call([machine()])).toEqual({
      failure: {
        kind: 'refused',
        message:
          'Function f: the request for the token of auth machine was answered with status 403',
      },
    });
    expect(stub.calls.map(({ path }) => path)).toEqual(['/token']);
    const outcome = await call([
      { scheme: 'bearer', name: 'b', token: `${SECRET}\nX-B: c` },
    ]);
    expect(outcome).toEqual({
      failure: {
        kind: 'refused',
        message: 'Function f: what auth b sends is not a valid header',
      },
    });
  });

  it('asks for no token where the arguments make no request', async () => {
    stub.reset();
    expect(await call([machine()], { arguments: {} })).toMatchObject({
      failure: { kind: 'refused', message: expect.stringContaining('"id"') },
    });
    expect(stub.calls).toEqual([]);
  });
});
