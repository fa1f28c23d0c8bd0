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

/** Runs of which a change is remembered. */
const MAX_KNOWN = 200_000;

interface Known {
  readonly revision: number;
  readonly changedAt: number;
}

/**
 * The changes that are stored already and will be read again, since the times that are read overlap. What is forgotten is only
 * delivered again.
 */
export class KnownRuns {
  readonly #max: number;
  readonly #known = new Map<string, Known>();
  #forgotten: number | undefined;

  constructor(max = MAX_KNOWN) {
    this.#max = max;
  }

  /** The latest time of change that was forgotten for want of room, in milliseconds; undefined where none was. */
  get forgotten(): number | undefined {
    return this.#forgotten;
  }

  has(id: string, revision: number): boolean {
    return this.#known.get(id)?.revision === revision;
  }

  /** @param changedAt - milliseconds */
  add(id: string, revision: number, changedAt: number): void {
    // The oldest stay at the front.
    this.#known.delete(id);
    this.#known.set(id, { revision, changedAt });
  }

  /** Forgets what will not be read again, and the oldest where there are too many. */
  prune(readFrom: number): void {
    for (const [id, { changedAt }] of this.#known) {
      const isTooMany = this.#known.size > this.#max;
      if (isTooMany) {
        this.#forgotten = Math.max(this.#forgotten ?? 0, changedAt);
      }
      if (isTooMany || changedAt < readFrom) this.#known.delete(id);
    }
  }

  clear(): void {
    this.#known.clear();
    this.#forgotten = undefined;
  }
}
