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

export const CURSORS = 'orchestrator_engine_cursors';

/** How far an engine is followed, and by whom; PostgreSQL gives big integers as texts. */
export interface CursorRecord {
  engine_id: string;
  receipt: string | null;
  holder: string | null;
  held_until: number | string | null;
}

/** Of the advisory locks of this plugin; any number that others hardly use. */
const LOCKS = 1_869_767_528;

/** Makes the row of an engine where there is none. */
export async function ensureCursor(
  database: IndexDatabase,
  engineId: string,
): Promise<void> {
  await database.run(knex =>
    knex<CursorRecord>(CURSORS)
      .insert({ engine_id: engineId, receipt: null })
      .onConflict('engine_id')
      .ignore(),
  );
}

/**
 * Keeps what the feed of an engine stores apart from the starts that are confirmed, until the end of the transaction: each must
 * see the rows of the other, or a run and the runs that it started would miss each other. Starts do not wait for each other.
 * SQLite has one writer anyway.
 */
export async function lockEngine(
  trx: Knex.Transaction,
  database: IndexDatabase,
  engineId: string,
  who: 'feed' | 'start',
): Promise<void> {
  if (!database.isPostgres) return;
  const mode = who === 'start' ? '_shared' : '';
  await trx.raw(`select pg_advisory_xact_lock${mode}(?, hashtext(?))`, [
    LOCKS,
    engineId,
  ]);
}
