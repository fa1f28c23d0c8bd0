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
import type { Grant } from '../grants/Grant';
import { readGrants, writeGrants } from '../grants/storedGrants';
import type { AuditEntry, AuditStore } from './AuditStore';
import type { IndexDatabase } from './IndexDatabase';
import type { TokenChangeStore, TokenSubject } from './TokenChangeStore';
import type { Revocation } from './tokenLineage';
import {
  TOKEN_SECRETS,
  TOKENS,
  type TokenRow,
  type TokenSecretRow,
} from './tokenRows';

/** More than these are forgotten with all others. */
const MAX_SUBJECTS = 100;

/** What happened to a token by the end of a workflow. */
export interface WorkflowTokenEnd {
  readonly tokenId: string;
  /** revoked: a trigger token; narrowed: it lost its scopes on the workflow. */
  readonly kind: 'revoked' | 'narrowed';
}

/** A pattern of LIKE for a text that holds another one. */
function holding(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Grants without the scopes on one workflow; those on its runs stay. */
function without(grants: readonly Grant[], workflowId: string): Grant[] {
  return grants
    .map(grant => ({
      ...grant,
      scopes: grant.scopes.filter(
        ({ scope, workflowId: narrowed }) =>
          narrowed !== workflowId || !scope.startsWith('workflows:'),
      ),
    }))
    .filter(({ scopes }) => scopes.length > 0);
}

/** Ends what tokens may do with a workflow that is no more, so that who gets its id next does not get them with it. */
export class WorkflowTokenStore {
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
   * Revokes the trigger tokens of a workflow, and takes the scopes that are narrowed to it from all others. Looks at every secret:
   * workflows are rarely deleted.
   *
   * @param at - milliseconds since the epoch
   * @param entryOf - makes the row of the audit log of one token
   */
  async end(
    workflowId: string,
    revocation: Revocation,
    at: number,
    entryOf: (end: WorkflowTokenEnd) => AuditEntry,
  ): Promise<void> {
    let subjects: TokenSubject[] = [];
    await this.#database.transaction(async trx => {
      const revoked: { id: string }[] = await trx<TokenRow>(TOKENS)
        .where({ kind: 'trigger', workflow_id: workflowId })
        .whereNull('revoked_at')
        .update({
          revoked_at: at,
          revoked_by: revocation.by,
          revocation_reason: revocation.reason ?? null,
        })
        .returning('id');
      const narrowed = await this.#narrow(trx, workflowId);
      const ends: WorkflowTokenEnd[] = [
        ...revoked.map(({ id }) => ({ tokenId: id, kind: 'revoked' as const })),
        ...narrowed.map(id => ({ tokenId: id, kind: 'narrowed' as const })),
      ];
      subjects =
        ends.length > MAX_SUBJECTS
          ? ['*']
          : ends.map(({ tokenId }): TokenSubject => `token:${tokenId}`);
      await this.#audit.addAll(trx, ends.map(entryOf), at);
      await this.#changes.record(trx, subjects, at);
    });
    if (subjects.length > 0) this.#changes.announce(subjects);
  }

  async #narrow(
    trx: Knex.Transaction,
    workflowId: string,
  ): Promise<readonly string[]> {
    const secrets: Pick<TokenSecretRow, 'token_id' | 'version' | 'grants'>[] =
      await trx(`${TOKEN_SECRETS} as secret`)
        .join(`${TOKENS} as token`, 'token.id', 'secret.token_id')
        .whereNot('token.kind', 'trigger')
        .whereNull('token.revoked_at')
        .whereRaw("?? like ? escape '\\'", [
          'secret.grants',
          holding(`:${workflowId}"`),
        ])
        .select('secret.token_id', 'secret.version', 'secret.grants');
    const narrowed = new Set<string>();
    for (const { token_id: tokenId, version, grants: text } of secrets) {
      const grants = writeGrants(without(readGrants(text), workflowId));
      if (grants === writeGrants(readGrants(text))) continue;
      await trx<TokenSecretRow>(TOKEN_SECRETS)
        .where({ token_id: tokenId, version })
        .update({ grants });
      narrowed.add(tokenId);
    }
    return [...narrowed];
  }
}
