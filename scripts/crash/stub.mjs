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

// A REST service that counts its calls by their Idempotency-Key.
import http from 'node:http';

/** How long an answer takes; milliseconds. Long enough that a kill finds calls in flight. */
const DELAY_MS = 20;

/**
 * @returns {Promise<{ url: string, count: () => number, hits: () => Map<string, number>, stop: () => Promise<void> }>} `hits` is
 *   a copy of the counts by key
 */
export async function startStub() {
  const hits = new Map();
  let count = 0;
  const server = http.createServer((req, res) => {
    const key = req.headers['idempotency-key'] ?? 'none';
    hits.set(key, (hits.get(key) ?? 0) + 1);
    count += 1;
    req.resume();
    setTimeout(() => {
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ call: count }));
    }, DELAY_MS);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    count: () => count,
    hits: () => new Map(hits),
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
