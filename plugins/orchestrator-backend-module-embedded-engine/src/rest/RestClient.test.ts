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

import type { JsonValue } from '@backstage/types';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RestStub } from '../__testUtils__/restStub';
import { buildRequest } from './buildRequest';
import { Egress } from './Egress';
import { redact } from './redact';
import { type RestCall, RestClient, type RestLimits } from './RestClient';

describe('Egress', () => {
  const egress = Egress.create([
    'https://api.test/v1/',
    'http://open.test:8080',
    'https://lab.test/projects/a%2Fb',
  ]);

  it.each([
    ['https://api.test/v1', true],
    ['https://api.test/v1/things?x=1', true],
    ['https://api.test/v1/a%20b;c=1/...', true],
    ['https://api.test/v1/a%2Fb', false],
    ['https://api.test/v10', false],
    ['https://api.test/', false],
    ['https://api.test/v1/../admin', false],
    ['https://api.test/v1/..%2Fadmin', false],
    ['https://api.test/v1/%2e%2e/admin', false],
    ['https://api.test/v1/%ff/..%2f..%2fadmin', false],
    ['https://api.test/v1/%c0%ae%c0%ae/admin', false],
    ['https://api.test/v1/%/admin', false],
    ['https://api.test/v1/%252e%252e/admin', false],
    ['https://api.test/v1/..%5cadmin', false],
    ['https://api.test/v1/..;/admin', false],
    ['https://api.test/v1/.;x/admin', false],
    ['https://api.test/v1/%2e.%3bx=1/admin', false],
    ['http://api.test/v1', false],
    ['https://api.test:444/v1', false],
    ['https://api.test.evil.test/v1', false],
    ['https://open.test:8080/', false],
    ['http://open.test:8080/anything', true],
    ['http://open.test:8080/a/..;/%252e%2f', true],
    ['https://lab.test/projects/a%2Fb', true],
    ['https://lab.test/projects/a%2Fb/issues', true],
    ['https://lab.test/projects/a%2Fb/..%2F', false],
  ])('%s: %p', (url, allowed) => {
    expect(egress.allows(new URL(url))).toBe(allowed);
  });

  it.each([
    'api.test',
    'ftp://api.test',
    'https://u:p@api.test',
    'https://api.test/?q=1',
  ])('refuses %s', place => {
    expect(() => Egress.create([place])).toThrow(/address|origin/);
  });

  it('allows nothing by default', () => {
    expect(Egress.create([]).allows(new URL('http://127.0.0.1/'))).toBe(false);
  });
});

describe('buildRequest', () => {
  const build = (
    method: string,
    url: string,
    args: JsonValue | undefined,
    names: string[] = [],
  ) =>
    buildRequest({
      method,
      url,
      arguments: args,
      argumentNames: new Set(names),
    });

  it('puts arguments where they belong', () => {
    const { body, headers, url } = build(
      'POST',
      'http://h.test/a/{id}?fixed=1',
      {
        id: 'a b/c',
        HEADER_X_One: 'h1',
        QUERY_qq: 5,
        rest: { k: [1] },
      },
    );
    expect(url.href).toBe('http://h.test/a/a%20b%2Fc?fixed=1&qq=5');
    expect(headers.get('x_one')).toBe('h1');
    expect(headers.get('content-type')).toBe('application/json');
    expect(body).toBe('{"rest":{"k":[1]}}');
  });

  it('sends no body where the method has none', () => {
    expect(build('GET', 'http://h.test/', { a: 1 }).body).toBeUndefined();
    expect(build('POST', 'http://h.test/', undefined).body).toBeUndefined();
    expect(build('POST', 'http://h.test/', [1]).body).toBe('[1]');
  });

  it.each<[string, JsonValue, string]>([
    ['a missing argument', {}, 'no argument id'],
    ['a step upwards', { id: '..' }, 'cannot stand in an address'],
    ['an empty segment', { id: '' }, 'cannot stand in an address'],
    ['null', { id: null }, 'is null'],
    [
      'a header of the connection',
      { id: 1, HEADER_Host: 'x' },
      'must not set the header host',
    ],
    [
      'a header with a line break',
      { id: 1, HEADER_X: 'secret\r\nY: z' },
      'its argument HEADER_X is not a valid header',
    ],
    [
      'null in a query',
      { id: 1, QUERY_q: null },
      'its argument QUERY_q is null',
    ],
  ])('refuses %s', (_name, args, message) => {
    const made = () =>
      build('GET', 'http://h.test/{id}', args, ['id', 'HEADER_X', 'QUERY_q']);
    expect(made).toThrow(message);
    expect(made).not.toThrow('secret');
  });

  it.each<[string, JsonValue]>([
    ['a header that has no name', { 'HEADER_secret x': 'v' }],
    ['a header that is null', { HEADER_secret: null }],
    ['a header that has no value', { HEADER_secret: 'a\nb' }],
    ['a query that is null', { QUERY_secret: null }],
  ])('does not name what an expression named: %s', (_name, args) => {
    const made = () => build('GET', 'http://h.test/', args);
    expect(made).toThrow('its argument with a name that an expression made');
    expect(made).not.toThrow('secret');
  });
});

