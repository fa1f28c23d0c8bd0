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
import type { StoredToken } from '../tokens/StoredToken';
import type { IndexDatabase } from './IndexDatabase';
import { TOKENS, type TokenRow } from './tokenRows';

export const TOKEN_NAMES = 'orchestrator_token_names';

/** A row of {@link TOKEN_NAMES}. */
export interface TokenNameRow {
  readonly owner: string;
  readonly name: string;
  readonly token_id: string;
}

type Named = Pick<StoredToken, 'id' | 'owner' | 'name'>;

/** Service tokens have no owner, and share their names. */
function keyOf(owner: string | undefined, name: string) {
  return { owner: owner ?? '', name };
}

/**
 * Gives a token a name that no live token of its owner has. The row of the name decides, and is locked until the transaction ends.
 *
 * @param at - milliseconds since the epoch
 * @throws OrchestratorError `token.conflict`
 */
export async function claimName(
  trx: Knex.Transaction,
  database: IndexDatabase,
  token: Pick<Named, 'id' | 'owner'>,
  name: string,
  at: number,
): Promise<void> {
  const key = keyOf(token.owner, name);
  await trx<TokenNameRow>(TOKEN_NAMES)
    .insert({ ...key, token_id: token.id })
    .onConflict(['owner', 'name'])
    .ignore();
  const query = trx<TokenNameRow>(TOKEN_NAMES).where(key).first();
  const held = await (database.isPostgres ? query.forUpdate() : query);
  if (held?.token_id === token.id) return;
  const holder =
    held &&
    (await trx<TokenRow>(TOKENS)
      .where({ id: held.token_id })
      .first('revoked_at', 'expires_at'));
  // A token that has ended gives its name up to whoever comes first.
  const isLive = holder?.revoked_at === null && Number(holder.expires_at) > at;
  const taken =
    held && !isLive
      ? await trx<TokenNameRow>(TOKEN_NAMES)
          .where({ ...key, token_id: held.token_id })
          .update({ token_id: token.id })
      : 0;
  if (taken !== 1) {
    throw new OrchestratorError(
      'token.conflict',
      'A token of the same owner that is in use has this name',
    );
  }
}

/**
 * Locks the name of a token until the transaction ends.
 *
 * @returns whether the token has it still
 */
export async function holdName(
  trx: Knex.Transaction,
  token: Named,
): Promise<boolean> {
  const held = await trx<TokenNameRow>(TOKEN_NAMES)
    .where({ ...keyOf(token.owner, token.name), token_id: token.id })
    .update({ token_id: token.id });
  return held === 1;
}

/** Gives the name of a token up. */
export async function releaseName(
  trx: Knex.Transaction,
  token: Named,
): Promise<void> {
  await trx<TokenNameRow>(TOKEN_NAMES)
    .where({ ...keyOf(token.owner, token.name), token_id: token.id })
    .delete();
}
