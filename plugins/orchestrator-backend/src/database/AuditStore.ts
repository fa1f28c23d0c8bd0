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

import type { Knex } from 'knex';
import type { AuditEntry } from './AuditEntry';
import { AUDIT, toAuditRecord, type AuditRecord } from './AuditRow';

export type { AuditEntry, AuditEventName, AuditOutcome } from './AuditEntry';

/** Rows per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

/** Writes the audit log. A row is a plain insert; what links it to others is done later, by the sealer. */
export class AuditStore {
  /**
   * Writes an event in the transaction of the change that it tells of: both are there, or neither.
   *
   * @param at - when it happened; milliseconds since the epoch
   */
  async add(
    trx: Knex.Transaction,
    entry: AuditEntry,
    at: number,
  ): Promise<void> {
    await this.addAll(trx, [entry], at);
  }

  /** Writes several events in the transaction of the change that they tell of. */
  async addAll(
    trx: Knex.Transaction,
    entries: readonly AuditEntry[],
    at: number,
  ): Promise<void> {
    const records = entries.map(entry => toAuditRecord(entry, at));
    for (let index = 0; index < records.length; index += CHUNK) {
      await trx<AuditRecord>(AUDIT).insert(records.slice(index, index + CHUNK));
    }
  }
}
