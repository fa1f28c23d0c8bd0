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

/**
 * Time, as far as it decides anything.
 *
 * @public
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls back once, after so many milliseconds.
   *
   * @returns a function that takes it back
   */
  after(milliseconds: number, callback: () => void): () => void;
}

/** JavaScript takes a longer timer for one of a millisecond. */
const MAX_TIMER = 2 ** 31 - 1;

/** The clock of the process. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(
      callback,
      Math.min(Math.max(0, milliseconds), MAX_TIMER),
    );
    timer.unref();
    return () => clearTimeout(timer);
  },
};
