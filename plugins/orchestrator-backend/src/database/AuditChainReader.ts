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

import {
  AUDIT_CHAIN,
  AUDIT_CHECKPOINTS,
  checkpointOf,
  endsOf,
  type AuditCheckpoint,
  type ChainEnds,
  type ChainRecord,
  type CheckpointRecord,
} from './AuditChain';
import { AUDIT, type AuditRecord } from './AuditRow';
import type { IndexDatabase } from './IndexDatabase';

/** Reads the chain of the audit log, as it is stored, for whoever checks it. */
export class AuditChainReader {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** Both ends of the chain as they are now; undefined where somebody took them away. */
  async ends(): Promise<ChainEnds | undefined> {
    const chain = await this.#database.run(knex =>
      knex<ChainRecord>(AUDIT_CHAIN).first(),
    );
    return chain && endsOf(chain);
  }

  /** Sealed rows after a place and up to another one, in order. */
  async rows(
    after: number,
    upTo: number,
    limit: number,
  ): Promise<AuditRecord[]> {
    return this.#database.run(async knex =>
      knex<AuditRecord>(AUDIT)
        .where('seq', '>', after)
        .where('seq', '<=', upTo)
        .orderBy('seq')
        .limit(limit),
    );
  }

  /** Checkpoints after a place and up to another one, in order. */
  async checkpoints(after: number, upTo: number): Promise<AuditCheckpoint[]> {
    const records = await this.#database.run(async knex =>
      knex<CheckpointRecord>(AUDIT_CHECKPOINTS)
        .where('seq', '>', after)
        .where('seq', '<=', upTo)
        .orderBy('seq'),
    );
    return records.map(checkpointOf);
  }

  /** The newest checkpoint. */
  async lastCheckpoint(): Promise<AuditCheckpoint | undefined> {
    const record = await this.#database.run(knex =>
      knex<CheckpointRecord>(AUDIT_CHECKPOINTS).orderBy('seq', 'desc').first(),
    );
    return record && checkpointOf(record);
  }

  /** How many rows are not sealed. */
  async unsealed(): Promise<number> {
    const row = await this.#database.run(knex =>
      knex(AUDIT).whereNull('seq').count({ rows: '*' }).first(),
    );
    return Number(row!.rows);
  }

  /** The first sealed row that is beyond either end of the chain, of which there must be none. */
  async outside(): Promise<number | undefined> {
    // One statement sees one moment: a row that is sealed meanwhile is inside with the end that moves with it.
    const row: Record<'first' | 'last', string | number | null> | undefined =
      await this.#database.run(knex =>
        knex(AUDIT_CHAIN)
          .select({
            first: knex(AUDIT)
              .min('seq')
              .where('seq', '<=', knex.ref(`${AUDIT_CHAIN}.anchor_seq`)),
            last: knex(AUDIT)
              .min('seq')
              .where('seq', '>', knex.ref(`${AUDIT_CHAIN}.seq`)),
          })
          .first(),
      );
    const seq = row?.first ?? row?.last ?? undefined;
    return seq === undefined ? undefined : Number(seq);
  }
}
