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

// The REST service that the runs call, and that remembers every call.
import http from 'node:http';

/** How long an answer takes; milliseconds. Long enough that whatever happens finds calls in flight. */
const DELAY_MS = 100;

/**
 * Answers each call with its name, which says the step, the run and the item it is for.
 *
 * A hit is `{ name, key, at }`: `key` is its Idempotency-Key, `at` when it came, in milliseconds since the epoch.
 */
export class Service {
  #server = http.createServer((request, response) =>
    this.#answer(request, response),
  );
  #hits = [];
  #asked = () => {};

  /** @returns {Promise<Service>} */
  static async start() {
    const service = new Service();
    await new Promise(resolve =>
      service.#server.listen(0, '127.0.0.1', resolve),
    );
    return service;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** @returns {{ name: string, key: string | undefined, at: number }[]} in the order in which they came */
  get hits() {
    return [...this.#hits];
  }

  get count() {
    return this.#hits.length;
  }

  /** @param {(question: { run: string, index: number }) => void} listener is told of each callback that begins */
  onAsked(listener) {
    this.#asked = listener;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #answer(request, response) {
    const at = Date.now();
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk));
    request.once('error', () => {});
    request.once('end', () => {
      const { step, index, item, run } = JSON.parse(Buffer.concat(chunks));
      const name = `${step} of ${index}${item ? ` for ${item}` : ''}`;
      this.#hits.push({ name, key: request.headers['idempotency-key'], at });
      if (run) this.#asked({ run, index });
      setTimeout(() => {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ answer: name }));
      }, DELAY_MS);
    });
  }
}
