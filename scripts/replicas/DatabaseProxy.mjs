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

// Stands between a backend and PostgreSQL, and does what networks and poolers do.
import net from 'node:net';

/** The message by which the server tells of a notification. */
const NOTIFICATION = 'A'.charCodeAt(0);
/** The type of a message and its length, which counts itself. */
const HEADER = 5;

/**
 * Forwards connections to a PostgreSQL server.
 *
 * - `open`: everything passes
 * - `deaf`: notifications are swallowed, as a pooler in transaction mode swallows them
 * - `mute`: nothing passes any more, and nobody is told, as when a network drops packets
 * - `gone`: all connections are cut and new ones refused
 */
export class DatabaseProxy {
  #server;
  #target;
  #pairs = new Set();
  #mode = 'open';
  #notifications = { passed: 0, swallowed: 0 };

  /** @param {{ host: string, port: number }} target the server */
  constructor(target) {
    this.#target = target;
    this.#server = net.createServer(socket => this.#accept(socket));
  }

  /** @returns {Promise<number>} the port on 127.0.0.1 */
  async start() {
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return this.#server.address().port;
  }

  /** How many notifications came from the server, by what became of them. */
  get notifications() {
    return { ...this.#notifications };
  }

  /**
   * Changes what is done. Connections that went mute do not speak again: they are cut by anything that comes after.
   *
   * @param {'open' | 'deaf' | 'mute' | 'gone'} mode
   */
  set(mode) {
    if (this.#mode === 'mute' || mode === 'gone') this.#cut();
    this.#mode = mode;
    if (mode === 'mute') {
      for (const { client, server } of this.#pairs) {
        client.pause();
        server.pause();
      }
    }
  }

  async stop() {
    this.#cut();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #cut() {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    this.#pairs.clear();
  }

  #accept(client) {
    if (this.#mode === 'gone') {
      client.destroy();
      return;
    }
    const server = net.connect(this.#target);
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = () => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    const read = this.#messageReader(chunk => client.write(chunk));
    client.on('data', chunk => server.write(chunk));
    server.on('data', read);
    if (this.#mode === 'mute') {
      client.pause();
      server.pause();
    }
  }

  /** Takes what the server says apart into messages, and passes on those that are to pass. */
  #messageReader(pass) {
    let rest = Buffer.alloc(0);
    return chunk => {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const passing = [];
      while (rest.length >= HEADER) {
        const length = 1 + rest.readUInt32BE(1);
        if (rest.length < length) break;
        const message = rest.subarray(0, length);
        rest = rest.subarray(length);
        if (this.#passes(message)) passing.push(message);
      }
      if (passing.length > 0) pass(Buffer.concat(passing));
    };
  }

  #passes(message) {
    if (message[0] !== NOTIFICATION) return true;
    const isSwallowed = this.#mode === 'deaf';
    this.#notifications[isSwallowed ? 'swallowed' : 'passed'] += 1;
    return !isSwallowed;
  }
}
