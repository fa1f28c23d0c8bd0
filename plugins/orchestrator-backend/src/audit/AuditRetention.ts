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

import type { LoggerService } from '@backstage/backend-plugin-api';
import type { AuditPruneStore } from '../database/AuditPruneStore';
import { findFault } from './chainFault';

/** Rows of one step, which is one transaction: SQLite does nothing else meanwhile. */
const BATCH = 200;

/** Deletes what is older than the audit log keeps. */
export class AuditRetention {
  readonly #store: AuditPruneStore;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #keep: number;

  /** @param options - `keep`: for how long a row is kept; milliseconds */
  constructor(options: {
    store: AuditPruneStore;
    logger: LoggerService;
    now: () => number;
    keep: number;
  }) {
    this.#store = options.store;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#keep = options.keep;
  }

  /**
   * Deletes all that is too old, in small steps, so that sealing never waits for long.
   *
   * @returns how many rows were deleted
   */
  async prune(signal?: AbortSignal): Promise<number> {
    let count = 0;
    while (!signal?.aborted) {
      const step = await this.#store.prune(this.#now() - this.#keep, BATCH);
      if (!step) break;
      const { before, deleted } = step;
      count += deleted.length;
      const from = { seq: before.anchorSeq, hash: before.anchorHash };
      const fault = findFault(from, deleted);
      if (fault) {
        // The rows must not be kept for it, but nobody will find it any more once they are gone.
        this.#logger.error(
          `The chain of the audit log did not hold at row ${fault.seq}, which was deleted for its age: ${fault.reason}`,
        );
      }
    }
    if (count > 0) {
      this.#logger.info(`Deleted ${count} old rows of the audit log`);
    }
    return count;
  }
}
