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

export type Row = Record<string, unknown>;

/** What the engine has stored of a run. */
export interface StoredRun {
  readonly run: Row;
  readonly nodes: readonly Row[];
  readonly history: readonly Row[];
}

/** Reads what the engine has stored of a run, so that its rows can be written again by knex alone. */
export async function readStoredRun(
  knex: Knex,
  runId: string,
): Promise<StoredRun> {
  const run = await knex('embedded_runs').where({ id: runId }).first();
  const nodes = await knex('embedded_nodes').where({ run_id: runId });
  const history = await knex('embedded_history').where({ run_id: runId });
  if (!run || nodes.length === 0) {
    throw new Error(`The engine stored nothing of the run ${runId}`);
  }
  return { run, nodes, history };
}

/** Rows of a run as those of another; an insert of none does nothing. */
export async function insertFor(
  tx: Knex,
  table: string,
  runId: string,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx(table).insert(rows.map(row => ({ ...row, run_id: runId })));
}
