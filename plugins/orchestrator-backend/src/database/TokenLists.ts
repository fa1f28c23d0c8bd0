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

import type { OrchestratorTokenKind } from '@flowgate/backstage-plugin-orchestrator-common';
import type { Knex } from 'knex';
import type { Grant } from '../grants/Grant';
import { readGrants } from '../grants/storedGrants';
import type { StoredToken } from '../tokens/StoredToken';
import type { IndexDatabase } from './IndexDatabase';
import {
  fromTokenRow,
  OWNER_SNAPSHOTS,
  TOKEN_SECRETS,
  TOKENS,
  type StoredNumber,
  type TokenRow,
} from './tokenRows';

/** A token as it is shown. */
export interface ListedToken {
  readonly token: StoredToken;
  /** Those of the newest secret. */
  readonly grants: readonly Grant[];
  /** When the secret before the newest ends; milliseconds since the epoch. */
  readonly previousExpiresAt?: number;
  /** When the owner of a personal token was last seen; milliseconds since the epoch. */
  readonly snapshotAt?: number;
}

/** A place in the list of tokens: that of the token with this time and id. */
export interface TokenPlace {
  readonly createdAt: number;
  readonly id: string;
}

/** Which tokens to list. Everything that is present must hold. */
export interface TokenFilter {
  /** Only those of these owners, and the one with this id; absent for everybody's. */
  readonly visible?: {
    readonly owners: readonly string[];
    readonly id?: string;
  };
  readonly kind?: OrchestratorTokenKind;
  /** Only those of these; absent for all. */
  readonly namedOwners?: readonly string[];
  /** Live ones are neither expired nor revoked. */
  readonly state?: 'live' | 'expired' | 'revoked';
}

const COLUMNS: readonly (keyof TokenRow)[] = [
  'id',
  'kind',
  'name',
  'description',
  'owner',
  'created_by',
  'created_at',
  'workflow_id',
  'allowed_cidrs',
  'version',
  'hint',
  'expires_at',
  'rotated_at',
  'revoked_at',
  'revoked_by',
  'revocation_reason',
  'last_used_at',
  'last_used_from',
  'use_count',
];

interface ListedRow extends TokenRow {
  readonly grants: string | null;
  readonly previous_expires_at: StoredNumber | null;
  readonly snapshot_at: StoredNumber | null;
}

function toListed(row: ListedRow): ListedToken {
  const { grants, previous_expires_at: previous, snapshot_at: seen } = row;
  return {
    token: fromTokenRow(row),
    grants: grants === null ? [] : readGrants(grants),
    previousExpiresAt: previous === null ? undefined : Number(previous),
    snapshotAt: seen === null ? undefined : Number(seen),
  };
}

/** Reads tokens for those who look at them; no secret and no hash is among what is read. */
export class TokenLists {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  async find(id: string): Promise<ListedToken | undefined> {
    const row: ListedRow | undefined = await this.#database.run(knex =>
      this.#select(knex).where('token.id', id).first(),
    );
    return row && toListed(row);
  }

  /**
   * One page, the newest first: one statement, whatever the number of tokens.
   *
   * @param after - the place behind which the page begins
   * @param now - milliseconds since the epoch
   */
  async page(
    filter: TokenFilter,
    options: {
      readonly after?: TokenPlace;
      readonly limit: number;
      readonly now: number;
    },
  ): Promise<ListedToken[]> {
    const { after, limit, now } = options;
    const rows: ListedRow[] = await this.#database.run(knex => {
      const query = this.#select(knex)
        .orderBy([
          { column: 'token.created_at', order: 'desc' },
          { column: 'token.id', order: 'desc' },
        ])
        .limit(limit);
      narrow(query, filter, now);
      if (after) {
        query.whereRaw('(token.created_at, token.id) < (?, ?)', [
          after.createdAt,
          after.id,
        ]);
      }
      return query;
    });
    return rows.map(toListed);
  }

  #select(knex: Knex): Knex.QueryBuilder {
    return knex(`${TOKENS} as token`)
      .leftJoin(`${TOKEN_SECRETS} as secret`, join =>
        join
          .on('secret.token_id', 'token.id')
          .andOn('secret.version', 'token.version'),
      )
      .leftJoin(`${TOKEN_SECRETS} as previous`, join =>
        join
          .on('previous.token_id', 'token.id')
          .andOn('previous.version', knex.raw('token.version - 1')),
      )
      .leftJoin(`${OWNER_SNAPSHOTS} as snapshot`, join =>
        join
          .on('snapshot.owner', 'token.owner')
          .andOn('token.kind', knex.raw("'personal'")),
      )
      .select({
        ...Object.fromEntries(COLUMNS.map(name => [name, `token.${name}`])),
        grants: 'secret.grants',
        previous_expires_at: 'previous.expires_at',
        snapshot_at: 'snapshot.taken_at',
      });
  }
}

function narrow(
  query: Knex.QueryBuilder,
  { visible, kind, namedOwners, state }: TokenFilter,
  now: number,
): void {
  if (visible) {
    query.where(part => {
      part.whereIn('token.owner', visible.owners);
      if (visible.id !== undefined) part.orWhere('token.id', visible.id);
    });
  }
  if (kind) query.where('token.kind', kind);
  if (namedOwners !== undefined) {
    query.whereIn('token.owner', [...namedOwners]);
  }
  if (state === 'revoked') query.whereNotNull('token.revoked_at');
  if (state === 'expired') {
    query.whereNull('token.revoked_at').where('token.expires_at', '<=', now);
  }
  if (state === 'live') {
    query.whereNull('token.revoked_at').where('token.expires_at', '>', now);
  }
}
