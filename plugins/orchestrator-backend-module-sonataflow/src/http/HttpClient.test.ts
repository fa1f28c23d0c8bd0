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

import { ServiceUnavailableError } from '@backstage/errors';
import {
  EngineAnswerError,
  EngineTimeoutError,
  isNotStarted,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { answer, TestServer } from '../__testUtils__/TestServer';
import { AnswerTooLargeError } from './AnswerTooLargeError';
import { HttpClient } from './HttpClient';
import type { HttpClientOptions, HttpRequest } from './httpTypes';

type Responder = (
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
) => void;

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(respond: Responder): Promise<URL> {
  const server = new TestServer((request, body, response) =>
    respond(request, response, body),
  );
  await server.listen();
  closers.push(() => server.close());
  return server.url;
}

/** A server that speaks for itself, below HTTP. */
async function serveRaw(take: (socket: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    take(socket);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closers.push(() => {
    sockets.forEach(socket => socket.destroy());
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function createClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({
    upstream: 'The upstream "test"',
    timeoutMs: 20_000,
    maxBytes: 1_000,
    concurrency: 2,
    ...options,
  });
  closers.push(() => client.close());
  return client;
}

async function fail(client: HttpClient, request: HttpRequest): Promise<Error> {
  try {
    await client.request(request);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}

function headersOf(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers[rawHeaders[at]] = rawHeaders[at + 1];
  }
  return headers;
}

describe('what goes over the wire', () => {
  it('is an exact list of headers, in their canonical case', async () => {
    const seen: Record<string, string>[] = [];
    const url = await serve((request, response) => {
      seen.push(headersOf(request.rawHeaders));
      answer(response, 200, '{}');
    });
    const client = createClient({
      authorization: ({ host }) => `Bearer for ${host}`,
    });
    await client.request({ method: 'GET', url });
    await client.request({ method: 'DELETE', url });
    await client.request({ method: 'POST', url });
    await client.request({
      method: 'POST',
      url,
      body: { ä: 1 },
      bodyType: 'application/cloudevents+json',
      headers: { 'X-Authorization-Github': 'secret' },
    });
    const always = {
      Accept: 'application/json',
      Authorization: `Bearer for ${url.host}`,
      Connection: 'keep-alive',
      Host: url.host,
      'User-Agent': 'flowgate-orchestrator',
    };
    expect(seen).toEqual([
      always,
      always,
      { ...always, 'Content-Length': '0' },
      {
        ...always,
        'Content-Type': 'application/cloudevents+json',
        'Content-Length': '8',
        'X-Authorization-Github': 'secret',
      },
    ]);
  });

  it('holds no name and password of an address', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      answer(response, 200, '{}');
    });
    url.username = 'someone';
    url.password = 'secret';
    await createClient().request({ method: 'GET', url });
    expect(seen).toEqual([undefined]);
  });

  it('goes over a connection that stands already', async () => {
    const ports: (number | undefined)[] = [];
    const url = await serve((request, response) => {
      ports.push(request.socket.remotePort);
      answer(response, 200, '{}');
    });
    const client = createClient();
    await client.request({ method: 'GET', url });
    await client.request({ method: 'GET', url });
    expect(ports[0]).toBe(ports[1]);
  });
});

describe('what comes back', () => {
  it('is the status, the type and the text, whatever the status', async () => {
    const url = await serve((_request, response) =>
      answer(response, 404, '{"id":"ünï"}', 'application/json'),
    );
    const got = await createClient().request({ method: 'GET', url });
    expect(got).toMatchObject({
      status: 404,
      type: 'application/json',
      text: '{"id":"ünï"}',
    });
    expect(got.json()).toEqual({ id: 'ünï' });
  });

  it('can be a text that calls itself JSON', async () => {
    const url = await serve((_request, response) =>
      answer(response, 404, 'Process instance with secret not found'),
    );
    const got = await createClient().request({ method: 'GET', url });
    expect(() => got.json()).toThrow(EngineAnswerError);
    expect(() => got.json()).toThrow(
      'The upstream "test" did not answer with JSON',
    );
  });
});

describe('what is refused', () => {
  const answers: [string, Responder, new (message: string) => Error][] = [
    [
      'a redirect',
      (_request, response) => {
        response.writeHead(307, { Location: 'http://internal/' }).end();
      },
      EngineAnswerError,
    ],
    [
      'more bytes than allowed, told before',
      (_request, response) => answer(response, 200, 'x'.repeat(1_001)),
      AnswerTooLargeError,
    ],
    [
      'more bytes than allowed, told by nothing',
      (_request, response) => {
        response.write('x'.repeat(600));
        response.end('x'.repeat(600));
      },
      AnswerTooLargeError,
    ],
    [
      'a packed body, which nobody asked for',
      (_request, response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x');
      },
      EngineAnswerError,
    ],
    [
      'another protocol',
      (_request, response) => {
        response.writeHead(101, { Connection: 'Upgrade', Upgrade: 'other' });
        response.end();
      },
      EngineAnswerError,
    ],
  ];

  it.each(answers)('%s', async (_name, respond, type) => {
    const url = await serve(respond);
    const error = await fail(createClient(), { method: 'GET', url });
    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain('The upstream "test"');
    expect(error.message).not.toMatch(/127|internal|localhost/);
    expect(isNotStarted(error)).toBe(false);
  });

  it('what is no HTTP', async () => {
    const url = await serveRaw(socket =>
      socket.end('SSH-2.0 internal\r\n\r\n'),
    );
    const error = await fail(createClient(), { method: 'GET', url });
    expect(error).toBeInstanceOf(EngineAnswerError);
    expect(error.message).not.toContain('internal');
  });

  it('an address of another kind, and a header that cannot be one', async () => {
    const client = createClient();
    const url = new URL('file:///etc/passwd');
    const file = await fail(client, { method: 'GET', url });
    expect(file).toBeInstanceOf(EngineAnswerError);
    expect(isNotStarted(file)).toBe(true);
    const header = await fail(client, {
      method: 'GET',
      url: new URL('http://127.0.0.1:1/'),
      headers: { 'X-Secret': 'one\r\nX-Two: 2' },
    });
    expect(header).toBeInstanceOf(EngineAnswerError);
    expect(header.message).not.toContain('X-Two');
    expect(isNotStarted(header)).toBe(true);
  });
});

describe('what does not come', () => {
  it('an answer in time, though bytes come all the time', async () => {
    let closed = () => {};
    const isClosed = new Promise<void>(resolve => {
      closed = resolve;
    });
    const url = await serve((_request, response) => {
      const timer = setInterval(() => response.write(' '), 5);
      response.on('close', () => {
        clearInterval(timer);
        closed();
      });
    });
    const client = createClient({ maxBytes: 10_000_000 });
    const error = await fail(client, { method: 'GET', url, timeoutMs: 200 });
    expect(error).toBeInstanceOf(EngineTimeoutError);
    expect(isNotStarted(error)).toBe(false);
    await isClosed;
  });

  it('a connection: nothing can have been started', async () => {
    const server = new TestServer(() => {});
    await server.listen();
    const { url } = server;
    await server.close();
    const error = await fail(createClient(), { method: 'POST', url, body: {} });
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect(error.message).toBe(
      'The upstream "test" cannot be reached (ECONNREFUSED)',
    );
    expect(isNotStarted(error)).toBe(true);
  });

  it('an address of a host name', async () => {
    const client = createClient({
      lookup: (_host, _options, callback) => {
        const error = Object.assign(new Error('secret.host'), {
          code: 'ENOTFOUND',
        });
        callback(error, '');
      },
    });
    const url = new URL('http://secret.host/');
    const error = await fail(client, { method: 'POST', url, body: {} });
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect(error.message).not.toContain('secret.host');
    expect(isNotStarted(error)).toBe(true);
  });

  it('a connection in time, since nobody answers for the host name', async () => {
    const client = createClient({ lookup: () => {} });
    const error = await fail(client, {
      method: 'POST',
      url: new URL('http://somewhere.test/'),
      body: {},
      timeoutMs: 50,
    });
    expect(error).toBeInstanceOf(EngineTimeoutError);
    expect(isNotStarted(error)).toBe(true);
  });

  it('the rest of an answer', async () => {
    const url = await serveRaw(socket => {
      socket.on('data', () => {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half"');
      });
    });
    const error = await fail(createClient(), { method: 'POST', url, body: {} });
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect(isNotStarted(error)).toBe(false);
  });

  it('an answer for somebody who has left', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    const error = await fail(createClient(), {
      method: 'POST',
      url,
      body: {},
      signal: controller.signal,
    });
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect(isNotStarted(error)).toBe(false);
  });

  it('an answer once the client is closed', async () => {
    const client = createClient();
    const url = await serve(() => client.close());
    const error = await fail(client, { method: 'GET', url });
    expect(error).toBeInstanceOf(ServiceUnavailableError);
  });
});

