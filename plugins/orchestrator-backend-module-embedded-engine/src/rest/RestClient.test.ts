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

import { RestStub } from '../__testUtils__/restStub';
import { Egress } from './Egress';
import { HttpTransport } from './HttpTransport';
import {
  type RestCall,
  RestClient,
  type RestLimits,
  type RestTarget,
} from './RestClient';

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
    new RestClient(new HttpTransport(Egress.create([stub.url])), {
      ...limits,
      ...more,
    });
  const get = (url: string): RestTarget => ({
    kind: 'rest',
    method: 'GET',
    argumentNames: new Set(),
    url,
  });
  const request = (path: string, more: Partial<RestCall> = {}): RestCall => ({
    workflowId: 'test',
    functionName: 'get',
    target: get(stub.url + path),
    auth: [],
    hidden: { secrets: [] },
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
      failure: {
        kind: 'http',
        status: 302,
        message:
          'Function get: it was answered with status 302, and redirects are not followed',
      },
    });
    expect(stub.calls).toHaveLength(1);
  });

  it('refuses what the list does not name, without a connection', async () => {
    stub.reset();
    const other = new RestClient(new HttpTransport(Egress.create([])), limits);
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
    stub.reset({ 'GET /plain': [{ text: 'plain text' }] });
    expect(await client().call(request('/plain'))).toMatchObject({
      failure: {
        kind: 'answer',
        message: 'Function get: its answer is not JSON',
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

  it('asks right before it sends whether it still may', async () => {
    stub.reset({ 'GET /x': [{}] });
    const asked: number[] = [];
    const mayBeSent = async () => {
      asked.push(stub.calls.length);
      return false;
    };
    const one = client({ maxConcurrent: 1 });
    expect(await one.call(request('/x', { mayBeSent }))).toBeUndefined();
    expect(asked).toEqual([0]);
    expect(stub.calls).toEqual([]);
    // Its place is free again.
    expect(
      await one.call(request('/x', { mayBeSent: async () => true })),
    ).toHaveProperty('value');
  });

  it('ends a call at its signal', async () => {
    stub.reset({ 'GET /x': [{ after: new Promise(() => {}) }] });
    const controller = new AbortController();
    const pending = client().call(request('/x', { signal: controller.signal }));
    controller.abort();
    expect(await pending).toBeUndefined();
  });
});
