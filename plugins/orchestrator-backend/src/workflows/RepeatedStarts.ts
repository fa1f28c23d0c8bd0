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

import { isStarted, type RunRow } from '../database/RunRow';
import type { RunStore } from '../database/RunStore';
import { engineUnavailable } from './EngineCalls';

/** How often it is looked whether a start has its answer: at first, and at most; milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1_000;

/** How many requests of one process wait at the same time. */
const MAX_WAITING = 200;

/** Repeats of starts that have no answer yet. All that wait for one start look together, without writing anything. */
export class RepeatedStarts {
  readonly #runs: RunStore;
  readonly #now: () => number;
  readonly #looks = new Map<string, Promise<void>>();
  #waiting = 0;

  constructor(options: { runs: RunStore; now: () => number }) {
    this.#runs = options.runs;
    this.#now = options.now;
  }

  /**
   * Waits until a start has an answer or is given up, and at most until a time.
   *
   * @param deadline - milliseconds since the epoch
   * @throws OrchestratorError `engine.unavailable` where too many wait
   */
  async wait(first: RunRow, deadline: number): Promise<void> {
    if (this.#waiting >= MAX_WAITING) {
      throw engineUnavailable(
        first.engineId,
        'Too many repeats wait for the answer to a first start',
      );
    }
    this.#waiting += 1;
    try {
      let look = this.#looks.get(first.id);
      if (!look) {
        look = this.#look(first, deadline).finally(() =>
          this.#looks.delete(first.id),
        );
        this.#looks.set(first.id, look);
      }
      await look;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #look(first: RunRow, deadline: number): Promise<void> {
    let pause = FIRST_PAUSE;
    while (this.#now() < deadline) {
      const wait = pause;
      await new Promise(resolve => {
        setTimeout(resolve, wait);
      });
      const row = await this.#runs.findByKey(first);
      if (!row || row.id !== first.id || isStarted(row)) return;
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }
}
