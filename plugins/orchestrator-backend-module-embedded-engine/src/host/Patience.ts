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

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;

/** Pauses that can be ended. */
export class Patience {
  readonly #clock: Clock;
  #isOver = false;
  #cancel?: () => void;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Waits; not at all once it is over. */
  async pause(milliseconds: number): Promise<void> {
    if (this.#isOver) {
      return;
    }
    await new Promise<void>(resolve => {
      const cancel = this.#clock.after(milliseconds, resolve);
      this.#cancel = () => {
        cancel();
        resolve();
      };
    });
  }

  /**
   * Does something as often as it takes, with pauses that grow.
   *
   * @param isFinal - whether an error is not to be tried again; it is thrown
   * @param failed - hears of each error that is
   * @returns undefined where patience is over first
   */
  async persist<T>(
    work: () => Promise<T>,
    isFinal: (error: unknown) => boolean,
    failed: (error: unknown) => void,
  ): Promise<T | undefined> {
    for (
      let delay = FIRST_DELAY_MS;
      !this.#isOver;
      delay = Math.min(delay * 2, MAX_DELAY_MS)
    ) {
      try {
        return await work();
      } catch (error) {
        if (isFinal(error)) {
          throw error;
        }
        failed(error);
        await this.pause(delay);
      }
    }
    return undefined;
  }

  /** Ends the pause, and all later ones. */
  end(): void {
    this.#isOver = true;
    this.#cancel?.();
  }
}
