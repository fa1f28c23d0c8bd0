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
import { databaseTime } from './database';

/** Leases on work that one process does at a time. Times are those of the database. */
export class WorkLeases {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Takes a lease that is free, or renews one's own; false where another process has it. */
  async acquire(
    name: string,
    holder: string,
    leaseMs: number,
  ): Promise<boolean> {
    const now = databaseTime(this.#knex);
    const until = this.#knex.raw('? + ?', [now, leaseMs]);
    const taken = await this.#knex('embedded_leases')
      .insert({ name, holder, lease_until: until })
      .onConflict('name')
      .merge(['holder', 'lease_until'])
      .where(query =>
        query
          .where('embedded_leases.holder', holder)
          .orWhere('embedded_leases.lease_until', '<=', now),
      )
      .returning('name');
    return taken.length > 0;
  }

  /** Gives a lease back, if it is still the holder's. */
  async release(name: string, holder: string): Promise<void> {
    await this.#knex('embedded_leases').where({ name, holder }).delete();
  }
}
