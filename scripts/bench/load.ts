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

import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** A request that is sent again and again. */
export interface LoadRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How a burst of requests went. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  /** How long each request took; milliseconds. */
  readonly latencies: readonly number[];
}

/**
 * Whether a request failed only since the server had closed the idle connection that it was sent over, as servers do after a few
 * seconds: it may be sent again.
 */
export function isStaleConnection(
  request: http.ClientRequest,
  error: NodeJS.ErrnoException,
): boolean {
  return (
    request.reusedSocket &&
    request.method === 'GET' &&
    ['ECONNRESET', 'EPIPE'].includes(String(error.code))
  );
}

function send(
  agent: http.Agent,
  request: LoadRequest,
  begin = performance.now(),
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      request.url,
      {
        agent,
        method: request.method ?? 'GET',
        headers: {
          ...request.headers,
          ...(request.body === undefined
            ? {}
            : {
                'Content-Type': 'application/json',
                'Content-Length': Buffer.byteLength(request.body),
              }),
        },
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) {
            resolve(performance.now() - begin);
            return;
          }
          // A refusal is quick and would pass for a good result.
          const text = Buffer.concat(chunks).toString('utf8').slice(0, 500);
          reject(new Error(`${request.url}: ${response.statusCode} ${text}`));
        });
      },
    );
    outgoing.on('error', error => {
      if (isStaleConnection(outgoing, error)) {
        send(agent, request, begin).then(resolve, reject);
      } else {
        reject(error);
      }
    });
    outgoing.end(request.body);
  });
}

/**
 * Sends requests over connections that are kept alive, the next one as soon as one is answered.
 *
 * @param options.next - gives the next request; undefined ends the burst
 * @param options.concurrency - how many requests are under way at a time
 * @param options.seconds - when to end at the latest
 * @param options.pauseMs - how long to wait between an answer and the next request
 * @param options.leadSeconds - how long to send before anything is measured; it adds to `seconds`
 * @throws where an answer is anything but 200
 */
export async function runLoad(options: {
  next: () => LoadRequest | undefined;
  concurrency: number;
  seconds: number;
  pauseMs?: number;
  leadSeconds?: number;
}): Promise<LoadResult> {
  const { concurrency } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  const latencies: number[] = [];
  const begin = performance.now() + (options.leadSeconds ?? 0) * 1000;
  const deadline = begin + options.seconds * 1000;
  try {
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (performance.now() < deadline) {
          const request = options.next();
          if (!request) return;
          const isMeasured = performance.now() >= begin;
          const latency = await send(agent, request);
          if (isMeasured) latencies.push(latency);
          if (options.pauseMs) await delay(options.pauseMs);
        }
      }),
    );
  } finally {
    agent.destroy();
  }
  const seconds = (performance.now() - begin) / 1000;
  return { requestsPerSecond: latencies.length / seconds, latencies };
}