describe('a connection that the other end closed while it was idle', () => {
  /** Answers one request of each connection, and ends the connection when the next one comes. */
  async function serveOnce(): Promise<{ url: URL; taken: string[] }> {
    const taken: string[] = [];
    const url = await serveRaw(socket => {
      let isUsed = false;
      socket.on('data', data => {
        taken.push(`${data}`.split(' ')[0]);
        if (isUsed) {
          socket.resetAndDestroy();
          return;
        }
        isUsed = true;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
      });
    });
    return { url, taken };
  }

  it('is tried again for a read, on a new one', async () => {
    const { url, taken } = await serveOnce();
    const client = createClient();
    await client.request({ method: 'GET', url });
    const got = await client.request({ method: 'GET', url });
    expect(got.status).toBe(200);
    expect(taken).toEqual(['GET', 'GET', 'GET']);
  });

  it('is not tried again for a start, which may have been made', async () => {
    const { url, taken } = await serveOnce();
    const client = createClient();
    await client.request({ method: 'GET', url });
    const error = await fail(client, { method: 'POST', url, body: {} });
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect(isNotStarted(error)).toBe(false);
    expect(taken).toEqual(['GET', 'POST']);
  });
});

describe('tries', () => {
  it('are made again for what changes nothing, as often as told', async () => {
    const statuses = [503, 502, 200];
    let tries = 0;
    const url = await serve((_request, response) =>
      answer(response, statuses[tries++], '{}'),
    );
    const request = { method: 'POST', url, body: {}, retries: 2 } as const;
    expect((await createClient().request(request)).status).toBe(200);
    expect(tries).toBe(3);
  });

  it('end with the last answer', async () => {
    let tries = 0;
    const url = await serve((_request, response) => {
      tries += 1;
      answer(response, 504, 'away');
    });
    const got = await createClient().request({
      method: 'GET',
      url,
      retries: 1,
    });
    expect(got.status).toBe(504);
    expect(tries).toBe(2);
  });

  it.each([400, 404, 500])('are not made again after a %d', async status => {
    let tries = 0;
    const url = await serve((_request, response) => {
      tries += 1;
      answer(response, status, '{}');
    });
    await createClient().request({ method: 'GET', url, retries: 2 });
    expect(tries).toBe(1);
  });

  it('end when there is no time for another one, with the last answer', async () => {
    let tries = 0;
    const url = await serve((_request, response) => {
      tries += 1;
      answer(response, 503, 'away');
    });
    const client = createClient();
    const request = { method: 'GET', url, retries: 1_000 } as const;
    const got = await client.request({ ...request, timeoutMs: 1_000 });
    expect(got.status).toBe(503);
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(10);
  });
});

