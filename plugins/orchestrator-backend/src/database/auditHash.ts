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

import { createHash } from 'node:crypto';
import type { AuditRecord } from './AuditRow';

function numberOf(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}

/**
 * The text of a row that its hash is made of: every column but the hash, in a fixed order. JSON keeps them apart, whatever they
 * hold.
 */
function canonicalText(record: AuditRecord): string {
  return JSON.stringify([
    numberOf(record.seq),
    record.id,
    numberOf(record.at),
    record.event,
    record.actor,
    record.on_behalf_of,
    record.token_id,
    record.workflow_id,
    record.instance_id,
    record.outcome,
    record.code,
    record.address,
    numberOf(record.count),
    record.meta,
    record.open_key,
    numberOf(record.open_until),
  ]);
}

/** SHA-256 in hex that links a row, with its place in the chain, to the hash of the row before it. */
export function linkHash(previousHash: string, record: AuditRecord): string {
  return createHash('sha256')
    .update(previousHash)
    .update('\n')
    .update(canonicalText(record))
    .digest('hex');
}

/** The rows in order, each with its place in the chain and its hash. */
export function linkRecords(
  end: { readonly seq: number; readonly hash: string },
  records: readonly AuditRecord[],
): (AuditRecord & { seq: number; hash: string })[] {
  let { seq, hash } = end;
  return records.map(record => {
    seq += 1;
    hash = linkHash(hash, { ...record, seq });
    return { ...record, seq, hash };
  });
}
