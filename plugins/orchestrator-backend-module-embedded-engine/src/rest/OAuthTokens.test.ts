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

import { RestStub, type StubAnswer } from '../__testUtils__/restStub';
import type { Auth } from './applyAuth';
import { Egress } from './Egress';
import { HttpTransport } from './HttpTransport';
import { OAuthTokens } from './OAuthTokens';

let stub: RestStub;
beforeAll(async () => {
  stub = await RestStub.start();
});
afterAll(() => stub.stop());

type OAuth = Extract<Auth, { scheme: 'oauth2' }>;

const signal = new AbortController().signal;

function setUp(answers: readonly StubAnswer[], timeoutMs: number = 5_000) {
  stub.reset({ 'POST /token': answers });
  const clock = { time: 1_000_000 };
  const tokens = new OAuthTokens(new HttpTransport(Egress.create([stub.url])), {
    now: () => clock.time,
    timeoutMs,
  });
  const auth: OAuth = {
    scheme: 'oauth2',
    name: 'machine',
    tokenUrl: `${stub.url}/token`,
    clientId: 'client:1',
    clientSecret: 'se cret+',
    scopes: ['read', 'write'],
  };
  return { auth, clock, tokens };
}

const answer = (token: string, more: object = {}): StubAnswer => ({
  body: { access_token: token, token_type: 'Bearer', expires_in: 300, ...more },
});

