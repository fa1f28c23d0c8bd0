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

import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { IndexDatabase } from './IndexDatabase';
import { lockRuns } from './lockRuns';
import {
  fromRecord,
  isStarted,
  type Loss,
  RUNS,
  type RunRecord,
  type StartedRun,
} from './RunRow';

/** How many runs of a workflow the index has. */
export interface WorkflowRunCount {
  readonly workflowId: string;
  readonly runs: number;
  /** Of them, those that the engine is known not to have any more. */
  readonly gone: number;
}

/** Where a walk through runs is: at the run that it looked at last. */
export type RunPlace = Pick<StartedRun, 'start' | 'id'>;

/** Which runs a walk goes through: those of an engine in one state or of one workflow, oldest first. */
export interface RunWalk {
  readonly engineId: string;
  readonly state?: RunState;
  readonly workflowId?: string;
  /** Only those that started before; milliseconds since the epoch. */
  readonly before: number;
}

/** Which runs their engine has lost. No row is ever deleted for it: the index says whose a run is. */
export class LostRunStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** How many runs the index has of each workflow that belongs to an engine. Goes through no runs but those that are gone. */
  async counts(engineId: string): Promise<WorkflowRunCount[]> {
    const [totals, lost] = await this.#database.run(knex =>
      Promise.all([
        knex('orchestrator_run_totals as totals')
          .join(
            'orchestrator_workflow_ids as ids',
            'ids.workflow_id',
            'totals.workflow_id',
          )
          .where({ 'ids.engine_id': engineId, 'totals.subject': '' })
          .groupBy('totals.workflow_id')
          .select({ id: 'totals.workflow_id' })
          .select({
            runs: knex.raw('sum(totals.runs - totals.retired)'),
          }),
        knex<RunRecord>(RUNS)
          .where({ engine_id: engineId, lost_as: 'gone' })
          .whereNotNull('lost_at')
          .groupBy('workflow_id')
          .select({ id: 'workflow_id' })
          .count({ runs: '*' }),
      ]),
    );
    const gone = new Map(
      (lost as { id: string; runs: unknown }[]).map(row => [row.id, row.runs]),
    );
    return (totals as { id: string; runs: unknown }[]).map(row => ({
      workflowId: row.id,
      runs: Number(row.runs),
      gone: Number(gone.get(row.id) ?? 0),
    }));
  }

  /** The next runs of a walk. */
  async next(
    walk: RunWalk,
    after: RunPlace | undefined,
    limit: number,
  ): Promise<StartedRun[]> {
    const records: RunRecord[] = await this.#database.run(knex =>
      knex<RunRecord>(RUNS)
        .where(
          withoutAbsent({
            engine_id: walk.engineId,
            state: walk.state,
            workflow_id: walk.workflowId,
          }),
        )
        .where('started_at', '<', walk.before)
        .modify(rows => {
          if (!after) return;
          void rows.whereRaw('(started_at, id) > (?, ?)', [
            after.start,
            after.id,
          ]);
        })
        .orderBy(['started_at', 'id'])
        .limit(limit),
    );
    return records.map(record => fromRecord(record) as StartedRun);
  }

  /**
   * Writes down how runs were found, except those that have changed meanwhile.
   *
   * @param runs - as they were when their engine was asked
   * @param lossOf - how a run was lost; undefined where it was not
   * @param now - milliseconds since the epoch
   * @returns how many were not lost before and are now
   */
  async write(
    runs: readonly StartedRun[],
    lossOf: (run: StartedRun) => Loss | undefined,
    now: number,
  ): Promise<number> {
    const changed = runs.filter(run => run.lostAs !== lossOf(run));
    if (changed.length === 0) return 0;
    return this.#database.transaction(async trx => {
      const ids = changed.map(({ id }) => id);
      const rows = await lockRuns(trx, this.#database, ids);
      const same = changed.filter(run => {
        const row = rows.get(run.id);
        return (
          row !== undefined &&
          isStarted(row) &&
          row.revision === run.revision &&
          row.state === run.state
        );
      });
      let lost = 0;
      for (const loss of ['gone', 'stuck', undefined] as const) {
        const its = same.filter(run => lossOf(run) === loss);
        await this.#set(trx, its, loss, now);
        if (loss) lost += its.filter(({ lostAt }) => !lostAt).length;
      }
      return lost;
    });
  }

  async #set(
    trx: Knex.Transaction,
    runs: readonly StartedRun[],
    loss: Loss | undefined,
    now: number,
  ): Promise<void> {
    if (runs.length === 0) return;
    await trx<RunRecord>(RUNS)
      .whereIn(
        'id',
        runs.map(({ id }) => id),
      )
      .update({ lost_at: loss ? now : null, lost_as: loss ?? null });
  }
}

function withoutAbsent(
  where: Partial<Record<keyof RunRecord, string | undefined>>,
): Partial<RunRecord> {
  return Object.fromEntries(
    Object.entries(where).filter(([, value]) => value !== undefined),
  );
}
