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
import { leaveWorkspaces, replaceLast } from './leaveWorkspaces';
import type { StartedRun } from './RunRow';

/** A run before and after a change; `before` is absent where the run is new to the lists. */
export interface RunTransition {
  readonly before?: StartedRun;
  readonly after: StartedRun;
}

const DAY = 24 * 60 * 60 * 1_000;
/** Rows per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

/** Days since the epoch, UTC. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY);
}

type Row = Record<string, string | number>;

/** Rows that are added up under their key, in the order of the keys: two transactions then lock rows in one order. */
class Sums {
  readonly #rows = new Map<string, Row>();

  add(key: readonly (string | number)[], row: Row, summed: readonly string[]) {
    const text = JSON.stringify(key);
    const known = this.#rows.get(text);
    if (!known) {
      this.#rows.set(text, row);
      return;
    }
    for (const column of summed) {
      known[column] = Number(known[column]) + Number(row[column]);
    }
  }

  sorted(): Row[] {
    return [...this.#rows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row);
  }
}

/**
 * Everybody's statistics stand under the empty subject, beside those of each owner, and of each initiator whose runs somebody
 * else owns.
 */
function subjectsOf(run: StartedRun): string[] {
  return [...new Set(['', run.owner, run.initiator])];
}

async function upsert(
  rows: readonly Row[],
  write: (chunk: readonly Row[]) => Knex.QueryBuilder,
): Promise<void> {
  for (let index = 0; index < rows.length; index += CHUNK) {
    await write(rows.slice(index, index + CHUNK));
  }
}

function added(trx: Knex.Transaction, table: string, column: string) {
  return trx.raw('?? + ??', [`${table}.${column}`, `excluded.${column}`]);
}

async function moveTotals(
  trx: Knex.Transaction,
  transitions: readonly RunTransition[],
): Promise<void> {
  const table = 'orchestrator_run_totals';
  const sums = new Sums();
  const count = (run: StartedRun, sign: 1 | -1) => {
    for (const subject of subjectsOf(run)) {
      const { workflowId, workspace, state } = run;
      sums.add(
        [workflowId, workspace, subject, state],
        {
          workflow_id: workflowId,
          workspace,
          subject,
          state,
          runs: sign,
          duration: sign * (run.duration ?? 0),
        },
        ['runs', 'duration'],
      );
    }
  };
  for (const { before, after } of transitions) {
    if (before) count(before, -1);
    count(after, 1);
  }
  const rows = sums
    .sorted()
    .filter(row => row.runs !== 0 || row.duration !== 0);
  await upsert(rows, chunk =>
    trx(table)
      .insert([...chunk])
      .onConflict(['workflow_id', 'workspace', 'subject', 'state'])
      .merge({
        runs: added(trx, table, 'runs'),
        duration: added(trx, table, 'duration'),
      }),
  );
}

async function countDays(
  trx: Knex.Transaction,
  transitions: readonly RunTransition[],
): Promise<void> {
  const table = 'orchestrator_run_days';
  const sums = new Sums();
  const count = (run: StartedRun, sign: 1 | -1) => {
    for (const subject of subjectsOf(run)) {
      const day = dayOf(run.start);
      sums.add(
        [run.workflowId, run.workspace, subject, day],
        {
          workflow_id: run.workflowId,
          workspace: run.workspace,
          subject,
          day,
          runs: sign,
        },
        ['runs'],
      );
    }
  };
  for (const { before, after } of transitions) {
    if (before) count(before, -1);
    count(after, 1);
  }
  const rows = sums.sorted().filter(row => row.runs !== 0);
  await upsert(rows, chunk =>
    trx(table)
      .insert([...chunk])
      .onConflict(['workflow_id', 'workspace', 'subject', 'day'])
      .merge({ runs: added(trx, table, 'runs') }),
  );
}

function isNewer(a: StartedRun, b: StartedRun): boolean {
  return a.start > b.start || (a.start === b.start && a.id >= b.id);
}

async function keepLast(
  trx: Knex.Transaction,
  runs: readonly StartedRun[],
): Promise<void> {
  const table = 'orchestrator_last_runs';
  const newest = new Map<string, { run: StartedRun; subject: string }>();
  for (const run of runs) {
    for (const subject of subjectsOf(run)) {
      const key = JSON.stringify([run.workflowId, run.workspace, subject]);
      const known = newest.get(key)?.run;
      if (!known || isNewer(run, known)) newest.set(key, { run, subject });
    }
  }
  const rows = [...newest]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { run, subject }]) => ({
      workflow_id: run.workflowId,
      workspace: run.workspace,
      subject,
      run_id: run.id,
      started_at: run.start,
      state: run.state,
    }));
  await upsert(rows, chunk =>
    trx(table)
      .insert([...chunk])
      .onConflict(['workflow_id', 'workspace', 'subject'])
      .merge(['run_id', 'started_at', 'state'])
      .whereRaw(
        `excluded.started_at > ${table}.started_at or (excluded.started_at = ${table}.started_at and excluded.run_id >= ${table}.run_id)`,
      ),
  );
}

