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
  endsOf,
  lockChain,
  type ChainEnds,
  type ChainRecord,
} from './AuditChain';
import { AUDIT, type AuditRecord } from './AuditRow';
import type { IndexDatabase } from './IndexDatabase';

/** What was deleted in one round. */
export interface Pruning {
  /** Both ends of the chain before the round. */
  readonly before: ChainEnds;
  /** The rows that were deleted, in order. */
  readonly deleted: readonly AuditRecord[];
}

/** Deletes the oldest rows of the audit log. */
export class AuditPruneStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * Deletes the oldest sealed rows, and keeps the place and the hash of the last one, from which the chain goes on. A row that was
   * sealed after a younger one stays until that is old enough.
   *
   * @param before - what happened before this time is deleted; milliseconds since the epoch
   * @param limit - the most rows of one round
   * @returns undefined where nothing is old enough
   */
  async prune(before: number, limit: number): Promise<Pruning | undefined> {
    return this.#database.transaction(async trx => {
      const chain = await lockChain(trx, this.#database, 'wait');
      if (!chain) return undefined;
      const ends = endsOf(chain);
      const records: AuditRecord[] = await trx<AuditRecord>(AUDIT)
        .where('seq', '>', ends.anchorSeq)
        .where('seq', '<=', ends.seq)
        .orderBy('seq')
        .limit(limit);
      const young = records.findIndex(({ at }) => Number(at) >= before);
      const deleted = young === -1 ? records : records.slice(0, young);
      const last = deleted.at(-1);
      if (!last) return undefined;
      const seq = Number(last.seq);
      await trx(AUDIT)
        .where('seq', '>', ends.anchorSeq)
        .where('seq', '<=', seq)
        .delete();
      // The newest checkpoint stays: it still tells where the chain must reach.
      await trx(AUDIT_CHECKPOINTS)
        .where('seq', '<=', seq)
        .where('seq', '<', chain.checkpoint_seq)
        .delete();
      await trx<ChainRecord>(AUDIT_CHAIN).update({
        anchor_seq: seq,
        anchor_hash: last.hash!,
      });
      return { before: ends, deleted };
    });
  }
}
