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

import type { IndexDatabase } from './IndexDatabase';
import { lockRuns } from './lockRuns';
import {
  isStarted,
  RUNS,
  UNPLACED,
  type RunRecord,
  type StartedRun,
} from './RunRow';
import { tally } from './runTallies';

/** Runs of one transaction. */
const BATCH = 200;

/** Transactions of one round; what is left is placed in the next. */
const MAX_BATCHES = 50;

interface Place {
  readonly workflow_id: string;
  readonly engine_id: string;
  readonly workspace: string;
}

/** Puts runs that came before anybody knew their workflow into its workspace. */
export class RunPlacementStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** Places the runs of workflows that are known by now. */
  async place(): Promise<void> {
    let left = MAX_BATCHES;
    for (const place of await this.#places()) {
      while (left > 0 && (await this.#placeBatch(place)) === BATCH) left -= 1;
    }
  }

  /** The workflows that are known and have runs in no workspace. Looks at no runs. */
  async #places(): Promise<Place[]> {
    return this.#database.run(knex =>
      knex('orchestrator_run_totals as totals')
        .join(
          'orchestrator_workflow_ids as ids',
          'ids.workflow_id',
          'totals.workflow_id',
        )
        .where({ 'totals.subject': '', 'totals.workspace': UNPLACED })
        .where('totals.runs', '>', 0)
        .whereNot('ids.workspace', UNPLACED)
        .distinct('ids.workflow_id', 'ids.engine_id', 'ids.workspace'),
    );
  }

  /** @returns how many runs it placed */
  async #placeBatch(place: Place): Promise<number> {
    const { workflow_id, engine_id, workspace } = place;
    return this.#database.transaction(async trx => {
      const found = await trx<RunRecord>(RUNS)
        .where({ workflow_id, engine_id })
        // As in the partial index.
        .whereRaw("workspace = ''")
        .whereNotNull('started_at')
        .orderBy(['started_at', 'id'])
        .limit(BATCH)
        .select('id');
      const ids = found.map(({ id }) => id);
      const rows = await lockRuns(trx, this.#database, ids);
      const moves = [...rows.values()]
        .filter((row): row is StartedRun => isStarted(row))
        .filter(row => row.workspace === UNPLACED)
        .map(before => ({ before, after: { ...before, workspace } }));
      if (moves.length === 0) return 0;
      await trx<RunRecord>(RUNS)
        .whereIn(
          'id',
          moves.map(({ after }) => after.id),
        )
        .update({ workspace });
      await tally(trx, moves);
      return moves.length;
    });
  }
}
