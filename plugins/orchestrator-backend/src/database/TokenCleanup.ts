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

import type { IndexDatabase } from './IndexDatabase';
import { TOKEN_NAMES, type TokenNameRow } from './tokenNames';
import {
  OWNER_SNAPSHOTS,
  TOKEN_SECRETS,
  TOKENS,
  type TokenRow,
  type TokenSecretRow,
} from './tokenRows';

/** Tokens that one statement looks at. */
const SCAN = 2_000;

/** Tokens that one transaction deletes. */
const BATCH = 500;

/** The places in the feed that a replica may still ask for are younger; milliseconds. */
const KEEP_CHANGES = 60 * 60 * 1_000;

/** A snapshot may be there before the first token of its owner; milliseconds. */
const KEEP_SNAPSHOTS = 60 * 60 * 1_000;

/**
 * Deletes what nobody needs any more. It walks over all tokens in the order of their ids: an index over the times at which they end
 * would be paid for by every revocation.
 */
export class TokenCleanup {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Deletes tokens that died before a time, with everything of theirs, and snapshots and places in the feed that are of no use.
   *
   * @param diedBefore - milliseconds since the epoch
   * @returns how many tokens are gone
   */
  async clean(diedBefore: number, now: number): Promise<number> {
    let deleted = 0;
    let after = '';
    for (;;) {
      const seen = await this.#scan(after);
      const dead = seen
        .filter(
          row =>
            Number(row.expires_at) < diedBefore ||
            (row.revoked_at !== null && Number(row.revoked_at) < diedBefore),
        )
        .map(({ id }) => id);
      for (let index = 0; index < dead.length; index += BATCH) {
        await this.#delete(dead.slice(index, index + BATCH));
      }
      deleted += dead.length;
      if (seen.length < SCAN) break;
      after = seen[seen.length - 1].id;
    }
    await this.#forgetChanges(now - KEEP_CHANGES);
    await this.#forgetOwners(now - KEEP_SNAPSHOTS);
    return deleted;
  }

  async #scan(
    after: string,
  ): Promise<Pick<TokenRow, 'id' | 'expires_at' | 'revoked_at'>[]> {
    return this.#database.run(knex =>
      knex<TokenRow>(TOKENS)
        .where('id', '>', after)
        .orderBy('id')
        .limit(SCAN)
        .select('id', 'expires_at', 'revoked_at'),
    );
  }

  /** What is dead stays dead, so that it may have been looked at some time ago. */
  async #delete(ids: readonly string[]): Promise<void> {
    await this.#database.transaction(async trx => {
      await trx<TokenNameRow>(TOKEN_NAMES).whereIn('token_id', ids).delete();
      await trx<TokenSecretRow>(TOKEN_SECRETS)
        .whereIn('token_id', ids)
        .delete();
      await trx<TokenRow>(TOKENS).whereIn('id', ids).delete();
    });
  }

  async #forgetChanges(before: number): Promise<void> {
    await this.#database.run(knex =>
      knex('orchestrator_token_changes')
        .where('changed_at', '<', before)
        .delete(),
    );
  }

  async #forgetOwners(before: number): Promise<void> {
    await this.#database.run(knex =>
      knex(OWNER_SNAPSHOTS)
        .where('taken_at', '<', before)
        .whereNotExists(
          knex(TOKENS)
            .select(knex.raw('1'))
            .where('kind', 'personal')
            .where(`${TOKENS}.owner`, knex.ref(`${OWNER_SNAPSHOTS}.owner`)),
        )
        .delete(),
    );
  }
}
