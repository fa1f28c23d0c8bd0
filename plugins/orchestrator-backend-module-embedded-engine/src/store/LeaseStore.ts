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
import { databaseTime, isSqlite } from './database';
import { type RunRow, type StoredRun, toStoredRun } from './rows';

/** Runs that one query takes on. */
export const CLAIM_BATCH = 100;
/** A connection may be dead without anybody having noticed; what is not answered by then is given up. Milliseconds. */
const STATEMENT_MS = 10_000;

/** A run as its process has it. */
export interface HeldRun {
  readonly rev: number;
  /** The number that grows with each message to it. */
  readonly mail: number;
}

/** Which process takes which run on, by leases that it has to renew. */
export class LeaseStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Enters a process as alive for a time. */
  async register(
    owner: string,
    place: string | undefined,
    leaseMs: number,
  ): Promise<void> {
    await this.#knex('embedded_owners').insert({
      id: owner,
      place: place ?? null,
      lease_until: this.#knex.raw('? + ?', [databaseTime(this.#knex), leaseMs]),
    });
  }

  /** Renews the lease of a process; false where it had run out, and others may have taken its runs. */
  async renew(owner: string, leaseMs: number): Promise<boolean> {
    const now = databaseTime(this.#knex);
    const renewed = await this.#knex('embedded_owners')
      .where({ id: owner })
      .where('lease_until', '>', now)
      .update({ lease_until: this.#knex.raw('? + ?', [now, leaseMs]) })
      .timeout(Math.max(1_000, Math.min(leaseMs, STATEMENT_MS)));
    return renewed > 0;
  }

  /** Ends the leases of processes that are known to be gone. */
  async expire(owners: readonly string[]): Promise<void> {
    await this.#knex('embedded_owners')
      .whereIn('id', owners)
      .update({ lease_until: 0 });
  }

  /** The other processes whose lease holds. */
  async others(owner: string): Promise<{ id: string; place: string | null }[]> {
    return this.#knex('embedded_owners')
      .whereNot({ id: owner })
      .where('lease_until', '>', databaseTime(this.#knex))
      .select('id', 'place');
  }

  /** Takes on runs whose process has let its lease run out. */
  async takeOver(owner: string): Promise<StoredRun[]> {
    return this.#claim(
      owner,
      query =>
        query
          // Says that there is one, in a way for which its index is used.
          .where('owner', '>', '')
          .whereNot({ owner })
          .whereNotIn(
            'owner',
            this.#knex('embedded_owners')
              .where('lease_until', '>', databaseTime(this.#knex))
              .select('id'),
          ),
      'owner',
    );
  }

  /** Takes on runs that have waited long enough. */
  async takeDue(owner: string, now: number): Promise<StoredRun[]> {
    return this.#claim(
      owner,
      query => this.#waiting(query).where('wake_at', '<=', now),
      'wake_at',
    );
  }

  /** Runs that have not ended; no index of the status either, as `#waiting` says. */
  #goingOn(): Knex.QueryBuilder {
    return this.#knex('embedded_runs').whereRaw(
      `coalesce(status, '') in ('ACTIVE', 'ERROR')`,
    );
  }

  /**
   * Nobody takes these runs on. Few of them are ever due, so that only the index of `wake_at` may be used to find those: all that
   * wait or have ended lack an owner, and SQLite, which does not know that, would go through them.
   */
  #waiting(query: Knex.QueryBuilder): Knex.QueryBuilder {
    return query.whereRaw(`coalesce(owner, '') = ''`);
  }

  /** Takes on a run anew that is this process's already, if it is still at a revision. */
  async retake(
    owner: string,
    id: string,
    rev: number,
  ): Promise<StoredRun | undefined> {
    const [run] = await this.#claim(
      owner,
      query => query.where({ id, owner, rev }),
      'owner',
    );
    return run;
  }

  /** Takes on runs, and counts that, so that a run that ends its takers does not do so for ever. */
  async #claim(
    owner: string,
    which: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
    order: 'owner' | 'wake_at',
  ): Promise<StoredRun[]> {
    const ids = which(this.#goingOn())
      .orderBy(order)
      .limit(CLAIM_BATCH)
      .select('id');
    if (!isSqlite(this.#knex)) {
      // Rows that a transaction holds are left for later: its process may stand still.
      ids.forUpdate().skipLocked();
    }
    // The condition stands outside too: another process may have been quicker.
    const rows: RunRow[] = await which(this.#goingOn().whereIn('id', ids))
      .update({
        owner,
        rev: this.#knex.raw('rev + 1'),
        attempts: this.#knex.raw('attempts + 1'),
        wake_at: null,
      })
      .returning('*')
      .timeout(STATEMENT_MS);
    return rows.map(toStoredRun);
  }

  /** When the next waiting run is due, in milliseconds since the epoch. */
  async nextDue(): Promise<number | undefined> {
    const row: { next: number | string } | undefined = await this.#waiting(
      this.#goingOn(),
    )
      .whereNotNull('wake_at')
      .orderBy('wake_at')
      .timeout(STATEMENT_MS)
      .first({ next: 'wake_at' });
    return row && Number(row.next);
  }

  /** The runs that a process still has. */
  async held(owner: string): Promise<Map<string, HeldRun>> {
    const rows = await this.#knex('embedded_runs')
      .where({ owner })
      .select<{ id: string; rev: number | string; mail: number | string }[]>(
        'id',
        'rev',
        'mail',
      )
      .timeout(STATEMENT_MS);
    return new Map(
      rows.map(({ id, mail, rev }) => [
        id,
        { rev: Number(rev), mail: Number(mail) },
      ]),
    );
  }

  /** Lets whoever comes first take on the runs of a process that stops in order: none of them has ended it. */
  async handBack(owner: string): Promise<void> {
    await this.#knex('embedded_runs')
      .where({ owner })
      .whereIn('status', ['ACTIVE', 'ERROR'])
      .update({
        owner: null,
        wake_at: 0,
        rev: this.#knex.raw('rev + 1'),
        attempts: 0,
      });
    await this.#knex('embedded_owners').where({ id: owner }).delete();
  }

  /** Forgets processes that have been gone for long and have no runs. */
  async forget(): Promise<void> {
    await this.#knex('embedded_owners')
      .where('lease_until', '<', databaseTime(this.#knex))
      .whereNotIn(
        'id',
        this.#knex('embedded_runs').whereNotNull('owner').select('owner'),
      )
      .delete();
  }
}
