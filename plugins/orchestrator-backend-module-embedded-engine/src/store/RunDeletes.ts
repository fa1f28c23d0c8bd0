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
import { databaseTime } from './database';
import { transact } from './transact';

/** Tables that hold what belongs to a run. */
const TABLES = [
  'embedded_nodes',
  'embedded_journal',
  'embedded_logs',
  'embedded_outbox',
  'embedded_inbox',
  'embedded_correlations',
  'embedded_history',
  'embedded_tokens',
];

/** How long a text that was kept for a run stays, whoever needs it; milliseconds. */
const SOURCE_REST_MS = 24 * 60 * 60 * 1_000;

/** Deletes runs that have ended. */
export class RunDeletes {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * Deletes runs with all that is kept of them. Left alone are runs that have not ended, those whose events are not sent yet, and
   * those for which a run waits that has not ended.
   *
   * @returns the ids of which nothing is left
   */
  async delete(ids: readonly string[]): Promise<string[]> {
    const gone: string[] = [];
    for (const part of chunks([...new Set(ids)])) {
      gone.push(...(await transact(this.#knex, tx => this.#delete(tx, part))));
    }
    return gone;
  }

  async #delete(
    tx: Knex.Transaction,
    ids: readonly string[],
  ): Promise<string[]> {
    const present: { id: string }[] = await tx('embedded_runs')
      .whereIn('id', ids)
      .orderBy('id')
      .select('id')
      .forUpdate();
    const deletable: { id: string; definition_hash: string }[] = await tx(
      'embedded_runs as r',
    )
      .whereIn('r.id', ids)
      .whereIn('r.status', ['COMPLETED', 'ABORTED'])
      .whereNotExists(
        tx('embedded_runs as p')
          .select('p.id')
          .whereRaw('p.id = r.parent_id')
          .whereIn('p.status', ['ACTIVE', 'ERROR'])
          .whereNotNull('r.parent_key'),
      )
      .whereNotExists(
        tx('embedded_produced as e')
          .select('e.seq')
          .whereRaw('e.run_id = r.id'),
      )
      .select('r.id', 'r.definition_hash');
    const doomed = deletable.map(({ id }) => id);
    for (const table of TABLES) {
      await tx(table).whereIn('run_id', doomed).delete();
    }
    await tx('embedded_runs').whereIn('id', doomed).delete();
    await this.#forgetSources(tx, [
      ...new Set(deletable.map(row => row.definition_hash)),
    ]);
    const left = new Set(present.map(({ id }) => id));
    doomed.forEach(id => left.delete(id));
    return ids.filter(id => !left.has(id));
  }

  /** Texts of definitions that nobody needs any more. One that was kept not long ago is about to be used. */
  async #forgetSources(
    tx: Knex.Transaction,
    hashes: readonly string[],
  ): Promise<void> {
    await tx('embedded_sources')
      .whereIn('hash', [...hashes])
      .whereNotIn('hash', tx('embedded_runs').select('definition_hash'))
      .whereNotIn('hash', tx('embedded_definitions').select('hash'))
      .where(
        'kept_at',
        '<',
        tx.raw('? - ?', [databaseTime(this.#knex), SOURCE_REST_MS]),
      )
      .delete();
  }
}
