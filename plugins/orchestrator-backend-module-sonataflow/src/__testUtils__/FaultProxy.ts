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

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { answer, TestServer } from './TestServer';

/** What a proxy does to a request in place of passing it on. */
export type Fault =
  /** Takes the request and never answers. Nothing reaches the upstream. */
  | 'hang'
  /** Passes the request on, and never answers. */
  | 'hang-after'
  /** Passes the request on, and gives the answer byte by byte, without end. */
  | 'dribble'
  /** Status 500 with a JSON body. */
  | 'error-500'
  /** Status 503, as a gateway without a service. */
  | 'error-503'
  /** Status 200 with a page of a login. */
  | 'html'
  /** Status 200 with half of a JSON text. */
  | 'broken-json'
  /** Status 200 with 50 MB of JSON. */
  | 'huge'
  /** Status 302 to another address. */
  | 'redirect'
  /** Ends the connection. Nothing reaches the upstream. */
  | 'reset'
  /** Passes the request on, waits for the answer, and ends the connection in its place. */
  | 'lose-answer'
  /** What is no HTTP. */
  | 'garbage';

/** Which requests a fault meets. */
export interface FaultOptions {
  /** All where it is absent. */
  readonly match?: (request: { method: string; path: string }) => boolean;
  /** How many of them; all where it is absent. */
  readonly times?: number;
}

/** A part of a Data Index's answer, as the pieces of a body. */
const HUGE = '{"data":{"ProcessInstances":[';
const HUGE_BYTES = 50_000_000;

/**
 * Stands between us and an upstream, a fake or the real SonataFlow, and does to requests what goes wrong in networks. Headers are
 * passed on as they come, case included.
 */
export class FaultProxy {
  /** The requests that came, in their order. */
  readonly requests: { method: string; path: string }[] = [];
  readonly #upstream: URL;
  readonly #server: TestServer;
  #faults: { fault: Fault; options: FaultOptions; left: number }[] = [];
  readonly #dribbling = new Set<NodeJS.Timeout>();

  private constructor(upstream: URL) {
    this.#upstream = upstream;
    this.#server = new TestServer((request, body, response) =>
      this.#respond(request, body, response),
    );
  }

  /** Starts it on a free port. */
  static async start(upstream: URL): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await proxy.resume();
    return proxy;
  }

  /** Its own address, without a path. */
  get url(): URL {
    return this.#server.url;
  }

  /** Injects a fault from now on, until it has met enough requests or `clear` is called. */
  inject(fault: Fault, options: FaultOptions = {}): void {
    this.#faults.push({ fault, options, left: options.times ?? Infinity });
  }

  /** Passes everything on again. */
  clear(): void {
    this.#faults = [];
  }

  /** Refuses connections, and ends those that there are, until `resume`. */
  async stop(): Promise<void> {
    for (const timer of this.#dribbling) clearInterval(timer);
    this.#dribbling.clear();
    await this.#server.close();
  }

  /** Listens again, on the same port. */
  async resume(): Promise<void> {
    await this.#server.listen();
  }

  async #respond(
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const seen = { method: request.method ?? '', path: request.url ?? '' };
    this.requests.push(seen);
    const met = this.#faults.find(
      ({ left, options }) => left > 0 && (options.match?.(seen) ?? true),
    );
    if (!met) {
      await this.#pass(request, body, response);
      return;
    }
    met.left -= 1;
    await this.#spoil(met.fault, request, body, response);
  }

  async #spoil(
    fault: Fault,
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const { socket } = request;
    switch (fault) {
      case 'hang':
        return;
      case 'hang-after':
        await this.#forward(request, body);
        return;
      case 'dribble':
        await this.#forward(request, body);
        this.#dribble(response);
        return;
      case 'error-500':
        answer(response, 500, '{"message":"secret of upstream.internal"}');
        return;
      case 'error-503':
        answer(response, 503, 'no upstream.internal', 'text/plain');
        return;
      case 'html':
        answer(response, 200, '<html>upstream.internal</html>', 'text/html');
        return;
      case 'broken-json':
        answer(response, 200, '{"data": {"upstream.internal"');
        return;
      case 'huge':
        this.#flood(response);
        return;
      case 'redirect':
        response.writeHead(302, { Location: 'http://upstream.internal/' });
        response.end();
        return;
      case 'reset':
        socket.resetAndDestroy();
        return;
      case 'lose-answer':
        await this.#forward(request, body);
        socket.resetAndDestroy();
        return;
      default:
        socket.end('upstream.internal speaks something else\r\n\r\n');
    }
  }

  #dribble(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 10);
    this.#dribbling.add(timer);
    response.on('close', () => {
      clearInterval(timer);
      this.#dribbling.delete(timer);
    });
  }

  #flood(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write(HUGE);
    const piece = Buffer.alloc(64 * 1024, '{},');
    let left = HUGE_BYTES;
    const write = () => {
      while (left > 0 && !response.destroyed) {
        left -= piece.byteLength;
        if (!response.write(piece)) {
          response.once('drain', write);
          return;
        }
      }
      response.end('{}]}}');
    };
    write();
  }

  async #pass(
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const { status, headers, text } = await this.#forward(request, body);
    if (status === 0) {
      // The upstream cannot be reached: whoever asks finds the connection closed.
      response.destroy();
      return;
    }
    response.writeHead(status, headers);
    response.end(text);
  }

  #forward(
    request: IncomingMessage,
    body: string,
  ): Promise<{ status: number; headers: string[]; text: Buffer }> {
    const { rawHeaders, method, url } = request;
    const headers: Record<string, string> = {};
    for (let at = 0; at < rawHeaders.length; at += 2) {
      headers[rawHeaders[at]] = rawHeaders[at + 1];
    }
    return new Promise(resolve => {
      const failed = { status: 0, headers: [], text: Buffer.alloc(0) };
      const passed = http.request(
        {
          hostname: this.#upstream.hostname,
          port: this.#upstream.port,
          path: url,
          method,
          headers: { ...headers, Host: this.#upstream.host },
          agent: false,
        },
        upstream => {
          const chunks: Buffer[] = [];
          upstream.on('data', chunk => chunks.push(chunk));
          upstream.on('error', () => resolve(failed));
          upstream.on('end', () =>
            resolve({
              status: upstream.statusCode ?? 0,
              headers: withoutFraming(upstream.rawHeaders),
              text: Buffer.concat(chunks),
            }),
          );
        },
      );
      passed.on('error', () => resolve(failed));
      passed.end(body);
    });
  }
}

/** The headers of an answer without those of its connection. */
function withoutFraming(rawHeaders: readonly string[]): string[] {
  const framing = ['transfer-encoding', 'connection', 'content-length'];
  return rawHeaders.filter(
    (_text, at) => !framing.includes(rawHeaders[at - (at % 2)].toLowerCase()),
  );
}
