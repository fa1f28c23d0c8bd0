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

import type { OwnerSnapshotStore } from '../gate/OwnerSnapshots';
import type { OwnerSnapshot } from '../gate/Principal';
import type { IndexDatabase } from './IndexDatabase';
import type { TokenChangeStore } from './TokenChangeStore';
import {
  OWNER_SNAPSHOTS,
  toSnapshotRow,
  type OwnerSnapshotRow,
} from './tokenRows';

/** By so much the clocks of replicas may differ; milliseconds. */
const CLOCKS_DIFFER = 5_000;

/** For so long a replica may keep in memory what it read of a snapshot; milliseconds. */
const KEPT = 60_000;

/** After so long at most every replica is told of a snapshot that says nothing new; milliseconds. */
const LONG = 60 * 60_000;

/** The snapshots of owners in the database. */
export class OwnerSnapshotTable implements OwnerSnapshotStore {
  readonly #database: IndexDatabase;
  readonly #changes: TokenChangeStore;
  /** A renewal after more than this must be known everywhere: some replica could take the snapshot for too old. */
  readonly #announceAfterMs: number;

  /**
   * @param options - `policyMaxAgeMs`: how old a snapshot may be for the tokens of its owner to be of use; absent where that does
   * not matter
   */
  constructor(
    database: IndexDatabase,
    changes: TokenChangeStore,
    options: { policyMaxAgeMs?: number } = {},
  ) {
    const { policyMaxAgeMs = Infinity } = options;
    this.#database = database;
    this.#changes = changes;
    this.#announceAfterMs = Math.min(
      LONG,
      Math.max(0, policyMaxAgeMs - KEPT) / 10,
    );
  }

  async has(owner: string): Promise<boolean> {
    const row = await this.#database.run(knex =>
      knex(OWNER_SNAPSHOTS).where({ owner }).first('owner'),
    );
    return row !== undefined;
  }

  async save(
    owner: string,
    snapshot: OwnerSnapshot,
    options: { create: boolean },
  ): Promise<void> {
    const row = toSnapshotRow(owner, snapshot);
    const isOther = await this.#database.transaction(async trx => {
      if (options.create) {
        // Older than any, so that what follows takes its place.
        await trx(OWNER_SNAPSHOTS)
          .insert({ ...row, refs: '[]', decisions: '{}', taken_at: 0 })
          .onConflict('owner')
          .ignore();
      }
      const known: OwnerSnapshotRow | undefined = await trx(OWNER_SNAPSHOTS)
        .where({ owner })
        .modify(query => {
          if (this.#database.isPostgres) void query.forUpdate();
        })
        .first();
      if (!known) return false;
      const ahead = Number(known.taken_at) - snapshot.takenAt;
      // Somebody else was quicker. What is from far in the future is from a clock that is wrong, and says nothing of now.
      if (ahead > 0 && ahead <= CLOCKS_DIFFER) return false;
      await trx(OWNER_SNAPSHOTS).where({ owner }).update({
        refs: row.refs,
        decisions: row.decisions,
        taken_at: row.taken_at,
      });
      const differs =
        known.refs !== row.refs ||
        known.decisions !== row.decisions ||
        snapshot.takenAt - Number(known.taken_at) > this.#announceAfterMs;
      if (differs) {
        await this.#changes.record(trx, [`owner:${owner}`], snapshot.takenAt);
      }
      return differs;
    });
    if (isOther) {
      this.#changes.announce([`owner:${owner}`]);
    }
  }
}
