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
import { AUDIT, toAuditRecord, type AuditRecord } from './AuditRow';

export type { AuditEntry, AuditEventName, AuditOutcome } from './AuditEntry';

/** An event that is about to happen. */
export type OpenAuditEntry = Omit<AuditEntry, 'outcome' | 'code'>;

/** What became of an event that was about to happen. */
export interface AuditSettlement {
  readonly outcome: 'succeeded' | 'failed';
  readonly code?: string;
  /** Takes the place of the run that was named before; null for none. */
  readonly instanceId?: string | null;
  /** Takes the place of what was noted before. */
  readonly meta?: AuditEntry['meta'];
}

/** Rows per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

/**
 * Writes the audit log. A row is a plain insert; what links it to others is done later, by the sealer, so that no change waits
 * for another because of the log.
 */
export class AuditStore {
  /**
   * Writes an event in the transaction of the change that it tells of: both are there, or neither.
   *
   * @param at - when it happened; milliseconds since the epoch
   */
  async add(
    trx: Knex.Transaction,
    entry: AuditEntry,
    at: number,
  ): Promise<void> {
    await this.addAll(trx, [entry], at);
  }

  /** Writes several events in the transaction of the change that they tell of. */
  async addAll(
    trx: Knex.Transaction,
    entries: readonly AuditEntry[],
    at: number,
  ): Promise<void> {
    const records = entries.map(entry => toAuditRecord(entry, at));
    for (let index = 0; index < records.length; index += CHUNK) {
      await trx<AuditRecord>(AUDIT).insert(records.slice(index, index + CHUNK));
    }
  }

  /**
   * Writes an event that is about to happen. It is shown and sealed once it is settled, or once its time is over: then as failed
   * with an unknown outcome.
   *
   * @param open - `key` finds the row again, and is of one open row at most; `until`: milliseconds since the epoch
   */
  async open(
    trx: Knex.Transaction,
    entry: OpenAuditEntry,
    open: { readonly key: string; readonly until: number },
    at: number,
  ): Promise<void> {
    await trx<AuditRecord>(AUDIT).insert({
      ...toAuditRecord(entry, at),
      open_key: open.key,
      open_until: open.until,
    });
  }

  /** Writes several events of one operation that is about to happen, as `open` does. */
  async openAll(
    trx: Knex.Transaction,
    events: readonly { readonly entry: OpenAuditEntry; readonly key: string }[],
    until: number,
    at: number,
  ): Promise<void> {
    const records = events.map(({ entry, key }) => ({
      ...toAuditRecord(entry, at),
      open_key: key,
      open_until: until,
    }));
    for (let index = 0; index < records.length; index += CHUNK) {
      await trx<AuditRecord>(AUDIT).insert(records.slice(index, index + CHUNK));
    }
  }

  /**
   * Writes down what became of the events of one operation.
   *
   * @returns those whose time was over, as far as they can be told apart by their run: each then needs a row of its own
   */
  async settleAll<T extends { entry: OpenAuditEntry; key: string }>(
    trx: Knex.Transaction,
    events: readonly T[],
    { outcome, code }: Pick<AuditSettlement, 'outcome' | 'code'>,
  ): Promise<T[]> {
    const late: T[] = [];
    for (let index = 0; index < events.length; index += CHUNK) {
      const chunk = events.slice(index, index + CHUNK);
      const settled: { instance_id: string | null }[] = await trx<AuditRecord>(
        AUDIT,
      )
        .whereIn(
          'open_key',
          chunk.map(({ key }) => key),
        )
        .whereNull('outcome')
        .update({
          outcome,
          code: code ?? null,
          open_key: null,
          open_until: null,
        })
        .returning('instance_id');
      const runs = new Set(settled.map(row => row.instance_id ?? undefined));
      late.push(...chunk.filter(({ entry }) => !runs.has(entry.instanceId)));
    }
    return late;
  }

  /**
   * Writes down what became of an event that was about to happen.
   *
   * @returns false where its time was over: what is known now then needs a row of its own
   */
  async settle(
    trx: Knex.Transaction,
    key: string,
    settlement: AuditSettlement,
  ): Promise<boolean> {
    const { outcome, code, instanceId, meta } = settlement;
    const settled = await trx<AuditRecord>(AUDIT)
      .where({ open_key: key })
      .whereNull('outcome')
      .update({
        outcome,
        code: code ?? null,
        ...(instanceId === undefined ? {} : { instance_id: instanceId }),
        ...(meta === undefined ? {} : { meta: JSON.stringify(meta) }),
        open_key: null,
        open_until: null,
      });
    return settled > 0;
  }
}
