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
import { chunks } from './chunks';

/** A run that has not ended. */
export interface LiveRun {
  readonly id: string;
  readonly definitionId: string;
  readonly definitionHash: string;
}

/** An errored run can go on, so events for it are kept. */
const LIVE = ['ACTIVE', 'ERROR'];

interface Row {
  readonly id: string;
  readonly definition_id: string;
  readonly definition_hash: string;
}

function toLiveRun(row: Row): LiveRun {
  return {
    id: row.id,
    definitionId: row.definition_id,
    definitionHash: row.definition_hash,
  };
}

/** Finds the runs that an event may be for. */
export class CorrelationStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Those of some runs that have not ended. */
  async live(ids: readonly string[]): Promise<LiveRun[]> {
    const rows: Row[] = await this.#knex('embedded_runs')
      .whereIn('id', ids)
      .whereIn('status', LIVE)
      .select('id', 'definition_id', 'definition_hash');
    return rows.map(toLiveRun);
  }

  /**
   * The runs that have not ended and correlate with an event: those with a declaration of which the event has all tokens.
   *
   * @param tokens - of the event
   * @param options - `workspaces`: only runs that belong there; all where absent. `perDefinition`, `limit`: no more runs than that, of
   *   one definition and of all
   */
  async correlated(
    tokens: readonly string[],
    options: {
      readonly workspaces?: readonly string[];
      readonly perDefinition: number;
      readonly limit: number;
    },
  ): Promise<LiveRun[]> {
    const { limit, perDefinition, workspaces } = options;
    const fitting = this.#knex('embedded_correlations')
      .whereIn('token', tokens)
      .groupBy('run_id', 'declaration')
      .havingRaw('count(*) = max(needed)')
      .select('run_id');
    if (workspaces !== undefined) {
      fitting.whereIn('workspace', workspaces);
    }
    const numbered = this.#knex('embedded_runs')
      .whereIn('id', fitting)
      // Not as an index has it: SQLite would go through all runs that have not ended.
      .whereRaw("coalesce(status, '') in (?, ?)", LIVE)
      .select(
        'id',
        'definition_id',
        'definition_hash',
        this.#knex.raw(
          'row_number() over (partition by definition_id order by id) as place',
        ),
      );
    const rows: Row[] = await this.#knex
      .from(numbered.as('numbered'))
      .where('place', '<=', perDefinition)
      // In turns: where there are more than the limit, those of large crowds are left out.
      .orderBy('place')
      .limit(limit)
      .select('id', 'definition_id', 'definition_hash');
    return rows.map(toLiveRun);
  }

  /** Whether there is a run of a definition, ended or not. */
  async exists(id: string, definitionId: string): Promise<boolean> {
    const row = await this.#knex('embedded_runs')
      .where({ id, definition_id: definitionId })
      .first('id');
    return row !== undefined;
  }
}

/** Forgets by what runs can be found; part of the transaction that ends or deletes them. */
export async function eraseCorrelations(
  tx: Knex.Transaction,
  runIds: readonly string[],
): Promise<void> {
  for (const part of chunks(runIds)) {
    await tx('embedded_correlations').whereIn('run_id', part).delete();
  }
}
