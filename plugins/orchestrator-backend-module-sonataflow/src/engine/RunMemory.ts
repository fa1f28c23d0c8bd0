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

/** How long something is remembered; milliseconds. By then every Data Index has heard of it. */
const MAX_AGE = 60_000;

/** The most that is remembered. */
const MAX_SIZE = 10_000;

/** Remembers some runs for a while: when what they stand for happened first. */
export class RunMemory {
  readonly #now: () => number;
  readonly #times = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Remembers a run, unless it is remembered already. */
  add(runId: string): void {
    if (this.time(runId) !== undefined) return;
    this.#times.delete(runId);
    this.#times.set(runId, this.#now());
    for (const [oldest] of this.#times) {
      if (this.#times.size <= MAX_SIZE && this.time(oldest) !== undefined) {
        break;
      }
      this.#times.delete(oldest);
    }
  }

  /** Since when a run is remembered, in milliseconds since the epoch; undefined where it is not. */
  time(runId: string): number | undefined {
    const time = this.#times.get(runId);
    return time !== undefined && this.#now() - time < MAX_AGE
      ? time
      : undefined;
  }

  delete(runId: string): void {
    this.#times.delete(runId);
  }
}
