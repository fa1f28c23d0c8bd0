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

import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** The time of a request is over. */
export class DeadlineError extends Error {}

/** Whoever asked does not wait any longer. */
export class EndedError extends Error {}

/** A signal that ends with a time-out, with the caller's own signal, or with the client. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #endsAt: number;
  readonly #sources: readonly AbortSignal[];
  readonly #end = () => this.#controller.abort(new EndedError());

  /** @param sources - signals that end it early */
  constructor(timeoutMs: number, sources: readonly AbortSignal[]) {
    this.#sources = sources;
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(
      () => this.#controller.abort(new DeadlineError()),
      timeoutMs,
    );
    for (const source of sources) {
      // Any number of requests can share a signal, and each leaves it again.
      setMaxListeners(0, source);
      if (source.aborted) this.#end();
      source.addEventListener('abort', this.#end, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds until its time is over. */
  get left(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * Waits.
   *
   * @throws DeadlineError or EndedError where the time ends before
   */
  async pause(milliseconds: number): Promise<void> {
    const { signal } = this;
    try {
      await delay(milliseconds, undefined, { signal });
    } catch {
      throw signal.reason;
    }
  }

  /** Gives up the timer and the listeners. */
  close(): void {
    clearTimeout(this.#timer);
    for (const source of this.#sources) {
      source.removeEventListener('abort', this.#end);
    }
  }
}