describe('OAuthTokens', () => {
  it('asks as the client credentials grant says, and keeps the token until half a minute before it expires', async () => {
    const { auth, clock, tokens } = setUp([answer('one'), answer('two')]);
    expect(await tokens.get(auth, signal)).toBe('one');
    expect(stub.calls[0]).toMatchObject({
      body: 'grant_type=client_credentials&scope=read+write',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from('client%3A1:se+cret%2B').toString(
          'base64',
        )}`,
      },
    });
    clock.time += 269_999;
    expect(await tokens.get(auth, signal)).toBe('one');
    expect(stub.calls).toHaveLength(1);
    clock.time += 1;
    expect(await tokens.get(auth, signal)).toBe('two');
    expect(stub.calls).toHaveLength(2);
  });

  it('has one token for each client, secret, audience and list of scopes', async () => {
    const { auth, tokens } = setUp(
      ['a', 'b', 'c', 'd', 'e'].map(token => answer(token)),
    );
    const others = [
      auth,
      { ...auth, scopes: ['read'] },
      { ...auth, clientSecret: 'another' },
      { ...auth, audience: 'api' },
      { ...auth, name: 'another name' },
    ];
    const got = [];
    for (const other of others) {
      got.push(await tokens.get(other, signal));
    }
    expect(got).toEqual(['a', 'b', 'c', 'd', 'a']);
    expect(stub.calls[3].body).toContain('audience=api');
  });

  it('asks once for all who wait, and goes on when one of them leaves', async () => {
    let release = () => {};
    const gate = new Promise<void>(resolve => {
      release = resolve;
    });
    const { auth, tokens } = setUp([{ ...answer('one'), after: gate }]);
    const leaving = new AbortController();
    const first = tokens.get(auth, leaving.signal);
    const others = [tokens.get(auth, signal), tokens.get(auth, signal)];
    const reason = new Error('enough');
    leaving.abort(reason);
    await expect(first).rejects.toBe(reason);
    release();
    expect(await Promise.all(others)).toEqual(['one', 'one']);
    expect(stub.calls).toHaveLength(1);
  });

  it('asks anew for one that a service has refused, once for all whom it has refused', async () => {
    const { auth, tokens } = setUp([answer('one'), answer('two')]);
    expect(await tokens.get(auth, signal)).toBe('one');
    expect(
      await Promise.all([
        tokens.get(auth, signal, 'one'),
        tokens.get(auth, signal, 'one'),
      ]),
    ).toEqual(['two', 'two']);
    expect(await tokens.get(auth, signal, 'one')).toBe('two');
    expect(stub.calls).toHaveLength(2);
  });

  it('sends the credentials in the body where they are not taken in the header', async () => {
    const { auth, tokens } = setUp([{ status: 401 }, answer('one')]);
    expect(await tokens.get(auth, signal)).toBe('one');
    expect(stub.calls[1].headers).not.toHaveProperty('authorization');
    expect(
      new URLSearchParams(String(stub.calls[1].body)).get('client_id'),
    ).toBe('client:1');
  });

  it('does not remember a failure', async () => {
    const { auth, tokens } = setUp([{ status: 503 }, answer('one')]);
    await expect(tokens.get(auth, signal)).rejects.toMatchObject({
      kind: 'network',
    });
    expect(await tokens.get(auth, signal)).toBe('one');
  });

  it.each<[string, StubAnswer, object]>([
    [
      'a refusal',
      { status: 400, body: { error: 'se cret+' } },
      {
        kind: 'refused',
        message:
          'the request for the token of auth machine was answered with status 400',
      },
    ],
    [
      'a failing server',
      { status: 500 },
      { kind: 'network', message: expect.stringContaining('status 500') },
    ],
    [
      'a redirect',
      { status: 307, headers: { location: '/elsewhere' } },
      { kind: 'refused', message: expect.stringContaining('status 307') },
    ],
    [
      'what is no JSON',
      { text: '<html>' },
      { kind: 'refused', message: expect.stringMatching(/without a token$/) },
    ],
    [
      'no token',
      { body: { access_token: 5 } },
      { kind: 'refused', message: expect.stringMatching(/without a token$/) },
    ],
    [
      'a list',
      { body: [] },
      { kind: 'refused', message: expect.stringMatching(/without a token$/) },
    ],
    [
      'a token that no header takes',
      answer('a\r\nX-B: c'),
      { kind: 'refused', message: expect.stringMatching(/no bearer token$/) },
    ],
    [
      'a token of another kind',
      answer('one', { token_type: 'mac' }),
      { kind: 'refused', message: expect.stringMatching(/no bearer token$/) },
    ],
    [
      'more than it can take',
      { text: 'x'.repeat(70_000) },
      {
        kind: 'refused',
        message:
          'the request for the token of auth machine failed: its answer is larger than 65536 bytes',
      },
    ],
  ])('fails on %s', async (_name, given, failure) => {
    const { auth, tokens } = setUp([given]);
    await expect(tokens.get(auth, signal)).rejects.toMatchObject(failure);
    expect(stub.calls.every(({ path }) => path === '/token')).toBe(true);
  });

  it('fails where egress does not allow the address, or nothing answers', async () => {
    const { auth, tokens } = setUp([]);
    await expect(
      tokens.get({ ...auth, tokenUrl: 'http://127.0.0.1:1/token' }, signal),
    ).rejects.toMatchObject({
      kind: 'refused',
      message:
        'the request for the token of auth machine failed: its address is not in orchestrator.engines.embedded.egress',
    });
    expect(stub.calls).toEqual([]);
    const { auth: slow, tokens: impatient } = setUp(
      [{ after: new Promise(() => {}) }],
      50,
    );
    await expect(impatient.get(slow, signal)).rejects.toMatchObject({
      kind: 'timeout',
      message:
        'the request for the token of auth machine was not answered in time',
    });
  });

  it.each<[string, unknown, number, boolean]>([
    ['a text', '300', 269_000, true],
    ['a text', '300', 271_000, false],
    ['nothing', undefined, 269_000, true],
    ['nothing', undefined, 271_000, false],
    ['nonsense', 'soon', 269_000, true],
    ['for ever', 1e300, 86_000_000, true],
    ['for ever', 1e300, 86_400_000, false],
    ['less than the margin', 10, 0, false],
  ])(
    'takes %s for a lifetime: %p after %p: %p',
    async (_n, expires, after, kept) => {
      const { auth, clock, tokens } = setUp([
        answer('one', { expires_in: expires }),
        answer('two'),
      ]);
      await tokens.get(auth, signal);
      clock.time += after;
      expect(await tokens.get(auth, signal)).toBe(kept ? 'one' : 'two');
    },
  );
});
