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
import {
  AUDIT_CHAIN,
  AUDIT_CHECKPOINTS,
  lockChain,
  type AuditCheckpoint,
  type ChainRecord,
} from './AuditChain';
import { linkRecords } from './auditHash';
import { readAuditMeta } from './auditMeta';
import { AUDIT, type AuditRecord } from './AuditRow';
import type { IndexDatabase } from './IndexDatabase';

/** When a checkpoint is due. */
export interface CheckpointPace {
  /** After so many rows. */
  readonly rows: number;
  /** After so many milliseconds, if there was a row. */
  readonly interval: number;
}

/** What one round of sealing did. */
export interface Sealing {
  readonly sealed: number;
  readonly checkpoint?: AuditCheckpoint;
}

/** As in the partial index. */
const IS_SEALABLE = 'seq is null and open_until is null';

/** Puts the rows of the audit log into its chain. */
export class AuditSealStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** Whether there is something to seal, to close or to make a checkpoint of. Takes no lock. */
  async isDue(now: number, pace: CheckpointPace): Promise<boolean> {
    const row: (ChainRecord & { due: unknown }) | undefined =
      await this.#database.run(knex =>
        knex(AUDIT_CHAIN)
          .select('*')
          .select(
            knex.raw(
              `(exists (select 1 from ${AUDIT} where ${IS_SEALABLE}) or exists (select 1 from ${AUDIT} where open_until <= ?)) as due`,
              [now],
            ),
          )
          .first(),
      );
    if (!row) throw new Error('The ends of the chain are missing');
    return Boolean(row.due) || isCheckpointDue(row, now, pace);
  }

  /**
   * Numbers and links rows that are not sealed, in the order of their time and id, and closes those whose time is over. Where
   * another replica is at it, nothing is done.
   *
   * @param limit - the most rows of one round
   */
  async seal(
    now: number,
    pace: CheckpointPace,
    limit: number,
  ): Promise<Sealing> {
    return this.#database.transaction(async trx => {
      const chain = await lockChain(trx, this.#database, 'skip');
      if (!chain) return { sealed: 0 };
      await this.#close(trx, now, limit);
      // What is committed after this is left for the next round, however old it is: no order of commits loses a row.
      const records: AuditRecord[] = await trx<AuditRecord>(AUDIT)
        .whereRaw(IS_SEALABLE)
        .orderBy(['at', 'id'])
        .limit(limit);
      const end = { seq: Number(chain.seq), hash: chain.hash };
      const linked = linkRecords(end, records);
      const last = linked.at(-1) ?? end;
      await this.#write(trx, linked);
      const checkpoint = isCheckpointDue({ ...chain, seq: last.seq }, now, pace)
        ? { seq: last.seq, hash: last.hash, at: now }
        : undefined;
      if (checkpoint) {
        // One that somebody put there in advance is found by its hash.
        await trx(AUDIT_CHECKPOINTS)
          .insert(checkpoint)
          .onConflict('seq')
          .ignore();
      }
      await trx<ChainRecord>(AUDIT_CHAIN).update({
        seq: last.seq,
        hash: last.hash,
        ...(checkpoint
          ? { checkpoint_seq: last.seq, checkpoint_at: now }
          : undefined),
      });
      return { sealed: linked.length, checkpoint };
    });
  }

  /** Rows whose time is over change no more: what was counted is complete, the outcome of others is lost. */
  async #close(
    trx: Knex.Transaction,
    now: number,
    limit: number,
  ): Promise<void> {
    await trx<AuditRecord>(AUDIT)
      .where('open_until', '<=', now)
      .whereNotNull('outcome')
      .update({ open_key: null, open_until: null });
    const lost: AuditRecord[] = await trx<AuditRecord>(AUDIT)
      .where('open_until', '<=', now)
      .whereNull('outcome')
      .orderBy('open_until')
      .limit(limit);
    for (const { id, meta } of lost) {
      await trx<AuditRecord>(AUDIT)
        .where({ id })
        .whereNull('outcome')
        .update({
          outcome: 'failed',
          code: 'service.unavailable',
          meta: JSON.stringify({ ...readAuditMeta(meta), outcome: 'unknown' }),
          open_key: null,
          open_until: null,
        });
    }
  }

  async #write(
    trx: Knex.Transaction,
    linked: readonly { id: string; seq: number; hash: string }[],
  ): Promise<void> {
    if (linked.length === 0) return;
    const values = linked.map(() => '(?, cast(? as bigint), ?)').join(', ');
    await trx.raw(
      `with links (id, seq, hash) as (values ${values}) update ${AUDIT} set seq = links.seq, hash = links.hash from links where ${AUDIT}.id = links.id`,
      linked.flatMap(({ id, seq, hash }) => [id, seq, hash]),
    );
  }
}

function isCheckpointDue(
  chain: ChainRecord,
  now: number,
  pace: CheckpointPace,
): boolean {
  const rows = Number(chain.seq) - Number(chain.checkpoint_seq);
  if (rows === 0) return false;
  return (
    rows >= pace.rows || now - Number(chain.checkpoint_at) >= pace.interval
  );
}
