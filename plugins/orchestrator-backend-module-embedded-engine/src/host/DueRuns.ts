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
import type { Clock } from './clock';

/** Milliseconds until the next look where a run is due that could not be taken on: another process holds its row. */
const BLOCKED_MS = 20;

/** Looks for runs that are due: at times that are known, and now and then for those of others. */
export class DueRuns {
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #look: () => Promise<number | undefined>;
  #isRunning = false;
  #cancel?: () => void;
  #at = Number.POSITIVE_INFINITY;
  #looking?: Promise<void>;
  #isWanted = false;

  /**
   * @param pollMs - milliseconds between two looks, at most
   * @param look - takes on what is due, and says when the next run is; it does not throw
   */
  constructor(
    clock: Clock,
    pollMs: number,
    look: () => Promise<number | undefined>,
  ) {
    this.#clock = clock;
    this.#pollMs = pollMs;
    this.#look = look;
  }

  /** Looks from now; resolves after the first look. */
  async begin(): Promise<void> {
    this.#isRunning = true;
    await this.#poll();
  }

  /** Looks no more. */
  end(): void {
    this.#isRunning = false;
    this.#cancel?.();
  }

  /** Resolves once no look is under way. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  /** Looks at a time at the latest, in milliseconds since the epoch. */
  by(time: number): void {
    if (!this.#isRunning) {
      return;
    }
    const now = this.#clock.now();
    if (time <= now) {
      this.#now();
    } else if (time < this.#at) {
      this.#set(time, now);
    }
  }

  /** Looks at that time, and at no other that was set before. */
  #set(time: number, now: number): void {
    this.#cancel?.();
    this.#at = time;
    this.#cancel = this.#clock.after(time - now, () => {
      // It is over also where a look is under way: else no later time would ever be set again.
      this.#at = Number.POSITIVE_INFINITY;
      this.#now();
    });
  }

  /** Looks at once; after the look that is under way, which may have missed what it is for. */
  #now(): void {
    if (this.#looking === undefined) {
      this.#poll();
    } else {
      this.#isWanted = true;
    }
  }

  async #poll(): Promise<void> {
    this.#cancel?.();
    this.#at = Number.POSITIVE_INFINITY;
    this.#looking = this.#rounds();
    await this.#looking;
    this.#looking = undefined;
    if (this.#isWanted && this.#isRunning) {
      this.#poll();
    }
  }

  async #rounds(): Promise<void> {
    do {
      this.#isWanted = false;
      // Whoever asks in this turn of the event loop comes along.
      await Promise.resolve();
      const next = await this.#look();
      const now = this.#clock.now();
      this.#later(
        next !== undefined && next <= now
          ? now + BLOCKED_MS
          : Math.min(next ?? Infinity, now + this.#pollMs),
      );
    } while (this.#isWanted && this.#isRunning);
  }

  #later(time: number): void {
    if (this.#isRunning && time < this.#at) {
      this.#set(time, this.#clock.now());
    }
  }
}
