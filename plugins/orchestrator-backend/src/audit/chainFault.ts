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

import { linkHash } from '../database/auditHash';
import type { AuditRecord } from '../database/AuditRow';

/** The first place at which a chain does not hold. */
export interface ChainFault {
  readonly seq: number;
  /** For people. */
  readonly reason: string;
}

/** A place in the chain, and the hash that the row there has. */
export interface ChainLink {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Finds the first row that does not follow the one before it.
 *
 * @param from - the place before the first row
 * @param records - in the order of their places
 */
export function findFault(
  from: ChainLink,
  records: readonly AuditRecord[],
): ChainFault | undefined {
  let { seq, hash } = from;
  for (const record of records) {
    seq += 1;
    if (Number(record.seq) !== seq) {
      return { seq, reason: 'The row is missing' };
    }
    hash = linkHash(hash, record);
    if (record.hash !== hash) {
      return {
        seq,
        reason:
          'The row was changed, or does not follow the row that was before it',
      };
    }
  }
  return undefined;
}
