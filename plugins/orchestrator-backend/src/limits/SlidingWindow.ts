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

import type { RateLimit } from '../config/AuthConfig';

/**
 * The failures of one caller that still count. One of the time t counts until the clock shows t + window.
 *
 * Of the failures that are counted here and those that other replicas counted, no more than the newest that decide are
 * kept: as many as the limit allows.
 */
export class SlidingWindow {
  readonly #limit: RateLimit;
  #own: number[] = [];
  #others: number[] = [];
  #isMerged = false;
  /** When a slot frees, while there is none; kept so that a flood costs one comparison. */
  #fullUntil = -Infinity;

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** The times of the failures that were counted here; milliseconds since the epoch. */
  get own(): readonly number[] {
    return this.#own;
  }

  /** How long until a slot frees; milliseconds, 0 where there is one. */
  wait(now: number): number {
    const { windowMs } = this.#limit;
    const known = this.#fullUntil - now;
    if (known > 0 && known <= windowMs) {
      return known;
    }
    this.#tidy(now);
    return Math.max(0, this.#fullUntil - now);
  }

  /** Counts a failure. */
  add(now: number): void {
    this.#own.push(now);
    this.#tidy(now);
  }

  /**
   * Takes over what the database says.
   *
   * @param own - what this replica stored; it is news only to a window that had been forgotten
   * @param others - what all other replicas stored
   */
  merge(own: readonly number[], others: readonly number[], now: number): void {
    if (!this.#isMerged) {
      this.#isMerged = true;
      this.#own.push(...own);
    }
    this.#others = [...others];
    this.#tidy(now);
  }

  #tidy(now: number): void {
    this.#own = this.#newest(this.#own, now);
    this.#others = this.#newest(this.#others, now);
    const { failures, windowMs } = this.#limit;
    const decisive = this.#newest([...this.#own, ...this.#others], now);
    this.#fullUntil =
      decisive.length < failures ? -Infinity : decisive[0] + windowMs;
  }

  /** The newest failures that count, the oldest first. A time ahead of the clock, which may have been set back, is now. */
  #newest(times: readonly number[], now: number): number[] {
    const { failures, windowMs } = this.#limit;
    return times
      .map(time => Math.min(time, now))
      .filter(time => time > now - windowMs)
      .sort((a, b) => a - b)
      .slice(-failures);
  }
}
