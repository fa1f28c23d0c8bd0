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

import {
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
} from 'node:http';
import { parseEvents, type ReceivedEvent } from './parseEvents';

/** A client of server-sent events over HTTP, which can be cut off at any place. */
export class SseClient {
  readonly #request: ClientRequest;
  readonly #opened: Promise<void>;
  #text = '';
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #hasEnded = false;
  #listeners: (() => void)[] = [];

  /** Begins to read; `headers` as they go over the wire. */
  constructor(url: string, headers: Record<string, string>) {
    this.#request = request(url, { headers });
    this.#opened = new Promise((resolve, reject) => {
      this.#request.on('error', error => {
        reject(error);
        this.#close();
      });
      this.#request.on('response', res => {
        this.#status = res.statusCode!;
        this.#headers = res.headers;
        res.setEncoding('utf8');
        res.on('data', (chunk: string) => {
          this.#text += chunk;
          this.#tell();
        });
        res.on('error', () => this.#close());
        res.on('close', () => this.#close());
        resolve();
      });
    });
    this.#opened.catch(() => {});
    this.#request.end();
  }

  get status(): number {
    return this.#status;
  }

  get headers(): IncomingHttpHeaders {
    return this.#headers;
  }

  get text(): string {
    return this.#text;
  }

  /** All whole events so far. */
  get events(): ReceivedEvent[] {
    return parseEvents(this.#text);
  }

  /** The id of the last event that came. */
  get lastId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  async opened(): Promise<this> {
    await this.#opened;
    return this;
  }

  /** Waits until something holds of what has come; the time-out of the test ends it where it never does. */
  async until(holds: (client: this) => boolean): Promise<this> {
    await this.#opened;
    while (!holds(this)) {
      if (this.#hasEnded) throw new Error(`It ended with: ${this.#text}`);
      await new Promise<void>(resolve => this.#listeners.push(resolve));
    }
    return this;
  }

  /** Waits for the end of the response, whoever ends it. */
  async ended(): Promise<this> {
    await this.#opened;
    while (!this.#hasEnded) {
      await new Promise<void>(resolve => this.#listeners.push(resolve));
    }
    return this;
  }

  /** Cuts the connection. */
  cut(): void {
    this.#request.destroy();
  }

  #close(): void {
    this.#hasEnded = true;
    this.#tell();
  }

  #tell(): void {
    this.#listeners.splice(0).forEach(listener => listener());
  }
}