describe('requests at one time', () => {
  /** Holds its answers back until they are let go. */
  async function serveHeld() {
    const held: (() => void)[] = [];
    let most = 0;
    let active = 0;
    const arrivals: string[] = [];
    const url = await serve((request, response) => {
      arrivals.push(request.url ?? '');
      active += 1;
      most = Math.max(most, active);
      held.push(() => {
        active -= 1;
        answer(response, 200, '{}');
      });
    });
    const arrived = async (count: number) => {
      while (arrivals.length < count) {
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    return { url, held, arrivals, arrived, most: () => most };
  }

  it('are bounded, and the others wait in their order', async () => {
    const { url, held, arrivals, arrived, most } = await serveHeld();
    const client = createClient({ concurrency: 1 });
    const all = ['/a', '/b', '/c'].map(path =>
      client.request({ method: 'GET', url: new URL(path, url) }),
    );
    for (let count = 1; count <= 3; count++) {
      await arrived(count);
      held[count - 1]();
    }
    await Promise.all(all);
    expect(arrivals).toEqual(['/a', '/b', '/c']);
    expect(most()).toBe(1);
  });

  it('are bounded for each origin apart', async () => {
    const slow = await serveHeld();
    const url = await serve((_request, response) =>
      answer(response, 200, '{}'),
    );
    const client = createClient({ concurrency: 1 });
    const waiting = client.request({ method: 'GET', url: slow.url });
    await slow.arrived(1);
    expect((await client.request({ method: 'GET', url })).status).toBe(200);
    slow.held[0]();
    await waiting;
  });

  it('that are too many even to wait are refused at once', async () => {
    const { url, held, arrived } = await serveHeld();
    const client = createClient({ concurrency: 1, maxWaiting: 1 });
    const first = client.request({ method: 'GET', url });
    const second = client.request({ method: 'GET', url });
    await arrived(1);
    const error = await fail(client, { method: 'POST', url, body: {} });
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect(isNotStarted(error)).toBe(true);
    held[0]();
    await arrived(2);
    held[1]();
    await Promise.all([first, second]);
  });

  it('that wait too long have sent nothing, and leave the queue', async () => {
    const { url, held, arrivals, arrived } = await serveHeld();
    const client = createClient({ concurrency: 1 });
    const first = client.request({ method: 'GET', url });
    await arrived(1);
    const error = await fail(client, {
      method: 'POST',
      url,
      body: {},
      timeoutMs: 50,
    });
    expect(error).toBeInstanceOf(EngineTimeoutError);
    expect(isNotStarted(error)).toBe(true);
    held[0]();
    await first;
    const third = client.request({ method: 'GET', url: new URL('/3', url) });
    await arrived(2);
    held[1]();
    await third;
    expect(arrivals).toEqual(['/', '/3']);
  });
});
