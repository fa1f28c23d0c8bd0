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

// The address that the Data Index gives for the runtime. It leads to the service, or to a proxy of a test, or nowhere.
import net from 'node:net';

/** Passes connections on, byte by byte. */
export class Forwarder {
  #port;
  #target;
  #server;
  #sockets = new Set();

  /** @param {number} port where it listens, on 127.0.0.1 */
  constructor(port) {
    this.#port = port;
  }

  /**
   * Leads new connections elsewhere, and ends those that there are.
   *
   * @param {number | undefined} target a port on 127.0.0.1; undefined refuses connections
   */
  async lead(target) {
    this.#target = target;
    for (const socket of this.#sockets) socket.destroy();
    if (target === undefined) await this.close();
    else if (!this.#server) await this.#listen();
  }

  async close() {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise(resolve => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listen() {
    const server = net.createServer(socket => this.#forward(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
  }

  #forward(socket) {
    const upstream = net.connect(this.#target, '127.0.0.1');
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    socket.pipe(upstream).pipe(socket);
  }
}