async function keepTargets(
  trx: Knex.Transaction,
  started: readonly StartedRun[],
): Promise<void> {
  const table = 'orchestrator_run_targets';
  const sums = new Sums();
  for (const run of started) {
    const { targetEntity, workflowId, workspace } = run;
    if (targetEntity === undefined) continue;
    for (const subject of subjectsOf(run)) {
      sums.add(
        [targetEntity, workflowId, workspace, subject],
        {
          target_entity: targetEntity,
          workflow_id: workflowId,
          workspace,
          subject,
        },
        [],
      );
    }
  }
  await upsert(sums.sorted(), chunk =>
    trx(table)
      .insert([...chunk])
      .onConflict(['target_entity', 'workflow_id', 'workspace', 'subject'])
      .ignore(),
  );
}

/** Whether a change took a run to other rows of the statistics, as it does where a run without an owner is given one. */
function isMoved(
  transition: RunTransition,
): transition is Required<RunTransition> {
  const { before, after } = transition;
  return (
    before !== undefined &&
    (before.initiator !== after.initiator ||
      before.owner !== after.owner ||
      before.workspace !== after.workspace ||
      before.targetEntity !== after.targetEntity)
  );
}

/**
 * Moves what statistics are read from, in the transaction that changes the runs and after them. The start of a run never changes
 * once it is in the lists; whose it is, and where, only where nobody knew it before.
 */
export async function tally(
  trx: Knex.Transaction,
  transitions: readonly RunTransition[],
): Promise<void> {
  const moved = transitions.filter(isMoved);
  const placed = [...transitions.filter(({ before }) => !before), ...moved];
  await moveTotals(trx, transitions);
  await countDays(trx, placed);
  await leaveWorkspaces(trx, moved);
  await keepLast(
    trx,
    transitions.map(({ after }) => after),
  );
  await keepTargets(
    trx,
    placed.map(({ after }) => after),
  );
}

/**
 * Notes that runs are deleted, in the transaction that deletes them and after it: lists do not count them any more, statistics go
 * on doing so.
 */
export async function retire(
  trx: Knex.Transaction,
  runs: readonly StartedRun[],
): Promise<void> {
  const table = 'orchestrator_run_totals';
  const sums = new Sums();
  for (const run of runs) {
    for (const subject of subjectsOf(run)) {
      const { workflowId, workspace, state } = run;
      const key = { workflow_id: workflowId, workspace, subject, state };
      sums.add(
        Object.values(key),
        { ...key, runs: 0, duration: 0, retired: 1 },
        ['retired'],
      );
    }
  }
  await upsert(sums.sorted(), chunk =>
    trx(table)
      .insert([...chunk])
      .onConflict(['workflow_id', 'workspace', 'subject', 'state'])
      .merge({ retired: added(trx, table, 'retired') }),
  );
  await replaceLast(trx, runs);
}
