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
import { RUNS, type RunRecord, type StartedRun } from './RunRow';

const LAST_RUNS = 'orchestrator_last_runs';

interface LastRunRecord {
  workflow_id: string;
  workspace: string;
  subject: string;
  run_id: string;
  started_at: number | string;
  state: string;
}

/** The newest run of a subject in a workspace; of everybody where the subject is empty. */
async function newestOf(
  trx: Knex.Transaction,
  where: Pick<LastRunRecord, 'workflow_id' | 'workspace'>,
  subject: string,
): Promise<RunRecord | undefined> {
  return trx<RunRecord>(RUNS)
    .where(where)
    .whereNotNull('started_at')
    .modify(runs => {
      if (subject === '') return;
      void runs.where(its =>
        its.where({ owner: subject }).orWhere({ initiator: subject }),
      );
    })
    .orderBy([
      { column: 'started_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first();
}

/**
 * Takes runs away as the newest of the workspaces where they were, in the transaction that moves them to others and after it.
 *
 * @param moves - runs before and after; those that stay where they were are left alone
 */
export async function leaveWorkspaces(
  trx: Knex.Transaction,
  moves: readonly { readonly before: StartedRun; readonly after: StartedRun }[],
): Promise<void> {
  await replaceLast(
    trx,
    moves
      .filter(({ before, after }) => before.workspace !== after.workspace)
      .map(({ before }) => before),
  );
}

/** Puts others in the place of runs that are not there any more, where those were the newest; after they were moved or deleted. */
export async function replaceLast(
  trx: Knex.Transaction,
  runs: readonly StartedRun[],
): Promise<void> {
  const groups = new Map<string, StartedRun[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.workflowId, run.workspace]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  for (const [, left] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [{ workflowId, workspace }] = left;
    const where = { workflow_id: workflowId, workspace };
    const ids = left.map(({ id }) => id);
    const lasts = await trx<LastRunRecord>(LAST_RUNS)
      .where(where)
      .whereIn('run_id', ids)
      .orderBy('subject')
      .select('subject');
    for (const { subject } of lasts) {
      await trx<LastRunRecord>(LAST_RUNS)
        .where({ ...where, subject })
        .delete();
      const newest = await newestOf(trx, where, subject);
      if (!newest) continue;
      await trx<LastRunRecord>(LAST_RUNS).insert({
        ...where,
        subject,
        run_id: newest.id,
        started_at: newest.started_at!,
        state: newest.state,
      });
    }
  }
}
