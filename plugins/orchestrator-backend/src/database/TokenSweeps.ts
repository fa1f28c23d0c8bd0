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
import type { AuditEntry, AuditStore } from './AuditStore';
import type { IndexDatabase } from './IndexDatabase';
import type { TokenChangeStore, TokenSubject } from './TokenChangeStore';
import { revokedColumns, revokeOwned, type Revocation } from './tokenLineage';
import { TOKEN_SECRETS, TOKENS } from './tokenRows';

/** Up to here, each token of a sweep is recorded by itself; above, one row tells how many they were. */
const MAX_SINGLE = 100;

/** Holds where one of the grants of a secret names a workspace, or all. */
const REACHES_POSTGRES = `exists (
  select 1 from jsonb_array_elements(secret.grants::jsonb) as given
  where given -> 'workspaces' is null or jsonb_exists(given -> 'workspaces', ?))`;

const REACHES_SQLITE = `exists (
  select 1 from json_each(secret.grants) as given
  where json_type(given.value, '$.workspaces') is null or exists (
    select 1 from json_each(given.value, '$.workspaces') as named where named.value = ?))`;

/** Which live tokens to sweep. Everything that is present must hold. */
export interface SweepFilter {
  /** Absent for everybody's. */
  readonly owners?: readonly string[];
  readonly kind?: OrchestratorTokenKind;
  /** Only tokens with a right in this workspace, be it by name or since they hold it in all. */
  readonly workspace?: string;
}

/** Counts and revokes many tokens at a time. */
export class TokenSweeps {
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

  /** How many live tokens there are. */
  async count(filter: SweepFilter, at: number): Promise<number> {
    const row: { tokens: number | string } = await this.#database.run(knex =>
      this.#live(knex, filter, at).count({ tokens: '*' }).first(),
    );
    return Number(row.tokens);
  }

  /**
   * Revokes live tokens, and those that belong to them.
   *
   * @param entryOf - makes the row of the audit log of one token or, without an id, of that many
   * @returns how many the filter named
   */
  async revoke(
    filter: SweepFilter,
    revocation: Revocation,
    at: number,
    entryOf: (of: { readonly id: string } | { count: number }) => AuditEntry,
  ): Promise<number> {
    let subjects: TokenSubject[] = [];
    const count = await this.#database.transaction(async trx => {
      const revoked: { id: string; kind: string }[] = await this.#live(
        trx,
        filter,
        at,
      )
        .update(revokedColumns(revocation, at))
        .returning(['id', 'kind']);
      if (revoked.length === 0) return 0;
      const owners = revoked.filter(({ kind }) => kind !== 'trigger');
      const owned = await revokeOwned(
        trx,
        owners.map(({ id }) => id),
        revocation,
        at,
      );
      const ids = [...revoked.map(({ id }) => id), ...owned];
      const isFew = ids.length <= MAX_SINGLE;
      subjects = isFew ? ids.map((id): TokenSubject => `token:${id}`) : ['*'];
      const entries = isFew
        ? ids.map(id => entryOf({ id }))
        : [entryOf({ count: ids.length })];
      await this.#audit.addAll(trx, entries, at);
      await this.#changes.record(trx, subjects, at);
      return revoked.length;
    });
    if (count > 0) this.#changes.announce(subjects);
    return count;
  }

  #live(knex: Knex, { owners, kind, workspace }: SweepFilter, at: number) {
    const query: Knex.QueryBuilder = knex(TOKENS)
      .whereNull('revoked_at')
      .where('expires_at', '>', at);
    if (owners !== undefined) query.whereIn('owner', [...owners]);
    if (kind !== undefined) query.where({ kind });
    if (workspace !== undefined) {
      query.whereExists(
        knex(`${TOKEN_SECRETS} as secret`)
          .select(knex.raw('1'))
          .where('secret.token_id', knex.ref(`${TOKENS}.id`))
          .where('secret.expires_at', '>', at)
          .whereRaw(
            this.#database.isPostgres ? REACHES_POSTGRES : REACHES_SQLITE,
            [workspace],
          ),
      );
    }
    return query;
  }
}
