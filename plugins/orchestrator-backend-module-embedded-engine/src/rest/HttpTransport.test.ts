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

import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { EmbeddedEgressPlace } from '../config/EngineConfig';
import { Egress } from './Egress';
import { HttpTransport, type Resolve } from './HttpTransport';

const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
const transports: HttpTransport[] = [];

afterEach(() => {
  transports.splice(0).forEach(transport => transport.close());
  servers.splice(0).forEach(server => {
    server.closeAllConnections?.();
    server.close();
  });
});

async function serve(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  servers.push(server);
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

function transportTo(
  places: readonly (string | EmbeddedEgressPlace)[],
  resolve?: Resolve,
): HttpTransport {
  const transport = new HttpTransport(Egress.create(places), resolve);
  transports.push(transport);
  return transport;
}

/** Answers names with addresses; each answer is given once, but the last one again and again. */
function resolver(...answers: readonly string[][]) {
  const asked: string[] = [];
  const resolve: Resolve = (hostname, callback) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(hostname);
    callback(
      null,
      addresses.map(address => ({
        address,
        family: address.includes(':') ? 6 : 4,
      })),
    );
  };
  return { asked, resolve };
}

function send(
  transport: HttpTransport,
  url: string,
  more: {
    method?: string;
    headers?: { [name: string]: string };
    body?: string;
    maxBytes?: number;
    signal?: AbortSignal;
  } = {},
) {
  return transport.send(
    {
      method: more.method ?? 'GET',
      url: new URL(url),
      headers: new Headers(more.headers),
      body: more.body,
    },
    {
      maxBytes: more.maxBytes ?? 1_000,
      signal: more.signal ?? new AbortController().signal,
    },
  );
}

const FORBIDDEN = {
  kind: 'refused',
  message: expect.stringContaining('its host has no address to which'),
};

