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

import type { AuditCheckpoint } from '../database/AuditChain';
import type {
  AuditSealStore,
  CheckpointPace,
} from '../database/AuditSealStore';

/** Rows of one round, which is one transaction: SQLite does nothing else meanwhile. */
const BATCH = 200;

/** A checkpoint after so many rows, or so many milliseconds if there was a row. */
const PACE: CheckpointPace = { rows: 1_000, interval: 60_000 };

/**
 * Puts the rows of the audit log into its chain, and makes checkpoints. Each replica runs one; they take turns.
 *
 * A row can be changed unnoticed until it is sealed: about half a second after it was written, five seconds after its minute for
 * refusals, which are counted, and up to two minutes (an hour for a start) for an operation whose outcome is not known yet. An end
 * that is cut off together with the stored end of the chain is found as far as the last checkpoint tells.
 */
export class AuditSealer {
  readonly #store: AuditSealStore;
  readonly #now: () => number;
  readonly #made: (checkpoint: AuditCheckpoint) => Promise<void>;

  /** @param options - `made`: is told of each checkpoint once it is stored */
  constructor(options: {
    store: AuditSealStore;
    now: () => number;
    made: (checkpoint: AuditCheckpoint) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#now = options.now;
    this.#made = options.made;
  }

  /**
   * Seals all that can be sealed now.
   *
   * @throws OrchestratorError where the database is not available
   */
  async seal(): Promise<void> {
    if (!(await this.#store.isDue(this.#now(), PACE))) return;
    for (;;) {
      const round = await this.#store.seal(this.#now(), PACE, BATCH);
      if (round.checkpoint) await this.#made(round.checkpoint);
      if (round.sealed < BATCH) return;
    }
  }
}
