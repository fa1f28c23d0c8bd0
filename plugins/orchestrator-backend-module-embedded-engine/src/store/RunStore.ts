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
import { wakeAt } from '../interpreter/RunState';
import { Batcher } from './Batcher';
import { insertAll } from './chunks';
import {
  clean,
  type Commit,
  isProgress,
  type NewRun,
  nodeRows,
  resultRows,
} from './Commit';
import { isSqlite } from './database';
import { type RunRow, stateColumns, type StoredRun, toStoredRun } from './rows';

/** PostgreSQL works on several transactions at once, SQLite on one. */
const PLACES = 4;

/** The runs of the engine in the database. */
export class RunStore {
  readonly #knex: Knex;
  readonly #maxLines: number;
  readonly #inserts: Batcher<{ run: NewRun; owner: string }, boolean>;
  readonly #commits: Batcher<Commit, boolean>;

  constructor(knex: Knex, options: { readonly maxLines: number }) {
    this.#knex = knex;
    this.#maxLines = options.maxLines;
    const places = isSqlite(knex) ? 1 : PLACES;
    this.#inserts = new Batcher(items => this.#insertAll(items), places);
    this.#commits = new Batcher(items => this.#commitAll(items), places);
  }

  /** Stores a new run; false where its id is there already, and nothing changes. */
  insert(run: NewRun, owner: string): Promise<boolean> {
    return this.#inserts.add({ run, owner });
  }

  async #insertAll(
    items: readonly { readonly run: NewRun; readonly owner: string }[],
  ): Promise<boolean[]> {
    const inserted: { id: string }[] = await this.#knex('embedded_runs')
      .insert(
        items.map(({ run, owner }) => ({
          id: run.id,
          definition_id: run.definitionId,
          definition_hash: run.definitionHash,
          version: clean(run.version),
          ...stateColumns(run.state),
          input: JSON.stringify(run.state.input),
          rev: 1,
          owner,
          wake_at: null,
          started_at: run.now,
          ended_at: null,
          provenance: JSON.stringify(run.provenance),
        })),
      )
      .onConflict('id')
      .ignore()
      .returning('id');
    const fresh = new Set(inserted.map(({ id }) => id));
    // Of two starts with one id, the first is the one.
    return items.map(({ run }) => fresh.delete(run.id));
  }

  /**
   * Stores what a drain came to, all of it or nothing.
   *
   * @returns false where somebody else has changed the run since; then nothing is stored
   */
  commit(commit: Commit): Promise<boolean> {
    return this.#commits.add(commit);
  }

  async #commitAll(commits: readonly Commit[]): Promise<boolean[]> {
    return this.#knex.transaction(async tx => {
      const stored: boolean[] = [];
      for (const commit of commits) {
        stored.push(await this.#fenced(tx, commit));
      }
      const ours = commits.filter((_commit, i) => stored[i]);
      const nodes = ours.map(nodeRows);
      await insertAll(
        tx,
        'embedded_nodes',
        nodes.flatMap(({ rows }) => rows),
      );
      for (let i = 0; i < ours.length; i += 1) {
        for (const end of nodes[i].ends) {
          await tx('embedded_nodes')
            .where({ run_id: ours[i].id, seq: end.seq })
            .update({
              left_at: end.exit ?? null,
              error: end.error === undefined ? null : clean(end.error),
            });
        }
      }
      await this.#storeLines(tx, ours);
      await insertAll(tx, 'embedded_journal', ours.flatMap(resultRows));
      await insertAll(
        tx,
        'embedded_outbox',
        ours
          .filter(({ before, state }) => state.status !== before)
          .map(({ id }) => ({ run_id: id })),
      );
      return stored;
    });
  }

  /** Writes the row of a run, if it is still as the writer knows it. */
  async #fenced(tx: Knex.Transaction, commit: Commit): Promise<boolean> {
    const changed = await tx('embedded_runs')
      .where({ id: commit.id, rev: commit.rev, owner: commit.owner })
      .update({
        ...stateColumns(commit.state),
        rev: commit.rev + 1,
        owner: commit.nextOwner,
        wake_at: wakeAt(commit.state) ?? null,
        ended_at: commit.state.status === 'ACTIVE' ? null : commit.now,
        ...(isProgress(commit) ? { attempts: 0 } : {}),
      });
    return changed > 0;
  }

  async #storeLines(
    tx: Knex.Transaction,
    commits: readonly Commit[],
  ): Promise<void> {
    await insertAll(
      tx,
      'embedded_logs',
      commits.flatMap(({ id, records }) =>
        records
          .flatMap(({ lines }) => lines)
          .slice(-this.#maxLines)
          .map(line => ({
            run_id: id,
            seq: line.seq,
            line_id: line.id,
            line: clean(line.text),
          })),
      ),
    );
    for (const { id, records, state } of commits) {
      const oldest = state.lines - this.#maxLines;
      if (oldest > 0 && records.some(({ lines }) => lines.length > 0)) {
        await tx('embedded_logs')
          .where({ run_id: id })
          .where('seq', '<=', oldest)
          .delete();
      }
    }
  }

  /** A run as the engine takes it on. */
  async load(
    id: string,
  ): Promise<(StoredRun & { readonly owner: string | null }) | undefined> {
    const row = await this.#knex<RunRow>('embedded_runs').where({ id }).first();
    return row && { ...toStoredRun(row), owner: row.owner };
  }

  /** Ends runs that have not ended; an errored run too. Returns its state before, or undefined where there is none. */
  async abort(
    id: string,
    now: number,
  ): Promise<
    { readonly aborted: boolean; readonly status: string } | undefined
  > {
    return this.#knex.transaction(async tx => {
      const changed = await tx('embedded_runs')
        .where({ id })
        .whereIn('status', ['ACTIVE', 'ERROR'])
        .update({
          status: 'ABORTED',
          rev: tx.raw('rev + 1'),
          owner: null,
          wake_at: null,
          ended_at: now,
        });
      if (changed === 0) {
        const row = await tx<RunRow>('embedded_runs')
          .where({ id })
          .first('status');
        return row && { aborted: false, status: row.status };
      }
      await tx('embedded_nodes')
        .where({ run_id: id })
        .whereNull('left_at')
        .update({ left_at: now });
      await tx('embedded_outbox').insert({ run_id: id });
      return { aborted: true, status: 'ABORTED' };
    });
  }
}
