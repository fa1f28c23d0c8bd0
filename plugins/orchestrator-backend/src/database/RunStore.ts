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

import type { RunState } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { AuditEntry } from './AuditEntry';
import type { IndexDatabase } from './IndexDatabase';
import {
  fromRecord,
  isStarted,
  RUNS,
  toRecord,
  type RunRecord,
  type RunRow,
  type StartedRun,
} from './RunRow';
import { failStart, openStart, settleStart } from './runStartAudit';
import { tally } from './runTallies';

/** What an engine says of a start when it is confirmed. */
export interface Confirmation {
  /** The id that the engine gave the run; another than the reserved one where the engine makes ids. */
  readonly id: string;
  readonly state: RunState;
}

/** What became of a reservation. */
export type Reservation =
  | { readonly reserved: true }
  | { readonly reserved: false; readonly existing: RunRow };

/** Reads rows for a change, so that nobody else changes them meanwhile. */
export async function lockRuns(
  trx: Knex.Transaction,
  database: IndexDatabase,
  ids: readonly string[],
): Promise<Map<string, RunRow>> {
  // One order of locking for all transactions; SQLite has one writer and no row locks.
  const query = trx<RunRecord>(RUNS)
    .whereIn('id', [...ids])
    .orderBy('id');
  const records: RunRecord[] = await (database.isPostgres
    ? query.forUpdate()
    : query);
  return new Map(records.map(record => [record.id, fromRecord(record)]));
}

/** The runs of the index, one by one. */
export class RunStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** A run, or undefined where there is none or its start is only reserved. */
  async find(id: string): Promise<StartedRun | undefined> {
    const row = await this.findReserved(id);
    return row && isStarted(row) ? row : undefined;
  }

  /** A run, also where its start is only reserved. */
  async findReserved(id: string): Promise<RunRow | undefined> {
    const record = await this.#database.run(knex =>
      knex<RunRecord>(RUNS).where({ id }).first(),
    );
    return record && fromRecord(record);
  }

  /**
   * Reserves a start, unless the initiator has one of the workflow with the same key. The audit log has it from here on.
   *
   * @param address - where the start came from, for the audit log
   */
  async reserve(row: RunRow, address?: string): Promise<Reservation> {
    const { initiator, workflowId, idempotencyKey } = row;
    return this.#database.transaction<Reservation>(async trx => {
      if (idempotencyKey !== undefined) {
        const existing = await trx<RunRecord>(RUNS)
          .where({
            initiator,
            workflow_id: workflowId,
            idempotency_key: idempotencyKey,
          })
          .first();
        if (existing) {
          return { reserved: false, existing: fromRecord(existing) };
        }
      }
      // Where a row with the key came in between, the transaction is tried again and finds it.
      await trx<RunRecord>(RUNS).insert(toRecord(row));
      await openStart(trx, row, address);
      return { reserved: true };
    });
  }

  /**
   * Makes a run of a reservation, with the time of the reservation as its start: no node of it was entered before. Changes
   * nothing where the run is confirmed already, be it by the feed of its engine.
   *
   * @returns whether the run is new to the lists
   */
  async confirm(
    reservation: RunRow,
    confirmation: Confirmation,
  ): Promise<boolean> {
    const { id, state } = confirmation;
    return this.#database.transaction(async trx => {
      const ids = [reservation.id, id];
      const rows = await lockRuns(trx, this.#database, ids);
      const reserved = rows.get(reservation.id);
      const known = rows.get(id);
      if (known && isStarted(known)) {
        await this.#adopt(trx, known, reserved);
        return false;
      }
      const after: StartedRun = {
        // A reservation that was given up as lost has lost its key: another start may have it by now.
        ...(reserved ?? {
          ...reservation,
          idempotencyKey: undefined,
          inputHash: undefined,
        }),
        id,
        state,
        start: reservation.reservedAt!,
        reservedAt: undefined,
      };
      await (reserved
        ? trx<RunRecord>(RUNS)
            .where({ id: reserved.id })
            .update(toRecord(after))
        : trx<RunRecord>(RUNS).insert(toRecord(after)));
      await tally(trx, [{ after }]);
      await settleStart(trx, reservation, id);
      return true;
    });
  }

  /** The feed brought the run of an engine that makes ids before its start was answered: it takes the key over. */
  async #adopt(
    trx: Knex.Transaction,
    known: StartedRun,
    reserved: RunRow | undefined,
  ): Promise<void> {
    if (!reserved || reserved.id === known.id) return;
    await trx<RunRecord>(RUNS).where({ id: reserved.id }).delete();
    await trx<RunRecord>(RUNS)
      .where({ id: known.id })
      .update({
        idempotency_key: reserved.idempotencyKey ?? null,
        input_hash: reserved.inputHash ?? null,
      });
    await settleStart(trx, reserved, known.id);
  }

  /**
   * Gives up a reservation; a run that was confirmed stays.
   *
   * @param failure - why, for the audit log
   */
  async release(
    reservedId: string,
    failure: Pick<AuditEntry, 'code' | 'meta'>,
  ): Promise<void> {
    await this.#database.transaction(async trx => {
      const rows = await lockRuns(trx, this.#database, [reservedId]);
      const reserved = rows.get(reservedId);
      if (!reserved || isStarted(reserved)) return;
      await trx<RunRecord>(RUNS).where({ id: reservedId }).delete();
      await failStart(trx, reserved, failure);
    });
  }

  /** Reservations made before a time, oldest first. */
  async unsettled(before: number, limit: number): Promise<RunRow[]> {
    const records: RunRecord[] = await this.#database.run(knex =>
      knex<RunRecord>(RUNS)
        .whereNotNull('reserved_at')
        .where('reserved_at', '<', before)
        .orderBy('reserved_at')
        .limit(limit),
    );
    return records.map(fromRecord);
  }

  /**
   * Writes down what an engine was just made to do, so that who asks next sees it before the feed tells of it. The revision
   * stays: the feed has the last word.
   */
  async move(
    id: string,
    from: readonly RunState[],
    to: { readonly state: RunState; readonly end?: number },
  ): Promise<void> {
    await this.#database.transaction(async trx => {
      const before = (await lockRuns(trx, this.#database, [id])).get(id);
      if (!before || !isStarted(before) || !from.includes(before.state)) return;
      const after: StartedRun = {
        ...before,
        state: to.state,
        end: to.end,
        duration:
          to.end === undefined ? undefined : Math.max(0, to.end - before.start),
      };
      await trx<RunRecord>(RUNS).where({ id }).update(toRecord(after));
      await tally(trx, [{ before, after }]);
    });
  }
}
