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
import { OrchestratorError } from '../errors/OrchestratorError';
import { lockEngine } from './engineCursors';
import { handDown } from './handDown';
import type { IndexDatabase } from './IndexDatabase';
import { lockRuns } from './lockRuns';
import { isOwnerless, isRunOf, joinReservation } from './runOwnership';
import {
  isStarted,
  RUNS,
  toRecord,
  type RunRecord,
  type RunRow,
  type StartedRun,
} from './RunRow';
import { settleStart } from './runStartAudit';
import { tally } from './runTallies';

/** What an engine says of a start when it is confirmed. */
export interface Confirmation {
  /** The id that the engine gave the run; another than the reserved one where the engine makes ids. */
  readonly id: string;
  readonly state: RunState;
}

/** Joins a reservation with a run that the feed brought before, without an owner where the engine keeps none. */
async function join(
  trx: Knex.Transaction,
  database: IndexDatabase,
  known: StartedRun,
  reservation: RunRow,
): Promise<void> {
  if (!isRunOf(known, reservation)) {
    throw new OrchestratorError(
      'engine.bad_answer',
      `Engine "${reservation.engineId}" gave a bad answer`,
    );
  }
  const after = joinReservation(known, reservation);
  // First, since a key belongs to one row.
  await trx<RunRecord>(RUNS).where({ id: reservation.id }).delete();
  await trx<RunRecord>(RUNS).where({ id: known.id }).update(toRecord(after));
  const given = await handDown(trx, database, [{ before: known, after }]);
  await tally(trx, given);
  await settleStart(trx, reservation, known.id);
}

/**
 * Makes a run of a reservation, in a transaction: whoever is first, the answer to the start, the feed or the reconciler, on
 * whatever replica, the run is there once, with everything that was reserved for it.
 *
 * @returns whether the run is new to the lists
 * @throws OrchestratorError `engine.bad_answer` where the id is that of somebody else's run
 */
export async function confirmStart(
  trx: Knex.Transaction,
  database: IndexDatabase,
  reservation: RunRow,
  { id, state }: Confirmation,
): Promise<boolean> {
  const isRenamed = id !== reservation.id;
  if (isRenamed) {
    await lockEngine(trx, database, reservation.engineId, 'start');
  }
  const rows = await lockRuns(trx, database, [reservation.id, id]);
  const row = rows.get(reservation.id);
  const reserved = row && !isStarted(row) ? row : undefined;
  const known = rows.get(id);
  // A reservation that was forgotten has lost its key: another start may have it by now.
  const origin = reserved ?? {
    ...reservation,
    idempotencyKey: undefined,
    inputHash: undefined,
  };
  if (known && isStarted(known)) {
    if (isRenamed && (reserved || isOwnerless(known))) {
      await join(trx, database, known, origin);
    }
    return false;
  }
  const after: StartedRun = {
    ...origin,
    id,
    state,
    start: reservation.reservedAt!,
    reservedAt: undefined,
    abandonedAt: undefined,
  };
  await (reserved
    ? trx<RunRecord>(RUNS).where({ id: reserved.id }).update(toRecord(after))
    : trx<RunRecord>(RUNS).insert(toRecord(after)));
  const placed = isRenamed
    ? await handDown(trx, database, [{ after }])
    : [{ after }];
  await tally(trx, placed);
  await settleStart(trx, reservation, id);
  return true;
}
