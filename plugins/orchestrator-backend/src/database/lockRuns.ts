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
import type { IndexDatabase } from './IndexDatabase';
import { fromRecord, RUNS, type RunRecord, type RunRow } from './RunRow';

/** Reads rows for a change, so that nobody else changes them meanwhile. */
export async function lockRuns(
  trx: Knex.Transaction,
  database: IndexDatabase,
  ids: readonly string[],
): Promise<Map<string, RunRow>> {
  // One order of locking for all transactions; SQLite has one writer and no row locks.
  const query = trx<RunRecord>(RUNS)
    .whereIn('id', [...ids])
    .orderBy('id');
  const records: RunRecord[] = await (database.isPostgres
    ? query.forUpdate()
    : query);
  return new Map(records.map(record => [record.id, fromRecord(record)]));
}
