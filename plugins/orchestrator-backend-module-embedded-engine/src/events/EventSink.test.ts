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
import type { AddressInfo } from 'node:net';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { anEvent } from './__testUtils__/testEvents';
import { encodeAttribute } from './encodeAttribute';
import { eventHeaders, HttpEventSink } from './EventSink';

/** What the sink was asked. */
interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('encodeAttribute', () => {
  it.each([
    ['plain/text-5', 'plain/text-5'],
    ['a b"c%d', 'a%20b%22c%25d'],
    ['Grüße', 'Gr%C3%BC%C3%9Fe'],
    ['😀', '%F0%9F%98%80'],
    ['a\r\nce-type: forged', 'a%0D%0Ace-type:%20forged'],
    ['~!#', '~!#'],
    ['\u007f', '%7F'],
  ])('writes %p as %p', (value, written) => {
    expect(encodeAttribute(value)).toBe(written);
    expect(decodeURIComponent(written)).toBe(value);
  });
});

describe('HttpEventSink', () => {
  let server: Server;
  let asked: Asked[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let url: string;

  beforeEach(async () => {
    asked = [];
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(chunk);
      }
      const { headers, method, url: path } = request;
      asked.push({
        method,
        url: path,
        headers,
        body: Buffer.concat(chunks).toString(),
      });
      answer(request, response);
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  const send = (timeoutMs = 20_000, signal = new AbortController().signal) =>
    new HttpEventSink(url, { timeoutMs }).send(
      anEvent({
        id: 'r.1',
        source: '/process/a',
        subject: 'ä',
        time: '2026-11-22T15:00:00.000Z',
        data: { text: 'ä' },
        extensions: { orderid: '5 6' },
      }),
      signal,
    );

  it('sends a binary CloudEvent', async () => {
    answer = (_request, response) => response.writeHead(202).end();
    expect(await send()).toEqual({ taken: true });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: '/events',
      body: '{"text":"ä"}',
      headers: {
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-id': 'r.1',
        'ce-source': '/process/a',
        'ce-type': 'paid',
        'ce-subject': '%C3%A4',
        'ce-time': '2026-11-22T15:00:00.000Z',
        'ce-orderid': '5%206',
      },
    });
  });

  it('has no body and no content type without data', () => {
    expect(eventHeaders(anEvent()).get('content-type')).toBeNull();
    expect(eventHeaders(anEvent({ data: null })).get('content-type')).toBe(
      'application/json',
    );
  });

  it('does not follow a redirect', async () => {
    answer = (_request, response) =>
      response.writeHead(307, { location: '/elsewhere' }).end();
    expect(await send()).toEqual({ taken: false, reason: 'status 307' });
    expect(asked.map(({ url: path }) => path)).toEqual(['/events']);
  });

  it.each([400, 404, 500, 503])(
    'is not content with status %s',
    async status => {
      answer = (_request, response) => response.writeHead(status).end('geheim');
      expect(await send()).toEqual({
        taken: false,
        reason: `status ${status}`,
      });
    },
  );

  it('reads no more of an answer than a little', async () => {
    const cutOff = new Promise<void>(resolve => {
      answer = (_request, response) => {
        response.on('close', resolve);
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', more);
        more();
      };
    });
    expect(await send()).toEqual({ taken: true });
    // It would write for ever.
    await cutOff;
  });

  it('does not wait for ever', async () => {
    answer = () => {};
    expect(await send(50)).toEqual({
      taken: false,
      reason: 'no answer within 50 milliseconds',
    });
  });

  it('believes the status of an answer that never ends', async () => {
    answer = (_request, response) => response.writeHead(202).write('x');
    expect(await send(200)).toEqual({ taken: true });
  });

  it('is told when to give up', async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    expect(await send(20_000, controller.signal)).toEqual({
      taken: false,
      reason: 'no answer',
    });
  });

  it('says without an address why nobody answers', async () => {
    answer = request => request.socket.destroy();
    const cut = await send();
    expect(cut.taken).toBe(false);
    expect(JSON.stringify(cut)).not.toContain('127.0.0.1');
    await new Promise(resolve => {
      server.close(resolve);
    });
    expect(await send()).toEqual({
      taken: false,
      reason: 'no answer (ECONNREFUSED)',
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
  });
});
