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

import type {
  RunChange,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { IndexDatabase } from './IndexDatabase';
import {
  isStarted,
  RUNS,
  toRecord,
  type RunRecord,
  type RunRow,
  type StartedRun,
} from './RunRow';
import { settleStarts } from './runStartAudit';
import { lockRuns } from './RunStore';
import { tally, type RunTransition } from './runTallies';

const CURSORS = 'orchestrator_engine_cursors';
/** Rows per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

/** States that a run never leaves. */
const FINAL: readonly RunState[] = ['COMPLETED', 'ABORTED'];

interface CursorRecord {
  engine_id: string;
  receipt: string | null;
}

/** Makes the row of a run that the index does not know, from a change of its engine. */
export type MakeRow = (change: RunChange) => RunRow;

function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** The row after a change, or undefined where the change is older than the row. */
export function applyChange(
  row: RunRow,
  change: RunChange,
  now: number,
): StartedRun | undefined {
  if (change.revision <= row.revision) return undefined;
  const start = row.start ?? timeOf(change.start) ?? now;
  // A run that has ended for good was marked so by an abort before its engine told of it.
  const state =
    FINAL.includes(row.state) && !FINAL.includes(change.state)
      ? row.state
      : change.state;
  const ended = FINAL.includes(state) || state === 'ERROR';
  const end = ended ? timeOf(change.end) ?? row.end ?? now : undefined;
  return {
    ...row,
    version: row.version ?? change.version,
    state,
    start,
    end,
    duration: end === undefined ? undefined : Math.max(0, end - start),
    revision: change.revision,
    reservedAt: undefined,
  };
}

/** The newest change of each run. */
function newestChanges(changes: readonly RunChange[]): Map<string, RunChange> {
  const newest = new Map<string, RunChange>();
  for (const change of changes) {
    const known = newest.get(change.runId);
    if (!known || change.revision > known.revision) {
      newest.set(change.runId, change);
    }
  }
  return newest;
}

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
   * Stores a batch and its receipt in one transaction, unless somebody else has stored a batch since it was asked for.
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
    await this.#ensureCursor(engineId);
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
    changes: ReadonlyMap<string, RunChange>,
    now: number,
    makeRow: MakeRow,
  ): Promise<RunTransition[]> {
    const rows = await lockRuns(trx, this.#database, [...changes.keys()]);
    const transitions: RunTransition[] = [];
    const updated: RunRow[] = [];
    const inserted: RunRow[] = [];
    const reserved: RunRow[] = [];
    for (const [id, change] of changes) {
      const row = rows.get(id);
      // The id belongs to a run of another engine: this one does not get to change it.
      if (row && row.engineId !== engineId) continue;
      const after = applyChange(row ?? makeRow(change), change, now);
      if (!after) continue;
      (row ? updated : inserted).push(after);
      if (row && !isStarted(row)) reserved.push(row);
      transitions.push({
        before: row && isStarted(row) ? row : undefined,
        after,
      });
    }
    await this.#write(trx, updated, inserted);
    await tally(trx, transitions);
    await settleStarts(trx, reserved);
    return transitions;
  }

  async #write(
    trx: Knex.Transaction,
    updated: readonly RunRow[],
    inserted: readonly RunRow[],
  ): Promise<void> {
    for (let index = 0; index < updated.length; index += CHUNK) {
      await trx<RunRecord>(RUNS)
        .insert(updated.slice(index, index + CHUNK).map(toRecord))
        .onConflict('id')
        .merge([
          'version',
          'state',
          'started_at',
          'ended_at',
          'duration',
          'revision',
          'reserved_at',
        ]);
    }
    for (let index = 0; index < inserted.length; index += CHUNK) {
      // A row that came in between fails the transaction, which is then tried again and finds it.
      await trx<RunRecord>(RUNS).insert(
        inserted.slice(index, index + CHUNK).map(toRecord),
      );
    }
  }

  async #ensureCursor(engineId: string): Promise<void> {
    if (this.#cursors.has(engineId)) return;
    await this.#database.run(knex =>
      knex<CursorRecord>(CURSORS)
        .insert({ engine_id: engineId, receipt: null })
        .onConflict('engine_id')
        .ignore(),
    );
    this.#cursors.add(engineId);
  }
}
