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
import { OrchestratorError } from '../errors/OrchestratorError';
import type { IndexDatabase } from './IndexDatabase';
import { TOKENS, type TokenRow } from './tokenRows';

/** Who ended a token, and why. */
export interface Revocation {
  readonly by: string;
  readonly reason?: string;
}

/** Where more tokens are ended, a statement finds them by when they were. */
const MAX_NAMED = 500;

/** The columns of a token that was ended. */
export function revokedColumns({ by, reason }: Revocation, at: number) {
  return {
    revoked_at: at,
    revoked_by: by,
    revocation_reason: reason ?? null,
  };
}

/**
 * Holds the token that mints another one until the transaction ends: it cannot be revoked meanwhile, and one that is mints nothing.
 *
 * @throws OrchestratorError `auth.token_revoked`
 */
export async function holdMinter(
  trx: Knex.Transaction,
  database: IndexDatabase,
  id: string,
): Promise<void> {
  const query = trx<TokenRow>(TOKENS).where({ id }).first('revoked_at');
  const held = await (database.isPostgres ? query.forShare() : query);
  // A row is deleted long after the token has ended, which no request outlasts.
  if (held && held.revoked_at !== null) {
    throw new OrchestratorError('auth.token_revoked', 'The token was revoked');
  }
}

/**
 * Ends the live tokens that belong to tokens which have just been ended: what a leaked token minted for itself must not outlive
 * it, and nobody else would know of it. Those are triggers: all others belong to users and groups, or
 * to nobody.
 *
 * @param ids - of the tokens that were ended, in the same transaction
 * @returns the ids of those that are ended now
 */
export async function revokeOwned(
  trx: Knex.Transaction,
  ids: readonly string[],
  revocation: Revocation,
  at: number,
): Promise<string[]> {
  if (ids.length === 0) return [];
  const owned: Knex.QueryBuilder = trx<TokenRow>(TOKENS)
    .where({ kind: 'trigger' })
    .whereNull('revoked_at')
    .where('expires_at', '>', at);
  if (ids.length <= MAX_NAMED) {
    owned.whereIn(
      'owner',
      ids.map(id => `token:${id}`),
    );
  } else {
    // Those that were ended at this instant, by whomever: what belongs to them ends in any case.
    owned.whereIn(
      'owner',
      trx(`${TOKENS} as ended`)
        .where('ended.revoked_at', at)
        .select(trx.raw("'token:' || ended.id")),
    );
  }
  const rows: { id: string }[] = await owned
    .update(revokedColumns(revocation, at))
    .returning('id');
  return rows.map(({ id }) => id);
}
