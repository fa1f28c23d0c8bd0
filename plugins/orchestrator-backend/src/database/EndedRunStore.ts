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

import { FINAL } from './ChangeBatch';
import type { IndexDatabase } from './IndexDatabase';
import { lockRuns } from './lockRuns';
import {
  fromRecord,
  isStarted,
  RUNS,
  type RunRecord,
  type StartedRun,
} from './RunRow';
import { retire } from './runTallies';

/** As the index over runs that have ended says it. */
const ENDED = "state in ('COMPLETED', 'ABORTED')";

/** Where a walk through runs that have ended is: at the run that it looked at last. */
export type EndedPlace = Pick<StartedRun, 'id' | 'end'>;

/** Runs that have ended for good, and their end in the index. */
export class EndedRunStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Runs of an engine that ended before a time, oldest end first. Those that another run started, which has not ended, are left out.
   *
   * @param before - milliseconds since the epoch
   * @param after - the last run of the page before
   */
  async endedBefore(
    engineId: string,
    before: number,
    after: EndedPlace | undefined,
    limit: number,
  ): Promise<StartedRun[]> {
    const records: RunRecord[] = await this.#database.run(knex =>
      knex<RunRecord>(RUNS)
        .where({ engine_id: engineId })
        .whereRaw(ENDED)
        .where('ended_at', '<', before)
        .modify(runs => {
          if (!after) return;
          void runs.whereRaw('(ended_at, id) > (?, ?)', [after.end!, after.id]);
        })
        .whereRaw(
          `not exists (select 1 from ${RUNS} as parents where parents.id = ${RUNS}.parent_id and not parents.${ENDED})`,
        )
        .orderBy(['ended_at', 'id'])
        .limit(limit),
    );
    return records.map(record => fromRecord(record) as StartedRun);
  }

  /**
   * Deletes runs that have ended, with the keys of their starts. Statistics go on counting them.
   *
   * @returns how many are gone
   */
  async delete(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    return this.#database.transaction(async trx => {
      const rows = await lockRuns(trx, this.#database, ids);
      const runs = [...rows.values()].filter(
        (row): row is StartedRun => isStarted(row) && FINAL.includes(row.state),
      );
      await trx<RunRecord>(RUNS)
        .whereIn(
          'id',
          runs.map(({ id }) => id),
        )
        .delete();
      await retire(trx, runs);
      return runs.length;
    });
  }
}
