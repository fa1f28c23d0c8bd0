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
import type { AuditEntry } from './AuditEntry';
import { AUDIT, type AuditRecord } from './AuditRow';
import { AuditStore, type OpenAuditEntry } from './AuditStore';
import type { RunRow } from './RunRow';

/** How long a start stays open in the audit log; milliseconds. Longer than the reconciler needs where the engine answers. */
const PATIENCE = 3_600_000;

const CHUNK = 200;

const store = new AuditStore();

function keyOf({ id }: RunRow): string {
  return `run:${id}`;
}

function entryOf(row: RunRow, address?: string): OpenAuditEntry {
  const { initiator, actor, tokenId, workflowId } = row;
  return {
    event: 'run.started',
    actor: actor ?? initiator,
    onBehalfOf: actor === undefined ? undefined : initiator,
    tokenId,
    workflowId,
    instanceId: row.id,
    address,
  };
}

/** Writes down, with its reservation, that a run is about to start. */
export async function openStart(
  trx: Knex.Transaction,
  reservation: RunRow,
  address: string | undefined,
): Promise<void> {
  const at = reservation.reservedAt!;
  await store.open(
    trx,
    entryOf(reservation, address),
    { key: keyOf(reservation), until: at + PATIENCE },
    at,
  );
}

/**
 * Writes down, with its row, that a run has started. What was closed before, since nobody knew what had become of it, gets another
 * row.
 *
 * @param instanceId - the id of the run, where it is not that of the reservation
 */
export async function settleStart(
  trx: Knex.Transaction,
  reservation: RunRow,
  instanceId: string,
): Promise<void> {
  const outcome = 'succeeded' as const;
  const isSettled = await store.settle(trx, keyOf(reservation), {
    outcome,
    instanceId,
  });
  if (isSettled) return;
  const entry = { ...entryOf(reservation), outcome, instanceId };
  await store.add(trx, entry, reservation.reservedAt!);
}

/** Writes down, with their rows, that runs have started under the ids that were reserved. */
export async function settleStarts(
  trx: Knex.Transaction,
  reservations: readonly RunRow[],
): Promise<void> {
  for (let index = 0; index < reservations.length; index += CHUNK) {
    const chunk = reservations.slice(index, index + CHUNK);
    const settled: { instance_id: string }[] = await trx<AuditRecord>(AUDIT)
      .whereIn('open_key', chunk.map(keyOf))
      .whereNull('outcome')
      .update({ outcome: 'succeeded', open_key: null, open_until: null })
      .returning('instance_id');
    const ids = new Set(settled.map(row => row.instance_id));
    for (const row of chunk) {
      if (ids.has(row.id)) continue;
      const entry = { ...entryOf(row), outcome: 'succeeded' } as const;
      await store.add(trx, entry, row.reservedAt!);
    }
  }
}

/** Writes down, with the end of its reservation, that a run has not started. */
export async function failStart(
  trx: Knex.Transaction,
  reservation: RunRow,
  failure: Pick<AuditEntry, 'code' | 'meta'>,
): Promise<void> {
  await store.settle(trx, keyOf(reservation), {
    ...failure,
    outcome: 'failed',
    instanceId: null,
  });
}
