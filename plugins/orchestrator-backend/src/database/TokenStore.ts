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
import type { Grant } from '../grants/Grant';
import { readGrants, writeGrants } from '../grants/storedGrants';
import type { StoredSecret, StoredToken } from '../tokens/StoredToken';
import type { AuditEntry, AuditStore } from './AuditStore';
import type { IndexDatabase } from './IndexDatabase';
import type { TokenChangeStore, TokenSubject } from './TokenChangeStore';
import {
  holdMinter,
  revokedColumns,
  revokeOwned,
  type Revocation,
} from './tokenLineage';
import { claimName, holdName, releaseName } from './tokenNames';
import {
  toSecretRow,
  toTokenRow,
  TOKEN_SECRETS,
  TOKENS,
  type TokenRow,
  type TokenSecretRow,
} from './tokenRows';

/** The secrets of a token that are kept, dead ones among them, so that their use is answered as that of an expired one. */
const KEPT_SECRETS = 10;

/** What makes up a new secret of a token. */
export interface Rotation {
  readonly secret: StoredSecret;
  readonly hint: string;
  /** For how long the secret before stays of use; milliseconds. */
  readonly overlapMs: number;
  /** What the secret before gives, as it was read. */
  readonly previousGrants: readonly Grant[];
}

/** A row that was changed or ended by somebody else since it was read. */
function changed(): OrchestratorError {
  return new OrchestratorError(
    'token.conflict',
    'The token was changed, revoked or has expired in the meantime',
  );
}

/**
 * Changes of single tokens. Each is one transaction with its row in the audit log and, where others must forget the token, its
 * place in the feed; each is conditional on what it found, so that a token that is revoked or expired stays so.
 */
export class TokenStore {
  readonly #database: IndexDatabase;
  readonly #audit: AuditStore;
  readonly #changes: TokenChangeStore;

  constructor(options: {
    database: IndexDatabase;
    audit: AuditStore;
    changes: TokenChangeStore;
  }) {
    this.#database = options.database;
    this.#audit = options.audit;
    this.#changes = options.changes;
  }

  /**
   * Stores a new token with its first secret.
   *
   * @param minterId - the id of the token that mints it; absent where none does
   * @throws OrchestratorError `token.conflict` where a live token of the owner has the name, `auth.token_revoked` where the token
   * that mints it was revoked in the meantime
   */
  async create(
    token: StoredToken,
    secret: StoredSecret,
    entry: AuditEntry,
    minterId?: string,
  ): Promise<void> {
    const at = token.createdAt;
    await this.#database.transaction(async trx => {
      if (minterId !== undefined) {
        await holdMinter(trx, this.#database, minterId);
      }
      await claimName(trx, this.#database, token, token.name, at);
      await trx<TokenRow>(TOKENS).insert(toTokenRow(token));
      await trx<TokenSecretRow>(TOKEN_SECRETS).insert(
        toSecretRow(token.id, secret),
      );
      await this.#audit.add(trx, entry, at);
    });
  }

