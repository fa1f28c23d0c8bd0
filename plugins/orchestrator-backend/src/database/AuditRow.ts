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

import { createHash, randomUUID } from 'node:crypto';
import { storableIpAddress } from '../addresses/IpAddress';
import type { AuditEntry, AuditEventName, AuditOutcome } from './AuditEntry';
import { readAuditMeta, writeAuditMeta } from './auditMeta';
import { toStorableText } from './storableText';

/** The table as drivers answer it; PostgreSQL gives big integers as texts. */
export interface AuditRecord {
  id: string;
  seq: number | string | null;
  hash: string | null;
  at: number | string;
  event: string;
  actor: string | null;
  on_behalf_of: string | null;
  token_id: string | null;
  workflow_id: string | null;
  instance_id: string | null;
  outcome: string | null;
  code: string | null;
  address: string | null;
  count: number | string | null;
  meta: string | null;
  open_key: string | null;
  open_until: number | string | null;
}

/** A row of the audit log whose outcome is known. */
export interface AuditRow extends AuditEntry {
  readonly id: string;
  /** The place in the chain; absent until the row is sealed. */
  readonly seq?: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How often, where the row counts what happened within a minute. */
  readonly count?: number;
}

export const AUDIT = 'orchestrator_audit';

/** The most characters of a ref in the log: an index of PostgreSQL takes no more than 2,700 bytes. */
const MAX_REF = 500;
const MAX_TEXT = 255;

function textOf(text: string | undefined, most: number): string | null {
  if (text === undefined) return null;
  const storable = toStorableText(text);
  if (storable.length <= most) return storable;
  // Two long texts with the same beginning stay two texts.
  const digest = createHash('sha256').update(storable).digest('hex');
  return `${toStorableText(storable.slice(0, most - 65))}#${digest}`;
}

/** A ref as the log has it; what a search for it compares with. */
export function toAuditRef(ref: string): string {
  return textOf(ref, MAX_REF)!;
}

/** What is kept of an entry. The id is new. */
export function toAuditRecord(
  entry: Omit<AuditEntry, 'outcome'> & { outcome?: AuditOutcome },
  at: number,
): AuditRecord {
  return {
    id: randomUUID(),
    seq: null,
    hash: null,
    at,
    event: entry.event,
    actor: textOf(entry.actor, MAX_REF),
    on_behalf_of: textOf(entry.onBehalfOf, MAX_REF),
    token_id: textOf(entry.tokenId, MAX_TEXT),
    workflow_id: textOf(entry.workflowId, MAX_TEXT),
    instance_id: textOf(entry.instanceId, MAX_TEXT),
    outcome: entry.outcome ?? null,
    code: entry.code ?? null,
    address: storableIpAddress(entry.address) ?? null,
    count: null,
    meta: writeAuditMeta(entry.meta),
    open_key: null,
    open_until: null,
  };
}

/** A row as it is shown. */
export function fromAuditRecord(record: AuditRecord): AuditRow {
  return {
    id: record.id,
    seq: record.seq === null ? undefined : Number(record.seq),
    at: Number(record.at),
    event: record.event as AuditEventName,
    actor: record.actor ?? undefined,
    onBehalfOf: record.on_behalf_of ?? undefined,
    tokenId: record.token_id ?? undefined,
    workflowId: record.workflow_id ?? undefined,
    instanceId: record.instance_id ?? undefined,
    outcome: record.outcome as AuditOutcome,
    code: record.code ?? undefined,
    address: record.address ?? undefined,
    count: record.count === null ? undefined : Number(record.count),
    meta: readAuditMeta(record.meta),
  };
}
