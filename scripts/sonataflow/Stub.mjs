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

// What the workflows under test call, and where their events go.
import http from 'node:http';

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function parsed(text) {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Answers by a script, `{"GET /things/1": [{ status, body, headers, delayMs }, …]}`, whose last answer repeats. Without one it
 * answers what is below /echo with what it was sent, what is below /once with 503 for the first call of a path and 200 from
 * then on, takes CloudEvents at /sink, and answers all else with 404.
 */
export class Stub {
  #server;
  #script = new Map();
  #seen = new Set();
  #calls = [];
  #emitted = [];

  constructor() {
    this.#server = http.createServer(async (request, response) => {
      const body = parsed(await textOf(request));
      const url = new URL(request.url, 'http://stub');
      if (url.pathname === '/sink') {
        this.#emitted.push({ headers: request.headers, body });
        response.writeHead(202).end();
        return;
      }
      this.#calls.push({
        method: request.method,
        path: url.pathname,
        ...(url.search ? { query: Object.fromEntries(url.searchParams) } : {}),
        ...(body === undefined ? {} : { body }),
        rawHeaders: request.rawHeaders,
      });
      const answer = this.#answer(request.method, url.pathname, body);
      if (answer.delayMs) {
        await new Promise(resolve => setTimeout(resolve, answer.delayMs));
      }
      const isText = typeof answer.body === 'string';
      response.writeHead(answer.status ?? 200, {
        'content-type': isText ? 'text/plain' : 'application/json',
        ...answer.headers,
      });
      response.end(isText ? answer.body : JSON.stringify(answer.body));
    });
  }

  /** What it was asked and sent since the last reset. */
  get seen() {
    return { calls: this.#calls, emitted: this.#emitted };
  }

  listen(port) {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  /** Forgets what it has seen, and takes new answers. */
  reset(script = {}) {
    this.#calls = [];
    this.#emitted = [];
    this.#script = new Map(
      Object.entries(script).map(([key, answers]) => [key, [...answers]]),
    );
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise(resolve => this.#server.close(resolve));
  }

  #answer(method, path, body) {
    const list = this.#script.get(`${method} ${path}`);
    if (list?.length) return list.length > 1 ? list.shift() : list[0];
    if (path.startsWith('/echo')) return { body: { echo: body ?? null } };
    if (path.startsWith('/once/')) {
      if (this.#seen.has(path)) return { body: { fine: true } };
      this.#seen.add(path);
      return { status: 503, body: { message: 'the first time' } };
    }
    return { status: 404, body: { message: 'not scripted' } };
  }
}
