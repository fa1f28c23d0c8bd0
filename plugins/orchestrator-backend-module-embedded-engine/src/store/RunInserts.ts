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
import { Batcher } from './Batcher';
import { insertAll } from './chunks';
import { clean, type NewRun } from './Commit';
import { isSqlite } from './database';
import { stateColumns } from './rows';
import { transact } from './transact';

/** PostgreSQL works on several transactions at once, SQLite on one. */
const PLACES = 4;

/**
 * What became of a run that was to be stored: it is new · its id was there before, and nothing has changed · its parent does not
 * want it any more · its parent has too many · the start that led to it has led to too many.
 */
export type Insertion =
  | 'new'
  | 'known'
  | 'unwanted'
  | 'tooMany'
  | 'tooManyInAll';

/** How many runs there may be. */
export interface InsertLimits {
  /** Runs that one run may start as sub-flows. */
  readonly maxChildren: number;
  /** Runs that one start may lead to, by sub-flows and events. */
  readonly maxDescendants: number;
}

function toRow(run: NewRun, owner: string, originId?: string): object {
  const { parent } = run;
  return {
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
    parent_id: parent?.id ?? null,
    parent_key: parent?.waits ? parent.key : null,
    on_parent_end: parent?.onParentEnd ?? null,
    root_id: parent?.rootId ?? null,
    origin_id: originId ?? null,
    depth: run.depth,
  };
}

/** Stores new runs. */
export class RunInserts {
  readonly #knex: Knex;
  readonly #limits: InsertLimits;
  readonly #inserts: Batcher<{ run: NewRun; owner: string }, boolean>;

  constructor(knex: Knex, limits: InsertLimits) {
    this.#knex = knex;
    this.#limits = limits;
    this.#inserts = new Batcher(
      items => this.#insertPlain(items),
      isSqlite(knex) ? 1 : PLACES,
    );
  }

  /** Stores a new run as one that a process takes on. */
  async insert(run: NewRun, owner: string): Promise<Insertion> {
    const isPlain =
      run.parent === undefined &&
      run.correlations.length === 0 &&
      run.alongside === undefined &&
      run.startedBy === undefined &&
      run.producedBy === undefined &&
      !run.announced;
    if (!isPlain) {
      return this.#insertLinked(run, owner);
    }
    return (await this.#inserts.add({ run, owner })) ? 'new' : 'known';
  }

  async #insertPlain(
    items: readonly { readonly run: NewRun; readonly owner: string }[],
  ): Promise<boolean[]> {
    const inserted: { id: string }[] = await this.#knex('embedded_runs')
      .insert(items.map(({ run, owner }) => toRow(run, owner)))
      .onConflict('id')
      .ignore()
      .returning('id');
    const fresh = new Set(inserted.map(({ id }) => id));
    // Of two starts with one id, the first is the one.
    return items.map(({ run }) => fresh.delete(run.id));
  }

  #insertLinked(run: NewRun, owner: string): Promise<Insertion> {
    return transact(this.#knex, async tx => {
      const refused = run.parent && (await this.#refusal(tx, run, owner));
      if (refused !== undefined) {
        return refused;
      }
      const origin = await this.#origin(tx, run);
      if (origin !== undefined && (await this.#isSpent(tx, origin))) {
        const known: unknown = await tx('embedded_runs')
          .where({ id: run.id })
          .first('id');
        return known === undefined ? 'tooManyInAll' : 'known';
      }
      const inserted: unknown[] = await tx('embedded_runs')
        .insert(toRow(run, owner, origin))
        .onConflict('id')
        .ignore()
        .returning('id');
      if (inserted.length === 0) {
        return 'known';
      }
      await insertAll(tx, 'embedded_correlations', run.correlations);
      await run.alongside?.(tx);
      if (run.startedBy !== undefined) {
        await tx('embedded_inbox').insert({
          run_id: run.id,
          message_key: run.startedBy,
          kind: 'event',
          received_at: run.now,
          taken_at: run.now,
        });
      }
      if (run.announced) {
        await tx('embedded_outbox').insert({ run_id: run.id });
      }
      return 'new';
    });
  }

  /** The first of the runs that led to one; undefined where it was asked for from outside. */
  async #origin(
    tx: Knex.Transaction,
    { parent, producedBy }: NewRun,
  ): Promise<string | undefined> {
    const cause = parent?.id ?? producedBy;
    if (cause === undefined) {
      return undefined;
    }
    const row: { origin_id: string | null } | undefined = await tx(
      'embedded_runs',
    )
      .where({ id: cause })
      .first('origin_id');
    return row?.origin_id ?? cause;
  }

  /** Whether a start has led to as many runs as it may; two that are stored at one time may be one too many. */
  async #isSpent(tx: Knex.Transaction, originId: string): Promise<boolean> {
    const [{ count }] = await tx('embedded_runs')
      .where({ origin_id: originId })
      .count<{ count: number | string }[]>({ count: '*' });
    return Number(count) >= this.#limits.maxDescendants;
  }

  /** Why a sub-flow is not started: its parent has ended, or is another's, or has given the call up; or it has too many. */
  async #refusal(
    tx: Knex.Transaction,
    { id, parent }: NewRun,
    owner: string,
  ): Promise<Insertion | undefined> {
    const found: unknown = await tx('embedded_runs')
      .where({ id: parent!.id, status: 'ACTIVE', owner })
      .forUpdate()
      .first('id');
    const settled: unknown =
      found &&
      (await tx('embedded_journal')
        .where({ run_id: parent!.id, call_key: parent!.key })
        .first('call_key'));
    if (found === undefined || settled !== undefined) {
      return 'unwanted';
    }
    const known: unknown = await tx('embedded_runs').where({ id }).first('id');
    if (known !== undefined) {
      return 'known';
    }
    const [{ count }] = await tx('embedded_runs')
      .where({ parent_id: parent!.id })
      .count<{ count: number | string }[]>({ count: '*' });
    return Number(count) >= this.#limits.maxChildren ? 'tooMany' : undefined;
  }
}
