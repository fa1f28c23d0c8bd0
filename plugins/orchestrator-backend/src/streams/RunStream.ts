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

import type { Principal } from '../gate/Principal';
import { END, eventText, HEARTBEAT, PREAMBLE } from './eventText';
import type { RunNews, RunPlace } from './RunNews';
import type { StreamSink } from './StreamSink';

/** One reader of one run. */
export class RunStream implements RunPlace {
  readonly runId: string;
  readonly principal: Principal;
  readonly openedAt: number;
  /** Resolves once the response has ended. */
  readonly closed: Promise<void>;
  readonly #sink: StreamSink;
  readonly #now: () => number;
  #cursor: string | undefined;
  #wroteAt: number;
  #readAt: number;
  #blockedAt: number | undefined;
  #hasMore = false;
  #isOver = false;

  /** @param options - `cursor`: the place behind which the reader wants to know more; `drained` is called when it has caught up */
  constructor(options: {
    runId: string;
    principal: Principal;
    cursor: string | undefined;
    sink: StreamSink;
    now: () => number;
    drained: () => void;
  }) {
    this.runId = options.runId;
    this.principal = options.principal;
    this.#cursor = options.cursor;
    this.#sink = options.sink;
    this.#now = options.now;
    this.openedAt = this.#now();
    this.#wroteAt = this.openedAt;
    this.#readAt = this.openedAt;
    this.closed = new Promise(resolve => {
      options.sink.onClose(() => {
        this.#isOver = true;
        resolve();
      });
    });
    options.sink.onDrain(() => {
      this.#blockedAt = undefined;
      options.drained();
    });
    this.#write(PREAMBLE);
  }

  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Whether something may be written now. */
  get isReady(): boolean {
    return !this.#isOver && this.#blockedAt === undefined;
  }

  /** Whether it is known that there is more. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** When the run was read last for it; milliseconds since the epoch. */
  get readAt(): number {
    return this.#readAt;
  }

  /** For how long the reader takes nothing; milliseconds. */
  get blockedFor(): number {
    return this.#blockedAt === undefined ? 0 : this.#now() - this.#blockedAt;
  }

  /** For how long nothing was written; milliseconds. */
  get silentFor(): number {
    return this.#now() - this.#wroteAt;
  }

  /** Writes what happened behind the place of the reader, and ends where the run has. */
  tell({ events, cursor, ended, hasMore }: RunNews): void {
    if (this.#isOver) return;
    this.#readAt = this.#now();
    this.#cursor = cursor;
    this.#hasMore = hasMore;
    const text = events.map(eventText).join('');
    if (text !== '' || ended) this.#write(ended ? text + END : text);
    if (ended) this.end();
  }

  /** Shows that the stream lives. */
  beat(): void {
    if (this.isReady) this.#write(HEARTBEAT);
  }

  /** Ends the stream; a reader that does not take what is written is not waited for. */
  end(): void {
    if (this.#isOver) return;
    const { isReady } = this;
    this.#isOver = true;
    if (isReady) this.#sink.end();
    else this.#sink.destroy();
  }

  /** Ends the stream at once, whatever was said before. */
  destroy(): void {
    this.#isOver = true;
    this.#sink.destroy();
  }

  #write(text: string): void {
    this.#wroteAt = this.#now();
    if (!this.#sink.write(text)) this.#blockedAt = this.#wroteAt;
  }
}
