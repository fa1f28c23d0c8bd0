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
import type { IndexDatabase } from './IndexDatabase';

export const AUDIT_CHAIN = 'orchestrator_audit_chain';
export const AUDIT_CHECKPOINTS = 'orchestrator_audit_checkpoints';

/** The row of the chain as drivers answer it. */
export interface ChainRecord {
  id: number;
  seq: number | string;
  hash: string;
  anchor_seq: number | string;
  anchor_hash: string;
  checkpoint_seq: number | string;
  checkpoint_at: number | string;
  grants_hash: string | null;
}

/** A checkpoint as drivers answer it. */
export interface CheckpointRecord {
  seq: number | string;
  hash: string;
  at: number | string;
}

/** What the hash of a sealed row was. */
export interface AuditCheckpoint {
  readonly seq: number;
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Both ends of the chain of the audit log. */
export interface ChainEnds {
  /** The last sealed row; 0 for none. */
  readonly seq: number;
  readonly hash: string;
  /** The last row that was deleted for its age; 0 for none. */
  readonly anchorSeq: number;
  readonly anchorHash: string;
}

export function endsOf(chain: ChainRecord): ChainEnds {
  return {
    seq: Number(chain.seq),
    hash: chain.hash,
    anchorSeq: Number(chain.anchor_seq),
    anchorHash: chain.anchor_hash,
  };
}

export function checkpointOf(record: CheckpointRecord): AuditCheckpoint {
  return {
    seq: Number(record.seq),
    hash: record.hash,
    at: Number(record.at),
  };
}

/**
 * Locks the row of the chain for the length of a transaction, which makes this the one replica that changes the chain. The lock
 * belongs to this plugin's database alone, where an advisory lock is shared with all who use the server's.
 *
 * @param whenLocked - whether to wait for who has the lock, or to go without
 * @returns undefined where somebody else has the lock and nobody waits
 */
export async function lockChain(
  trx: Knex.Transaction,
  database: IndexDatabase,
  whenLocked: 'wait' | 'skip',
): Promise<ChainRecord | undefined> {
  if (database.isPostgres) {
    const query = trx<ChainRecord>(AUDIT_CHAIN).forUpdate();
    return (whenLocked === 'skip' ? query.skipLocked() : query).first();
  }
  // SQLite has one writer; to write before anything is read makes this the one.
  await trx<ChainRecord>(AUDIT_CHAIN).update({ id: 1 });
  return trx<ChainRecord>(AUDIT_CHAIN).first();
}
