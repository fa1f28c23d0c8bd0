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

import { storableIpAddress } from '../addresses/IpAddress';
import type { TokenRecord } from '../tokens/StoredToken';
import { boundStatement } from './boundStatement';
import type { IndexDatabase } from './IndexDatabase';
import {
  fromSecretRow,
  fromSnapshotRow,
  fromTokenRow,
  OWNER_SNAPSHOTS,
  type StoredNumber,
  TOKEN_SECRETS,
  type TokenRow,
  TOKENS,
} from './tokenRows';

/**
 * How many secrets of a token are read: the newest. Two of them can be alive; the others are there so that who still has one
 * hears that it has expired.
 */
const SECRETS_READ = 10;

/** Uses of a token since they were last written. */
export interface TokenUses {
  readonly tokenId: string;
  readonly count: number;
  /** When it was used last; milliseconds since the epoch. */
  readonly at: number;
  /** Where from; what is no IP address is not stored. */
  readonly address?: string;
}

interface RecordRow extends TokenRow {
  readonly secret_version: number;
  readonly secret_hash: string;
  readonly secret_grants: string;
  readonly secret_decisions: string | null;
  readonly secret_created_at: StoredNumber;
  readonly secret_expires_at: StoredNumber;
  readonly snapshot_refs: string | null;
  readonly snapshot_decisions: string | null;
  readonly snapshot_taken_at: StoredNumber | null;
}

function toRecord(rows: readonly RecordRow[]): TokenRecord | undefined {
  const [row] = rows;
  if (!row) return undefined;
  return {
    token: fromTokenRow(row),
    secrets: rows.map(secret =>
      fromSecretRow({
        version: secret.secret_version,
        hash: secret.secret_hash,
        grants: secret.secret_grants,
        decisions: secret.secret_decisions,
        created_at: secret.secret_created_at,
        expires_at: secret.secret_expires_at,
      }),
    ),
    snapshot:
      row.snapshot_refs === null
        ? undefined
        : fromSnapshotRow({
            refs: row.snapshot_refs,
            decisions: row.snapshot_decisions!,
            taken_at: row.snapshot_taken_at!,
          }),
  };
}

/** What the gate reads and writes of managed tokens. */
export class TokenRecordStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Everything that decides whether a secret opens a token, in one query by primary keys.
   *
   * @param timeout - milliseconds after which the connection is given up
   * @throws OrchestratorError 503 where the database does not answer
   */
  async find(id: string, timeout: number): Promise<TokenRecord | undefined> {
    return this.#database.run(async knex => {
      const rows: RecordRow[] = await boundStatement(
        this.#database,
        knex(`${TOKENS} as token`)
          .join(`${TOKEN_SECRETS} as secret`, join =>
            join
              .on('secret.token_id', 'token.id')
              .on(
                'secret.version',
                '>',
                knex.raw('?? - ?', ['token.version', SECRETS_READ]),
              ),
          )
          .leftJoin(`${OWNER_SNAPSHOTS} as snapshot`, join =>
            join
              .on('snapshot.owner', 'token.owner')
              .on('token.kind', knex.raw('?', ['personal'])),
          )
          .where('token.id', id)
          .orderBy('secret.version', 'desc')
          .select('token.*', {
            secret_version: 'secret.version',
            secret_hash: 'secret.hash',
            secret_grants: 'secret.grants',
            secret_decisions: 'secret.decisions',
            secret_created_at: 'secret.created_at',
            secret_expires_at: 'secret.expires_at',
            snapshot_refs: 'snapshot.refs',
            snapshot_decisions: 'snapshot.decisions',
            snapshot_taken_at: 'snapshot.taken_at',
          }),
        timeout,
      );
      return toRecord(rows);
    });
  }

  /**
   * Adds uses to what is stored of tokens, and touches nothing else of them, in one statement. Tokens that are gone are passed
   * over.
   *
   * @param uses - of different tokens, of 1,000 at most: a statement takes so many values
   * @param timeout - milliseconds after which the connection is given up
   * @throws what the driver throws: the uses are kept and written later, so that who writes them must see to it that a failure
   * is logged once
   */
  async stamp(uses: readonly TokenUses[], timeout: number): Promise<void> {
    const values = uses
      .map(() => '(?, cast(? as bigint), cast(? as bigint), ?)')
      .join(', ');
    // In the order of the ids, so that replicas that write uses of the same tokens do not wait for each other in a circle.
    const locked = this.#database.isPostgres
      ? `, used as (select given.* from given join ${TOKENS} as token on token.id = given.id
           order by token.id for no key update of token)`
      : ', used as (select * from given)';
    await boundStatement(
      this.#database,
      this.#database.knex.raw(
        `with given (id, uses, used_at, address) as (values ${values})${locked}
         update ${TOKENS} set
           use_count = use_count + used.uses,
           last_used_from = case when last_used_at is null or last_used_at <= used.used_at
             then used.address else last_used_from end,
           last_used_at = case when last_used_at is null or last_used_at < used.used_at
             then used.used_at else last_used_at end
         from used where ${TOKENS}.id = used.id`,
        uses.flatMap(({ tokenId, count, at, address }) => [
          tokenId,
          count,
          at,
          storableIpAddress(address) ?? null,
        ]),
      ),
      timeout,
    );
  }
}
