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

import { LRUCache } from 'lru-cache';
import type { RateLimit } from '../config/AuthConfig';
import { SlidingWindow } from './SlidingWindow';

/** How many callers are remembered at most. */
const MAX_CALLERS = 20_000;

/** How many callers are remembered at least, however many failures they are allowed. */
const MIN_CALLERS = 100;

/** How many failures are remembered of all callers together, roughly. */
const MAX_FAILURES = 1_000_000;

/** How many callers wait at most to be shared with the other replicas. */
const MAX_UNSHARED = 5_000;

/** What a limit is by. */
export type LimitName = 'ip' | 'identity';

/** The failures of the callers of one limit, in bounded memory: the callers that failed least recently are forgotten. */
export class FailureCounts {
  readonly name: LimitName;
  readonly limit: RateLimit;
  readonly #windows: LRUCache<string, SlidingWindow>;
  readonly #unshared = new Set<string>();

  constructor(name: LimitName, limit: RateLimit) {
    this.name = name;
    this.limit = limit;
    this.#windows = new LRUCache({
      max: Math.min(
        MAX_CALLERS,
        Math.max(
          MIN_CALLERS,
          Math.floor(MAX_FAILURES / Math.max(1, limit.failures)),
        ),
      ),
    });
  }

  /** How long until a caller has a slot; milliseconds, 0 where it has one. */
  wait(caller: string, now: number): number {
    return this.limit.failures === 0
      ? 0
      : this.#windows.get(caller)?.wait(now) ?? 0;
  }

  /** Counts a failure of a caller. */
  add(caller: string, now: number): void {
    if (this.limit.failures === 0) return;
    let window = this.#windows.get(caller);
    if (!window) {
      window = new SlidingWindow(this.limit);
      this.#windows.set(caller, window);
    }
    window.add(now);
    this.markUnshared(caller);
  }

  /** What is known of a caller, without counting that as a sign of life. */
  windowOf(caller: string): SlidingWindow | undefined {
    return this.#windows.peek(caller);
  }

  /** Whether the failures of any caller wait to be shared. */
  get hasUnshared(): boolean {
    return this.#unshared.size > 0;
  }

  /** Takes callers whose failures wait to be shared, those that wait longest first. */
  takeUnshared(count: number): string[] {
    const taken: string[] = [];
    for (const caller of this.#unshared) {
      if (taken.length === count) break;
      this.#unshared.delete(caller);
      taken.push(caller);
    }
    return taken;
  }

  /** Has the failures of a caller shared; where too many wait already, they count on this replica alone. */
  markUnshared(caller: string): void {
    if (this.#unshared.size < MAX_UNSHARED) {
      this.#unshared.add(caller);
    }
  }
}