describe('HttpTransport', () => {
  it('sends what it is given, and says who asks', async () => {
    const port = await serve(({ headers, method, url }, response) =>
      response.end(JSON.stringify({ headers, method, url })),
    );
    const transport = transportTo([`http://127.0.0.1:${port}`]);
    const { status, text } = await send(
      transport,
      `http://127.0.0.1:${port}/a%20b?c=d`,
      { method: 'DELETE', headers: { 'X-One': '1' }, body: 'äb' },
    );
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      method: 'DELETE',
      url: '/a%20b?c=d',
      headers: {
        host: `127.0.0.1:${port}`,
        'x-one': '1',
        'user-agent': 'flowgate-orchestrator',
        'content-length': '3',
      },
    });
    expect(JSON.parse(text).headers).not.toHaveProperty('accept');
  });

  it('uses only addresses that a host may have, however the name is answered', async () => {
    const hosts: (string | undefined)[] = [];
    const port = await serve(({ headers }, response) => {
      hosts.push(headers.host);
      response.end('{}');
    });
    const url = `http://api.example.com:${port}/`;
    const place = { url, addresses: ['127.0.0.1'] };
    const some = resolver(['10.0.0.1', '169.254.169.254', '127.0.0.1']);
    const open = transportTo([place], some.resolve);
    expect(await send(open, url)).toEqual({ status: 200, text: '{}' });
    expect(some.asked).toEqual(['api.example.com']);
    expect(hosts).toEqual([`api.example.com:${port}`]);

    for (const address of [
      '127.0.0.1',
      '::ffff:127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '0.0.0.0',
      '::1',
    ]) {
      const closed = transportTo([url], resolver([address]).resolve);
      await expect(send(closed, url)).rejects.toMatchObject(FORBIDDEN);
    }
    expect(hosts).toHaveLength(1);
  });

  it('looks a name up for each connection, and believes no other answer', async () => {
    let hits = 0;
    const port = await serve((_request, response) => {
      hits += 1;
      response.setHeader('connection', 'close');
      response.end('{}');
    });
    const url = `http://api.example.com:${port}/`;
    const rebinding = resolver(['127.0.0.2'], ['127.0.0.1']);
    const place = { url, addresses: ['127.0.0.2/32'] };
    const transport = transportTo([place], rebinding.resolve);
    // Nothing listens on the first address; what matters is that the second is never tried.
    await expect(send(transport, url)).rejects.toMatchObject({
      kind: 'network',
    });
    await expect(send(transport, url)).rejects.toMatchObject(FORBIDDEN);
    expect(rebinding.asked).toHaveLength(2);
    expect(hits).toBe(0);
  });

  it('refuses addresses that stand in the place of a name', async () => {
    let hits = 0;
    const port = await serve((_request, response) => {
      hits += 1;
      response.end();
    });
    const metadata = 'http://169.254.169.254/';
    await expect(send(transportTo([metadata]), metadata)).rejects.toMatchObject(
      FORBIDDEN,
    );
    const mapped = 'http://[::ffff:a9fe:a9fe]/';
    await expect(send(transportTo([mapped]), mapped)).rejects.toMatchObject(
      FORBIDDEN,
    );
    // The same address in other words is the same place.
    const plain = transportTo([`http://127.0.0.1:${port}`]);
    for (const host of ['2130706433', '0x7f.1', '127.1']) {
      expect(await send(plain, `http://${host}:${port}/`)).toMatchObject({
        status: 200,
      });
    }
    expect(hits).toBe(3);
    await expect(
      send(plain, `http://localhost:${port}/`),
    ).rejects.toMatchObject({ kind: 'refused' });
    expect(hits).toBe(3);
  });

  it('says why there was no answer, without a name or an address', async () => {
    const refused = transportTo(['http://127.0.0.1:1']);
    await expect(send(refused, 'http://127.0.0.1:1/')).rejects.toMatchObject({
      kind: 'network',
      message: 'it was not answered (ECONNREFUSED)',
    });
    const unknown = transportTo(['http://a.example'], (hostname, callback) =>
      callback(
        Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
          code: 'ENOTFOUND',
        }),
        [],
      ),
    );
    await expect(send(unknown, 'http://a.example/')).rejects.toMatchObject({
      kind: 'network',
      message: 'it was not answered (ENOTFOUND)',
    });
    const port = await serve((_request, response) => response.end());
    const https = transportTo([`https://127.0.0.1:${port}`]);
    await expect(
      send(https, `https://127.0.0.1:${port}/`),
    ).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(
        /^it was not answered \((?:EPROTO|ERR_SSL_\w+)\)$/,
      ),
    });
  });

  it.each(['/none', '/half'])(
    'ends when its signal says so, before and amid an answer: %s',
    async path => {
      let begun = () => {};
      const arrived = new Promise<void>(resolve => {
        begun = resolve;
      });
      const port = await serve(({ url }, response) => {
        if (url === '/half') {
          response.write('x');
        }
        begun();
      });
      const base = `http://127.0.0.1:${port}`;
      const controller = new AbortController();
      const reason = new Error('enough');
      const pending = send(transportTo([base]), base + path, {
        signal: controller.signal,
      });
      arrived.then(() => controller.abort(reason));
      await expect(pending).rejects.toBe(reason);
    },
  );

  it('sends a request again where the kept connection was closed under it, and a new one was not', async () => {
    const requests: number[] = [];
    let connections = 0;
    const server = createTcpServer(socket => {
      connections += 1;
      const number = connections;
      let count = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        requests.push(number);
        count += 1;
        if (count > 1 || number > 2) {
          socket.resetAndDestroy();
        } else {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
        }
      });
    });
    servers.push(server);
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const transport = transportTo([base]);
    const post = () => send(transport, base, { method: 'POST', body: '{}' });
    expect(await post()).toMatchObject({ status: 200 });
    await new Promise(resolve => {
      setImmediate(resolve);
    });
    expect(await post()).toMatchObject({ status: 200 });
    expect(requests).toEqual([1, 1, 2]);
    await expect(post()).rejects.toMatchObject({ kind: 'network' });
    expect(requests).toEqual([1, 1, 2, 3]);
  });

  it('goes through no proxy', async () => {
    const port = await serve((_request, response) => response.end('{}'));
    const base = `http://127.0.0.1:${port}`;
    const names = [
      'http_proxy',
      'HTTP_PROXY',
      'all_proxy',
      'NODE_USE_ENV_PROXY',
    ];
    const before = names.map(name => process.env[name]);
    names.forEach(name => {
      process.env[name] = 'http://127.0.0.1:1';
    });
    try {
      expect(await send(transportTo([base]), base)).toMatchObject({
        status: 200,
      });
    } finally {
      names.forEach((name, i) => {
        if (before[i] === undefined) {
          delete process.env[name];
        } else {
          process.env[name] = before[i];
        }
      });
    }
  });
});
