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

import type { AuditCheckpoint, ChainEnds } from '../database/AuditChain';
import type { AuditChainReader } from '../database/AuditChainReader';
import type { AuditRecord } from '../database/AuditRow';
import { findFault, type ChainFault, type ChainLink } from './chainFault';

/** What a look at the whole chain came to. */
export interface AuditVerification {
  /** How many sealed rows there are, or must be. */
  readonly sealed: number;
  readonly unsealed: number;
  readonly firstBroken?: ChainFault;
  /** The last one. */
  readonly checkpoint?: AuditCheckpoint;
}

const BATCH = 1_000;

/** How often a walk begins anew since old rows were deleted under it. */
const ATTEMPTS = 5;

/**
 * Walks the chain of the audit log from its first row that is kept to its end, and finds a sealed row that was changed, deleted,
 * inserted or moved, and an end that was cut off. It does not find a chain that was made anew together with all its checkpoints:
 * those which Backstage's auditor was told do.
 */
export class AuditVerifier {
  readonly #reader: AuditChainReader;
  #running: Promise<AuditVerification> | undefined;

  constructor(reader: AuditChainReader) {
    this.#reader = reader;
  }

  /** Walks the chain; who asks while a walk is under way gets what that comes to, since it reads the whole log. */
  async verify(): Promise<AuditVerification> {
    this.#running ??= this.#verify().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #verify(): Promise<AuditVerification> {
    for (let attempt = 1; ; attempt++) {
      const ends = await this.#reader.ends();
      const checkpoint = await this.#reader.lastCheckpoint();
      const firstBroken = ends
        ? await this.#findFault(ends, checkpoint)
        : { seq: 0, reason: 'The ends of the chain are missing' };
      const now = firstBroken && (await this.#reader.ends());
      const wasPruned = now && ends && now.anchorSeq > ends.anchorSeq;
      if (!wasPruned || attempt === ATTEMPTS) {
        return {
          sealed: ends ? ends.seq - ends.anchorSeq : 0,
          unsealed: await this.#reader.unsealed(),
          firstBroken,
          checkpoint,
        };
      }
    }
  }

  async #findFault(
    ends: ChainEnds,
    last: AuditCheckpoint | undefined,
  ): Promise<ChainFault | undefined> {
    const fault = await this.#walk(ends);
    if (fault) return fault;
    if (last && last.seq > ends.seq) {
      return {
        seq: ends.seq + 1,
        reason: 'The chain ends before its last checkpoint',
      };
    }
    const outside = await this.#reader.outside();
    return outside === undefined
      ? undefined
      : { seq: outside, reason: 'The row is outside the ends of the chain' };
  }

  async #walk(ends: ChainEnds): Promise<ChainFault | undefined> {
    let link: ChainLink = { seq: ends.anchorSeq, hash: ends.anchorHash };
    while (link.seq < ends.seq) {
      const rows = await this.#reader.rows(link.seq, ends.seq, BATCH);
      const fault =
        findFault(link, rows) ?? (await this.#compare(link.seq, rows));
      if (fault) return fault;
      const row = rows.at(-1);
      if (!row) return { seq: link.seq + 1, reason: 'The row is missing' };
      link = { seq: Number(row.seq), hash: row.hash! };
    }
    return link.hash === ends.hash
      ? undefined
      : { seq: ends.seq, reason: 'The row is not the one that was the last' };
  }

  /** A chain that was made anew from some row on holds in itself, but not against its checkpoints. */
  async #compare(
    after: number,
    rows: readonly AuditRecord[],
  ): Promise<ChainFault | undefined> {
    const upTo = Number(rows.at(-1)?.seq ?? after);
    for (const { seq, hash } of await this.#reader.checkpoints(after, upTo)) {
      if (rows[seq - after - 1]?.hash !== hash) {
        return { seq, reason: 'The row differs from the checkpoint of it' };
      }
    }
    return undefined;
  }
}
