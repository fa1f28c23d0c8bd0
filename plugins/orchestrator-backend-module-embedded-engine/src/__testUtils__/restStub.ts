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
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer of the stub. */
export interface StubAnswer {
  readonly status?: number;
  readonly body?: JsonValue;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  readonly headers?: Record<string, string>;
  /** Answers only when this resolves. */
  readonly after?: Promise<unknown>;
  /** Answers only after so many milliseconds. */
  readonly delayMs?: number;
}

/** A call that the stub has got. */
export interface StubCall {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly body?: JsonValue;
  readonly headers: IncomingHttpHeaders;
}

/** An event that the stub has got at /sink. */
export interface StubEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly data?: JsonValue;
  readonly headers: IncomingHttpHeaders;
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * A REST endpoint for tests: answers by script (the last answer of a list repeats), POST and PUT below /echo with what they send, and
 * 404 else. Events that come to /sink in binary mode are kept apart from calls; unless the script says otherwise they are taken.
 */
export class RestStub {
  readonly calls: StubCall[] = [];
  readonly emitted: StubEvent[] = [];
  readonly #script = new Map<string, StubAnswer[]>();
  readonly #responders = new Map<string, (call: StubCall) => StubAnswer>();
  readonly #listeners = new Set<(call: StubCall) => void>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', chunk => chunks.push(chunk));
      request.on('end', async () => {
        const text = Buffer.concat(chunks).toString();
        const url = new URL(request.url ?? '/', 'http://stub');
        const body = text === '' ? undefined : parsed(text);
        const call: StubCall = {
          method: request.method ?? '',
          path: url.pathname,
          ...(url.search
            ? { query: Object.fromEntries(url.searchParams) }
            : {}),
          ...(body === undefined ? {} : { body }),
          headers: request.headers,
        };
        const isEvent = url.pathname === '/sink';
        if (!isEvent) {
          this.calls.push(call);
          this.#listeners.forEach(listener => listener(call));
        }
        const answer = this.#answer(`${call.method} ${url.pathname}`, call);
        await answer.after;
        if (answer.delayMs !== undefined) {
          await new Promise(resolve => {
            setTimeout(resolve, answer.delayMs);
          });
        }
        if (isEvent && (answer.status ?? 200) < 300) {
          this.#keep(call);
        }
        response.writeHead(answer.status ?? 200, {
          'content-type': 'application/json',
          ...answer.headers,
        });
        response.end(
          answer.text ??
            (answer.body === undefined ? '' : JSON.stringify(answer.body)),
        );
      });
    });
  }

  static async start(): Promise<RestStub> {
    const stub = new RestStub();
    await new Promise<void>(resolve => {
      stub.#server.listen(0, '127.0.0.1', resolve);
    });
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets calls and answers, and takes new answers by `METHOD /path`. */
  reset(script: Readonly<Record<string, readonly StubAnswer[]>> = {}): void {
    this.calls.length = 0;
    this.emitted.length = 0;
    this.#script.clear();
    this.#responders.clear();
    for (const [key, answers] of Object.entries(script)) {
      this.#script.set(key, [...answers]);
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
    });
  }

  /** Tells of each call, before it is answered. Returns a function that ends that. */
  onCall(listener: (call: StubCall) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Answers calls of `METHOD /path` by what they are. */
  answer(key: string, respond: (call: StubCall) => StubAnswer): void {
    this.#responders.set(key, respond);
  }

  #keep({ body, headers }: StubCall): void {
    this.emitted.push({
      id: String(headers['ce-id']),
      type: String(headers['ce-type']),
      source: String(headers['ce-source']),
      ...(body === undefined ? {} : { data: body }),
      headers,
    });
  }

  #answer(key: string, call: StubCall): StubAnswer {
    const respond = this.#responders.get(key);
    if (respond !== undefined) {
      return respond(call);
    }
    const list = this.#script.get(key);
    if (list !== undefined && list.length > 0) {
      return list.length > 1 ? list.shift()! : list[0];
    }
    if (call.path === '/sink') {
      return { status: 202 };
    }
    return call.path.startsWith('/echo')
      ? { body: { echo: call.body ?? null } }
      : { status: 404, body: { message: 'not scripted' } };
  }
}
