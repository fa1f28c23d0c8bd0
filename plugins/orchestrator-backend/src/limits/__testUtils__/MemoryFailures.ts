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

import type { StoredFailures } from '../../database/FailureStore';
import type { SharedFailures } from '../FailureExchange';

/** What replicas share, in memory, with a count of what it was asked for. */
export class MemoryFailures implements SharedFailures {
  readonly rows = new Map<string, StoredFailures>();
  statements = 0;
  error: Error | undefined;

  async read(subjects: readonly string[]): Promise<StoredFailures[]> {
    this.#asked();
    const wanted = new Set(subjects);
    return [...this.rows.values()].filter(row => wanted.has(row.subject));
  }

  async write(rows: readonly StoredFailures[]): Promise<void> {
    this.#asked();
    for (const row of rows) {
      this.rows.set(`${row.subject} ${row.replica}`, {
        ...row,
        times: [...row.times],
      });
    }
  }

  async deleteEnded(now: number): Promise<void> {
    this.#asked();
    for (const [key, row] of this.rows) {
      if (row.endsAt <= now) this.rows.delete(key);
    }
  }

  #asked(): void {
    this.statements += 1;
    if (this.error) throw this.error;
  }
}
