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
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { certificate } from './certificate';

/** How the fake answers. */
export type LokiAnswer = (
  req: IncomingMessage,
  res: ServerResponse,
) => void | Promise<void>;

/** Answers with lines, as Loki does: streams of pairs of a time and a text. */
export function streams(...values: [time: string, text: string][][]) {
  return {
    status: 'success',
    data: {
      resultType: 'streams',
      result: values.map(lines => ({ stream: { app: 'shop' }, values: lines })),
    },
  };
}

/** Answers with JSON. */
export function answerJson(body: unknown, status = 200): LokiAnswer {
  return (_req, res) => {
    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(body));
  };
}

/** A server in place of Loki, for tests. */
export class FakeLoki {
  /** What it answers with. */
  answer: LokiAnswer = answerJson(streams());
  /** What it was asked. */
  readonly requests: {
    readonly method: string;
    readonly url: URL;
    readonly headers: IncomingMessage['headers'];
  }[] = [];
  readonly #server: http.Server | https.Server;
  readonly #scheme: string;

  private constructor(isSecure: boolean) {
    const listener = async (req: IncomingMessage, res: ServerResponse) => {
      this.requests.push({
        method: req.method!,
        url: new URL(req.url!, 'http://loki'),
        headers: req.headers,
      });
      await this.answer(req, res);
    };
    this.#scheme = isSecure ? 'https' : 'http';
    this.#server = isSecure
      ? https.createServer(certificate, listener)
      : http.createServer(listener);
  }

  /** Starts one, with TLS and a certificate that nobody trusts where `isSecure`. */
  static async start(isSecure = false): Promise<FakeLoki> {
    const loki = new FakeLoki(isSecure);
    await new Promise<void>(resolve => {
      loki.#server.listen(0, '127.0.0.1', resolve);
    });
    return loki;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://localhost:${port}`;
  }

  async stop(): Promise<void> {
    await new Promise(resolve => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}
