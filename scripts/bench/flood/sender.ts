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

// Sends requests at a steady rate, however they are answered, in a process of its own: what it costs to send them delays nobody
// who is measured. It begins when it is told what to send, and ends when its parent is gone or says so.
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { isStaleConnection } from '../load';
import { type FloodCredential, makeCredential } from './credentials';

/** What a flood consists of. */
export interface FloodOrder {
  readonly url: string;
  readonly credential: FloodCredential;
  readonly requestsPerSecond: number;
}

/** What became of a flood. */
export interface FloodReport {
  readonly answers: number;
  readonly seconds: number;
  /** How many answers there were of each status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** How often what is due is sent; milliseconds. */
const TICK = 2;

/** How many requests are under way at most; beyond, the server is not able to take the rate. */
const MAX_OPEN = 64;

function flood(order: FloodOrder): () => FloodReport {
  const agent = new http.Agent({ keepAlive: true, maxSockets: MAX_OPEN });
  const credential = makeCredential[order.credential];
  const statuses: Record<string, number> = {};
  const begin = performance.now();
  let sent = 0;
  let answers = 0;
  let open = 0;
  const ended = (status: string) => {
    open -= 1;
    answers += 1;
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const send = () => {
    open += 1;
    sent += 1;
    const outgoing = http.get(
      order.url,
      { agent, headers: { Authorization: `Bearer ${credential()}` } },
      response => {
        response.resume();
        response.on('end', () => ended(String(response.statusCode)));
      },
    );
    outgoing.on('error', error => {
      if (isStaleConnection(outgoing, error)) open -= 1;
      else ended('error');
    });
  };
  const timer = setInterval(() => {
    const elapsed = (performance.now() - begin) / 1_000;
    const due = Math.floor(elapsed * order.requestsPerSecond) - sent;
    for (let n = 0; n < due && open < MAX_OPEN; n += 1) send();
  }, TICK);
  return () => {
    clearInterval(timer);
    return {
      answers,
      seconds: (performance.now() - begin) / 1_000,
      statuses,
    };
  };
}

process.once('disconnect', () => process.exit());
let end: (() => FloodReport) | undefined;
// The transform of TypeScript is sent messages of its own.
process.on('message', (message: { order?: FloodOrder; end?: true }) => {
  if (message.order) {
    end = flood(message.order);
  } else if (message.end) {
    process.send!({ report: end!() }, () => process.exit());
  }
});
process.send!({ ready: true });
