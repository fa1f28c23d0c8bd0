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

import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import {
  ChangeBatch,
  idsOf,
  type JoinedStart,
  type MakeRow,
  newestChanges,
} from './ChangeBatch';
import {
  CURSORS,
  ensureCursor,
  lockEngine,
  type CursorRecord,
} from './engineCursors';
import { handDown } from './handDown';
import type { IndexDatabase } from './IndexDatabase';
import { RUNS, toRecord, type RunRecord, type RunRow } from './RunRow';
import { settleStart, settleStarts } from './runStartAudit';
import { lockRuns } from './lockRuns';
import { tally, type RunTransition } from './runTallies';

/** Rows per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

/** Stores the changes that engines tell of, together with how far they were read. */
export class RunChangeStore {
  readonly #database: IndexDatabase;
  /** Engines whose cursor row exists. */
  readonly #cursors = new Set<string>();

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** The receipt of the last batch that was stored. */
  async receipt(engineId: string): Promise<string | undefined> {
    const record = await this.#database.run(knex =>
      knex<CursorRecord>(CURSORS).where({ engine_id: engineId }).first(),
    );
    return record?.receipt ?? undefined;
  }

  /**
   * Stores a batch and its receipt in one transaction, unless somebody else has stored a batch since it was asked for. Where a
   * change names the reservation of a start, the run takes its place, whoever else is about to confirm it.
   *
   * @returns the runs that changed, or undefined where somebody else was first
   */
  async store(
    engineId: string,
    batch: {
      readonly asked: string | undefined;
      readonly next: string;
      readonly changes: readonly RunChange[];
    },
    now: number,
    makeRow: MakeRow,
  ): Promise<RunTransition[] | undefined> {
    if (!this.#cursors.has(engineId)) {
      await ensureCursor(this.#database, engineId);
      this.#cursors.add(engineId);
    }
    return this.#database.transaction(async trx => {
      const cursor = trx<CursorRecord>(CURSORS)
        .where({ engine_id: engineId })
        .first();
      // One replica at a time stores the changes of an engine.
      const held = await (this.#database.isPostgres
        ? cursor.forUpdate()
        : cursor);
      if ((held?.receipt ?? undefined) !== batch.asked) return undefined;
      const transitions = await this.#apply(
        trx,
        engineId,
        newestChanges(batch.changes),
        now,
        makeRow,
      );
      await trx<CursorRecord>(CURSORS)
        .where({ engine_id: engineId })
        .update({ receipt: batch.next });
      return transitions;
    });
  }

  async #apply(
    trx: Knex.Transaction,
    engineId: string,
    changes: readonly RunChange[],
    now: number,
    makeRow: MakeRow,
  ): Promise<RunTransition[]> {
    const areOwned = changes.every(({ provenance }) => provenance);
    if (!areOwned) await lockEngine(trx, this.#database, engineId, 'feed');
    const rows = await lockRuns(trx, this.#database, idsOf(changes));
    const batch = new ChangeBatch(engineId, changes, rows, now, makeRow);
    await this.#write(trx, batch);
    const transitions = areOwned
      ? batch.transitions
      : await handDown(trx, this.#database, batch.transitions);
    await tally(trx, transitions);
    await settleStarts(trx, batch.confirmed);
    for (const { reservation, runId } of batch.joined) {
      await settleStart(trx, reservation, runId);
    }
    return transitions;
  }

  async #write(trx: Knex.Transaction, batch: ChangeBatch): Promise<void> {
    // First, since a key belongs to one row.
    await this.#deleteReservations(trx, batch.joined);
    await this.#update(trx, batch.updated);
    for (let index = 0; index < batch.inserted.length; index += CHUNK) {
      // A row that came in between fails the transaction, which is then tried again and finds it.
      await trx<RunRecord>(RUNS).insert(
        batch.inserted.slice(index, index + CHUNK).map(toRecord),
      );
    }
  }

  async #deleteReservations(
    trx: Knex.Transaction,
    joined: readonly JoinedStart[],
  ): Promise<void> {
    if (joined.length === 0) return;
    const ids = joined.map(({ reservation }) => reservation.id);
    await trx<RunRecord>(RUNS).whereIn('id', ids).delete();
  }

  /** Writes locked rows as they become. */
  async #update(
    trx: Knex.Transaction,
    updated: readonly RunRow[],
  ): Promise<void> {
    for (let index = 0; index < updated.length; index += CHUNK) {
      await trx<RunRecord>(RUNS)
        .insert(updated.slice(index, index + CHUNK).map(toRecord))
        .onConflict('id')
        .merge();
    }
  }
}