describe('redact', () => {
  it('finds a secret in every form', () => {
    const secret = 'p"ss wörd';
    const value = {
      plain: `x ${secret} y`,
      uri: encodeURIComponent(secret),
      query: new URLSearchParams({ q: secret }).toString(),
      base64: Buffer.from(secret).toString('base64'),
      json: JSON.stringify({ secret }),
      [`key ${secret}`]: [secret],
      other: 5,
    };
    const text = JSON.stringify(redact(value, [secret]));
    expect(text).toContain('<redacted>');
    expect(text).not.toMatch(/ss wörd|cCJzcyB3|p%22ss|ss\+w/);
    expect(text).toContain('"other":5');
    expect(redact({ n: 123456 }, ['123456'])).toEqual({ n: '<redacted>' });
  });
});

describe('RestClient', () => {
  let stub: RestStub;
  beforeAll(async () => {
    stub = await RestStub.start();
  });
  afterAll(() => stub.stop());

  const limits: RestLimits = {
    timeoutMs: 5_000,
    maxResponseBytes: 1_000,
    maxConcurrent: 2,
  };
  const client = (more: Partial<RestLimits> = {}) =>
    new RestClient(Egress.create([stub.url]), { ...limits, ...more });
  const request = (path: string, more: Partial<RestCall> = {}): RestCall => ({
    workflowId: 'test',
    functionName: 'get',
    method: 'GET',
    argumentNames: new Set(),
    url: stub.url + path,
    idempotencyKey: 'run.1.0',
    signal: new AbortController().signal,
    ...more,
  });

  it('sends the key of the call, and gives what comes', async () => {
    stub.reset({ 'GET /x': [{ body: { a: 1 } }] });
    expect(await client().call(request('/x'))).toEqual({ value: { a: 1 } });
    expect(stub.calls[0].headers['idempotency-key']).toBe('run.1.0');
    stub.reset({ 'GET /x': [{}] });
    expect(await client().call(request('/x'))).toEqual({ value: null });
  });

  it('fails with the status, and without the address', async () => {
    stub.reset({ 'GET /secret-path': [{ status: 503, body: 'internals' }] });
    const outcome = await client().call(request('/secret-path'));
    expect(outcome).toEqual({
      failure: {
        kind: 'http',
        status: 503,
        matched: 'Unknown error, status code 503',
        message: 'Function get: it was answered with status 503',
      },
    });
  });

  it('does not follow a redirect', async () => {
    stub.reset({
      'GET /from': [{ status: 302, headers: { location: '/to' } }],
      'GET /to': [{ body: 1 }],
    });
    expect(await client().call(request('/from'))).toMatchObject({
      failure: { kind: 'http', status: 302 },
    });
    expect(stub.calls).toHaveLength(1);
  });

  it('refuses what the list does not name, without a connection', async () => {
    stub.reset();
    const other = new RestClient(Egress.create([]), limits);
    expect(await other.call(request('/x'))).toMatchObject({
      failure: { kind: 'refused' },
    });
    expect(stub.calls).toEqual([]);
  });

  it('refuses an answer that is too large or not JSON', async () => {
    stub.reset({ 'GET /big': [{ body: 'x'.repeat(2_000) }] });
    expect(await client().call(request('/big'))).toMatchObject({
      failure: {
        kind: 'answer',
        message: expect.stringContaining('larger than 1000 bytes'),
      },
    });
    const server = createServer((_request, response) =>
      response.end('plain text'),
    );
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const plain = new RestClient(Egress.create([url]), limits);
    expect(await plain.call(request('', { url }))).toMatchObject({
      failure: {
        kind: 'answer',
        message: 'Function get: its answer is not JSON',
      },
    });
    await new Promise(resolve => {
      server.close(resolve);
    });
    expect(await plain.call(request('', { url }))).toMatchObject({
      failure: {
        kind: 'network',
        message: 'Function get: it was not answered (ECONNREFUSED)',
      },
    });
  });

  it('gives up after its time', async () => {
    stub.reset({ 'GET /slow': [{ after: new Promise(() => {}) }] });
    expect(
      await client({ timeoutMs: 50 }).call(request('/slow')),
    ).toMatchObject({ failure: { kind: 'timeout' } });
  });

  it('makes no more calls at a time than it may, and waits no longer for one that is ended', async () => {
    let release = () => {};
    const gate = new Promise<void>(resolve => {
      release = resolve;
    });
    stub.reset({ 'GET /x': [{ body: 1, after: gate }] });
    const one = client({ maxConcurrent: 1 });
    const first = one.call(request('/x'));
    const controller = new AbortController();
    const abandoned = one.call(request('/x', { signal: controller.signal }));
    const third = one.call(request('/x'));
    controller.abort();
    expect(await abandoned).toBeUndefined();
    release();
    expect(await Promise.all([first, third])).toEqual([
      { value: 1 },
      { value: 1 },
    ]);
    expect(stub.calls).toHaveLength(2);
  });

  it('ends a call at its signal', async () => {
    stub.reset({ 'GET /x': [{ after: new Promise(() => {}) }] });
    const controller = new AbortController();
    const pending = client().call(request('/x', { signal: controller.signal }));
    controller.abort();
    expect(await pending).toBeUndefined();
  });
});
