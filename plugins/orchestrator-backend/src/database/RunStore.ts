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
import type { AuditEntry } from './AuditEntry';
import { confirmStart, type Confirmation } from './confirmStart';
import type { IndexDatabase } from './IndexDatabase';
import { lockRuns } from './lockRuns';
import {
  fromRecord,
  isStarted,
  RUNS,
  toRecord,
  type RunRecord,
  type RunRow,
  type StartedRun,
} from './RunRow';
import { failStart, openStart } from './runStartAudit';
import { tally } from './runTallies';

/** What became of a reservation. */
export type Reservation =
  | { readonly reserved: true }
  | { readonly reserved: false; readonly existing: RunRow };

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

  /**
   * The rows of some runs, in one statement. A run can be there before the answer to its start is: those that are only reserved are
   * given too.
   */
  async findMany(ids: readonly string[]): Promise<RunRow[]> {
    if (ids.length === 0) return [];
    const records: RunRecord[] = await this.#database.run(knex =>
      knex<RunRecord>(RUNS).whereIn('id', [...ids]),
    );
    return records.map(fromRecord);
  }

  /** A run, also where its start is only reserved. */
  async findReserved(id: string): Promise<RunRow | undefined> {
    const record = await this.#database.run(knex =>
      knex<RunRecord>(RUNS).where({ id }).first(),
    );
    return record && fromRecord(record);
  }

  /** The start with the key of another: a run, or a reservation; undefined where there is none any more. */
  async findByKey(row: RunRow): Promise<RunRow | undefined> {
    const { initiator, workflowId, idempotencyKey } = row;
    if (idempotencyKey === undefined) return undefined;
    const record = await this.#database.run(knex =>
      knex<RunRecord>(RUNS)
        .where({
          initiator,
          workflow_id: workflowId,
          idempotency_key: idempotencyKey,
        })
        .first(),
    );
    return record && fromRecord(record);
  }

  /**
   * Reserves a start, unless the initiator has one of the workflow with the same key, or there is one with the same id. The audit
   * log has it from here on.
   *
   * @param options - `address`: where the start came from, for the audit log; `isOnce`: its id is that of an event, so that another
   *   start with it is the same one
   */
  async reserve(
    row: RunRow,
    { address, isOnce }: { address?: string; isOnce?: boolean } = {},
  ): Promise<Reservation> {
    const { id, initiator, workflowId, idempotencyKey } = row;
    return this.#database.transaction<Reservation>(async trx => {
      if (isOnce || idempotencyKey !== undefined) {
        const twin = isOnce
          ? { id }
          : {
              initiator,
              workflow_id: workflowId,
              idempotency_key: idempotencyKey,
            };
        const existing = await trx<RunRecord>(RUNS).where(twin).first();
        if (existing) {
          return { reserved: false, existing: fromRecord(existing) };
        }
      }
      // Where a row with the key or the id came in between, the transaction is tried again and finds it.
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
   * @throws OrchestratorError `engine.bad_answer` where the id is that of somebody else's run
   */
  async confirm(
    reservation: RunRow,
    confirmation: Confirmation,
  ): Promise<boolean> {
    return this.#database.transaction(trx =>
      confirmStart(trx, this.#database, reservation, confirmation),
    );
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

  /**
   * Gives up a start whose answer never came, and its key: a repeat may start anew. The row stays, without being a run, so that
   * a run that turns up later gets its owner.
   *
   * @param now - milliseconds since the epoch
   */
  async abandon(
    reservedId: string,
    failure: Pick<AuditEntry, 'code' | 'meta'>,
    now: number,
  ): Promise<void> {
    await this.#database.transaction(async trx => {
      const rows = await lockRuns(trx, this.#database, [reservedId]);
      const reserved = rows.get(reservedId);
      if (!reserved || isStarted(reserved) || reserved.abandonedAt) return;
      await trx<RunRecord>(RUNS)
        .where({ id: reservedId })
        .update({ abandoned_at: now, idempotency_key: null, input_hash: null });
      await failStart(trx, reserved, failure);
    });
  }

  /**
   * Forgets starts that were given up before a time.
   *
   * @param limit - the most at one time
   * @returns how many were forgotten
   */
  async forgetAbandoned(before: number, limit: number): Promise<number> {
    return this.#database.transaction(async trx => {
      const ids = trx<RunRecord>(RUNS)
        .whereNotNull('abandoned_at')
        .where('abandoned_at', '<', before)
        .orderBy('abandoned_at')
        .limit(limit)
        .select('id');
      return trx<RunRecord>(RUNS)
        .whereIn('id', ids)
        .whereNull('started_at')
        .delete();
    });
  }

  /**
   * Reservations made before a time that are not given up, oldest first.
   *
   * @param after - the last one of the page before
   */
  async unsettled(
    before: number,
    limit: number,
    after?: RunRow,
  ): Promise<RunRow[]> {
    const records: RunRecord[] = await this.#database.run(knex =>
      knex<RunRecord>(RUNS)
        .whereNotNull('reserved_at')
        .whereNull('abandoned_at')
        .where('reserved_at', '<', before)
        .modify(rows => {
          if (!after) return;
          void rows.whereRaw('(reserved_at, id) > (?, ?)', [
            after.reservedAt!,
            after.id,
          ]);
        })
        .orderBy(['reserved_at', 'id'])
        .limit(limit),
    );
    return records.map(fromRecord);
  }

  /**
   * Writes down what an engine was just made to do, so that who asks next sees it before the feed tells of it. The revision
   * stays: the feed has the last word.
   *
   * @param to - `revision`: only where the feed has told nothing since the run had it
   */
  async move(
    id: string,
    from: readonly RunState[],
    to: {
      readonly state: RunState;
      readonly end?: number;
      readonly revision?: number;
    },
  ): Promise<void> {
    await this.#database.transaction(async trx => {
      const before = (await lockRuns(trx, this.#database, [id])).get(id);
      if (!before || !isStarted(before) || !from.includes(before.state)) return;
      const { revision = before.revision } = to;
      if (revision !== before.revision) return;
      const after: StartedRun = {
        ...before,
        state: to.state,
        end: to.end,
        duration:
          to.end === undefined ? undefined : Math.max(0, to.end - before.start),
        // What has ended is not stuck.
        ...(before.lostAs === 'stuck'
          ? { lostAt: undefined, lostAs: undefined }
          : {}),
      };
      await trx<RunRecord>(RUNS).where({ id }).update(toRecord(after));
      await tally(trx, [{ before, after }]);
    });
  }
}
