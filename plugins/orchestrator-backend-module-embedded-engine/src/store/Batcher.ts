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

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** What one batch may hold; a longer one only makes its first wait. */
const MAX_BATCH = 50;

/**
 * Does work for several callers at once: what comes while all places are taken is done together. A batch that fails is done again one
 * by one, so that nobody suffers for another.
 */
export class Batcher<T, R> {
  readonly #work: (items: readonly T[]) => Promise<readonly R[]>;
  readonly #places: number;
  readonly #waiting: Waiting<T, R>[] = [];
  #active = 0;

  /**
   * @param work - gives one result for each item, in their order; all of it or nothing
   * @param places - batches at one time
   */
  constructor(
    work: (items: readonly T[]) => Promise<readonly R[]>,
    places: number,
  ) {
    this.#work = work;
    this.#places = places;
  }

  /** Has an item done. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // Whoever comes in this turn of the event loop comes along.
      queueMicrotask(() => this.#next());
    });
  }

  #next(): void {
    if (this.#active >= this.#places || this.#waiting.length === 0) {
      return;
    }
    this.#active += 1;
    const batch = this.#waiting.splice(0, MAX_BATCH);
    this.#do(batch).finally(() => {
      this.#active -= 1;
      this.#next();
    });
  }

  async #do(batch: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.#work(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, i) => resolve(results[i]));
    } catch (error) {
      if (batch.length === 1) {
        batch[0].reject(error);
        return;
      }
      for (const single of batch) {
        await this.#do([single]);
      }
    }
  }
}
