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

// What listens where.
import net from 'node:net';

/**
 * Whether a port can be listened on.
 *
 * @param {number} port
 * @param {string} [host] the address to listen on; absent for all
 * @returns {Promise<boolean>}
 */
export function isPortFree(port, host) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', error => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ port, host }, () => server.close(() => resolve(true)));
  });
}

/**
 * Waits until a URL answers with success.
 *
 * @param {string} url
 * @param {{ signal?: AbortSignal, everyMs?: number }} [options]
 * @returns {Promise<boolean>} false where the signal ended the wait
 */
export async function waitForAnswer(url, { signal, everyMs = 500 } = {}) {
  while (!signal?.aborted) {
    try {
      const response = await fetch(url, { signal });
      await response.body?.cancel();
      if (response.ok) return true;
    } catch {
      // Nothing listens there yet.
    }
    await new Promise(resolve => setTimeout(resolve, everyMs));
  }
  return false;
}
