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

import type { AuditOutcome } from './AuditEntry';
import {
  AUDIT,
  fromAuditRecord,
  toAuditRef,
  type AuditRecord,
  type AuditRow,
} from './AuditRow';
import type { IndexDatabase } from './IndexDatabase';
import { toStorableText } from './storableText';

/** Which events are asked for; what is absent restricts nothing. Times are milliseconds since the epoch. */
export interface AuditFilter {
  readonly actor?: string;
  readonly tokenId?: string;
  readonly event?: string;
  readonly outcome?: AuditOutcome;
  /** Inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
}

/** The last row of a page. */
export interface AuditPlace {
  readonly at: number;
  readonly id: string;
}

/** Reads the audit log. */
export class AuditPages {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Events whose outcome is known, newest first: one query, along an index.
   *
   * @param after - the place after which the page begins; the beginning where absent
   */
  async page(
    filter: AuditFilter,
    limit: number,
    after?: AuditPlace,
  ): Promise<AuditRow[]> {
    const { actor, tokenId, event, outcome, from, to } = filter;
    const records: AuditRecord[] = await this.#database.run(knex => {
      const query = knex<AuditRecord>(AUDIT)
        .whereNotNull('outcome')
        .orderBy([
          { column: 'at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limit);
      if (actor !== undefined) query.where({ actor: toAuditRef(actor) });
      if (tokenId !== undefined) {
        query.where({ token_id: toStorableText(tokenId) });
      }
      if (event !== undefined) query.where({ event: toStorableText(event) });
      if (outcome !== undefined) query.where({ outcome });
      if (from !== undefined) query.where('at', '>=', from);
      if (to !== undefined) query.where('at', '<', to);
      if (after) {
        query.whereRaw('(??, ??) < (?, ?)', ['at', 'id', after.at, after.id]);
      }
      return query;
    });
    return records.map(fromAuditRecord);
  }
}
