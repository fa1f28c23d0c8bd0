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
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Egress } from './Egress';
import { HttpTransport } from './HttpTransport';

let server: Server;
let transport: HttpTransport;

afterEach(() => {
  transport.close();
  server.closeAllConnections();
  server.close();
});

/** A server, and the transport that may call it. */
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  transport = new HttpTransport(Egress.create([base]));
  return base;
}

function get(url: string, method: string = 'GET') {
  return transport.send(
    { method, url: new URL(url), headers: new Headers() },
    { maxBytes: 1_000, signal: new AbortController().signal },
  );
}

describe('readBody', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])(
    'reads %s, within the limit of what it comes to',
    async (encoding, compress) => {
      const base = await serve(({ url }, response) => {
        response.setHeader('content-encoding', encoding);
        response.end(
          url === '/broken'
            ? 'x'.repeat(99)
            : compress('a'.repeat(url === '/big' ? 1_000_000 : 10)),
        );
      });
      expect(await get(base)).toEqual({
        status: 200,
        text: 'a'.repeat(10),
      });
      await expect(get(`${base}/big`)).rejects.toMatchObject({
        kind: 'answer',
        message: 'its answer is larger than 1000 bytes',
      });
      await expect(get(`${base}/broken`)).rejects.toMatchObject({
        kind: 'answer',
        message: 'its answer cannot be decoded',
      });
      expect(await get(base, 'HEAD')).toEqual({
        status: 200,
        text: '',
      });
    },
  );

  it('refuses an encoding that it does not know', async () => {
    const base = await serve((_request, response) => {
      response.setHeader('content-encoding', 'zstd');
      response.end('x');
    });
    await expect(get(base)).rejects.toMatchObject({
      kind: 'answer',
      message: 'its answer is encoded in an unknown way',
    });
  });

  it('ends an answer that goes on for ever', async () => {
    const ended: Promise<unknown>[] = [];
    const base = await serve((_request, response) => {
      ended.push(
        new Promise(resolve => {
          response.on('close', resolve);
        }),
      );
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    await expect(get(base)).rejects.toMatchObject({
      kind: 'answer',
    });
    await ended[0];
  });

  it('does not take half an answer for a whole one', async () => {
    const base = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('{}');
      setImmediate(() => response.destroy());
    });
    await expect(get(base)).rejects.toMatchObject({
      kind: 'network',
      message: 'it was not answered (ECONNRESET)',
    });
  });
});
