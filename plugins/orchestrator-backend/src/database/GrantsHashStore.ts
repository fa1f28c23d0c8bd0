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
import { AUDIT_CHAIN, lockChain, type ChainRecord } from './AuditChain';
import type { IndexDatabase } from './IndexDatabase';

/** Remembers which grants the config gave last, over restarts and replicas. */
export class GrantsHashStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Remembers the grants that are in force now.
   *
   * @param changed - is done in the same transaction where they are others than before; `previous` is absent the first time
   */
  async remember(
    hash: string,
    changed: (trx: Knex.Transaction, previous?: string) => Promise<void>,
  ): Promise<void> {
    await this.#database.transaction(async trx => {
      const chain = await lockChain(trx, this.#database, 'wait');
      if (chain?.grants_hash === hash) return;
      await trx<ChainRecord>(AUDIT_CHAIN).update({ grants_hash: hash });
      await changed(trx, chain?.grants_hash ?? undefined);
    });
  }
}
