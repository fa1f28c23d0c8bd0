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

import { randomUUID } from 'node:crypto';
import { CURSORS, ensureCursor, type CursorRecord } from './engineCursors';
import type { IndexDatabase } from './IndexDatabase';

/** The clock of the database in milliseconds since the epoch: clocks of replicas can differ. */
function databaseTime(isPostgres: boolean): string {
  return isPostgres
    ? 'cast(extract(epoch from clock_timestamp()) * 1000 as bigint)'
    : "cast(round((julianday('now') - 2440587.5) * 86400000) as integer)";
}

/** Which replica alone follows an engine. Held for a time only, so that another takes over from one that is gone. */
export class EngineLeases {
  readonly #database: IndexDatabase;
  readonly #holder = randomUUID();
  /** Engines whose row exists. */
  readonly #rows = new Set<string>();

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Takes the lease, or keeps it.
   *
   * @param duration - for how long; milliseconds
   * @returns false where another replica has it
   */
  async acquire(engineId: string, duration: number): Promise<boolean> {
    if (!this.#rows.has(engineId)) {
      await ensureCursor(this.#database, engineId);
      this.#rows.add(engineId);
    }
    const now = databaseTime(this.#database.isPostgres);
    const taken = await this.#database.run(knex =>
      knex<CursorRecord>(CURSORS)
        .where({ engine_id: engineId })
        .andWhere(whose =>
          whose
            .whereNull('holder')
            .orWhere({ holder: this.#holder })
            .orWhereRaw(`held_until <= ${now}`),
        )
        .update({
          holder: this.#holder,
          held_until: knex.raw(`${now} + ?`, [duration]) as never,
        }),
    );
    return taken > 0;
  }

  /** Gives the lease back, so that another replica need not wait for its end. */
  async release(engineId: string): Promise<void> {
    await this.#database.run(knex =>
      knex<CursorRecord>(CURSORS)
        .where({ engine_id: engineId, holder: this.#holder })
        .update({ holder: null, held_until: null }),
    );
  }
}
