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

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Passes connections on to a port of 127.0.0.1, and can lose the answer to a request that has arrived. */
export class AnswerLoser {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #path: string | undefined;

  private constructor(target: number) {
    this.#server = createServer(socket => this.#pass(socket, target));
  }

  /** Starts it on a free port. */
  static async start(target: number): Promise<AnswerLoser> {
    const loser = new AnswerLoser(target);
    await new Promise<void>(resolve => {
      loser.#server.listen(0, '127.0.0.1', resolve);
    });
    return loser;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends the connection in place of the next answer to a POST of a path. */
  loseNext(path: string): void {
    this.#path = path;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
    });
  }

  #pass(socket: Socket, target: number): void {
    const upstream = connect(target, '127.0.0.1');
    let loses = false;
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
    socket.on('data', (piece: Buffer) => {
      const path = this.#path;
      if (path !== undefined && piece.includes(`POST ${path}?`)) {
        this.#path = undefined;
        loses = true;
      }
      upstream.write(piece);
    });
    upstream.on('data', (piece: Buffer) => {
      if (loses) socket.resetAndDestroy();
      else socket.write(piece);
    });
  }
}