  /**
   * Changes what a live token is called.
   *
   * @param token - as it was read
   * @throws OrchestratorError `token.conflict` where the name is taken, or the token was changed or ended since it was read
   */
  async rename(
    token: StoredToken,
    to: { readonly name: string; readonly description: string },
    at: number,
    entry: AuditEntry,
  ): Promise<void> {
    await this.#database.transaction(async trx => {
      if (to.name !== token.name) {
        await claimName(trx, this.#database, token, to.name, at);
        await releaseName(trx, token);
      }
      const renamed = await this.#live(trx, token.id, at)
        .where({ name: token.name })
        .update({ name: to.name, description: to.description });
      if (renamed !== 1) throw changed();
      await this.#audit.add(trx, entry, at);
    });
  }

  /**
   * Gives a live token a new secret, bounds the one before, and ends all others.
   *
   * @param token - as it was read
   * @throws OrchestratorError `token.conflict` where the token was changed or ended since it was read
   */
  async rotate(
    token: StoredToken,
    { secret, hint, overlapMs, previousGrants }: Rotation,
    at: number,
    entry: AuditEntry,
  ): Promise<void> {
    await this.#change(at, async trx => {
      // Whoever takes the name from a token that seems to have expired and this rotation must not both succeed.
      if (!(await holdName(trx, token))) throw changed();
      const rotated = await this.#live(trx, token.id, at)
        .where({ version: token.version })
        .update({
          version: secret.version,
          hint,
          expires_at: secret.expiresAt,
          rotated_at: at,
        });
      if (rotated !== 1) throw changed();
      // What was taken from the secret before, with a workflow that is gone, must not come back.
      if (
        (await this.#lockGrants(trx, token)) !== writeGrants(previousGrants)
      ) {
        throw changed();
      }
      const bound = Math.min(at + overlapMs, secret.expiresAt);
      await this.#bound(trx, token.id, '<', token.version, at);
      await this.#bound(trx, token.id, '=', token.version, bound);
      await trx<TokenSecretRow>(TOKEN_SECRETS).insert(
        toSecretRow(token.id, secret),
      );
      await trx<TokenSecretRow>(TOKEN_SECRETS)
        .where({ token_id: token.id })
        .where('version', '<=', secret.version - KEPT_SECRETS)
        .delete();
      await this.#audit.add(trx, entry, at);
      return [token.id];
    });
  }

  /**
   * Ends a token for good, and with it those that belong to it.
   *
   * @returns whether it was this call that ended it
   */
  async revoke(
    id: string,
    revocation: Revocation,
    at: number,
    entry: AuditEntry,
  ): Promise<boolean> {
    const ended = await this.#change(at, async trx => {
      const revoked = await trx<TokenRow>(TOKENS)
        .where({ id })
        .whereNull('revoked_at')
        .update(revokedColumns(revocation, at));
      if (revoked !== 1) return [];
      const owned = await revokeOwned(trx, [id], revocation, at);
      const entries = owned.map(tokenId => ({
        ...entry,
        tokenId,
        meta: { ...entry.meta, owner: `token:${id}` },
      }));
      await this.#audit.addAll(trx, [entry, ...entries], at);
      return [id, ...owned];
    });
    return ended.length > 0;
  }

  /** A token that is neither revoked nor expired; a condition for its change. */
  #live(trx: Knex.Transaction, id: string, at: number) {
    return trx<TokenRow>(TOKENS)
      .where({ id })
      .whereNull('revoked_at')
      .where('expires_at', '>', at);
  }

  /** What the newest secret of a token gives, which nobody changes until the transaction ends. */
  async #lockGrants(
    trx: Knex.Transaction,
    { id, version }: StoredToken,
  ): Promise<string | undefined> {
    const query = trx<TokenSecretRow>(TOKEN_SECRETS)
      .where({ token_id: id, version })
      .first('grants');
    const row = await (this.#database.isPostgres ? query.forUpdate() : query);
    return row && writeGrants(readGrants(row.grants));
  }

  /** Secrets never live longer than before. */
  async #bound(
    trx: Knex.Transaction,
    tokenId: string,
    comparison: '<' | '=',
    version: number,
    end: number,
  ): Promise<void> {
    await trx<TokenSecretRow>(TOKEN_SECRETS)
      .where({ token_id: tokenId })
      .where('version', comparison, version)
      .where('expires_at', '>', end)
      .update({ expires_at: end });
  }

  /**
   * A change after which no replica may go by what it remembers.
   *
   * @param work - answers the ids of the tokens that it changed
   */
  async #change(
    at: number,
    work: (trx: Knex.Transaction) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const subjectsOf = (ids: readonly string[]) =>
      ids.map((id): TokenSubject => `token:${id}`);
    const changedIds = await this.#database.transaction(async trx => {
      const ids = await work(trx);
      await this.#changes.record(trx, subjectsOf(ids), at);
      return ids;
    });
    this.#changes.announce(subjectsOf(changedIds));
    return changedIds;
  }
}
