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

import type { AuditEntry } from './AuditEntry';
import { AUDIT, toAuditRecord, type AuditRecord } from './AuditRow';
import type { IndexDatabase } from './IndexDatabase';

/** Something that happened several times within a minute, as far as it is not written yet. */
export interface AuditCount {
  /** The same on every replica for what is counted in one row. */
  readonly key: string;
  readonly entry: AuditEntry;
  /** When it happened first; milliseconds since the epoch. */
  readonly at: number;
  readonly count: number;
  /** Until when the row is added to. */
  readonly until: number;
}

/** Rows per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

/** Writes events of which anybody can cause as many as they like: one row counts them, over all replicas. */
export class AuditCountStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Adds to the rows of what was counted. A row that is closed already is left alone, since it may be sealed: what comes too late
   * for it gets another one, and nothing is lost nor counted twice.
   */
  async add(counts: readonly AuditCount[]): Promise<void> {
    // One order for all replicas, so that none waits for another that waits for it.
    const records = counts
      .map(
        ({ key, entry, at, count, until }): AuditRecord => ({
          ...toAuditRecord(entry, at),
          count,
          open_key: key,
          open_until: until,
        }),
      )
      .sort((a, b) => (a.open_key! < b.open_key! ? -1 : 1));
    await this.#database.transaction(async trx => {
      for (let index = 0; index < records.length; index += CHUNK) {
        await trx<AuditRecord>(AUDIT)
          .insert(records.slice(index, index + CHUNK))
          .onConflict('open_key')
          .merge({
            count: trx.raw('?? + excluded.??', [`${AUDIT}.count`, 'count']),
          });
      }
    });
  }
}
