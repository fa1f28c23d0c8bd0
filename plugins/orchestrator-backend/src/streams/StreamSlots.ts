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

import { OrchestratorError } from '../errors/OrchestratorError';

/** Streams that one principal may have, and all together. */
const PER_PRINCIPAL = 20;
const TOTAL = 5_000;

/** Seconds after which a caller may try again; when a stream ends, nobody knows before. */
const RETRY_AFTER = 30;

/** How many streams this process has open, and for whom. */
export class StreamSlots {
  readonly #taken = new Map<string, number>();
  #total = 0;

  /**
   * Takes a place for a stream.
   *
   * @param ref - of the principal
   * @returns gives the place back; may be called more than once
   * @throws OrchestratorError 429 where the principal has too many, 503 where this process has
   */
  take(ref: string): () => void {
    const taken = this.#taken.get(ref) ?? 0;
    if (taken >= PER_PRINCIPAL) {
      throw new OrchestratorError(
        'auth.rate_limited',
        `Too many streams are open: ${PER_PRINCIPAL} at most`,
        { retryAfter: RETRY_AFTER },
      );
    }
    if (this.#total >= TOTAL) {
      throw new OrchestratorError(
        'service.unavailable',
        'Too many streams are open',
        { retryAfter: RETRY_AFTER },
      );
    }
    this.#taken.set(ref, taken + 1);
    this.#total += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#total -= 1;
      const left = this.#taken.get(ref)! - 1;
      if (left > 0) this.#taken.set(ref, left);
      else this.#taken.delete(ref);
    };
  }
}
