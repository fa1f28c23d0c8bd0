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

import type {
  RunChange,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import {
  adopt,
  inherit,
  isHeirOf,
  isOwnerless,
  isRunOf,
  joinReservation,
} from './runOwnership';
import { isStarted, type RunRow, type StartedRun } from './RunRow';
import type { RunTransition } from './runTallies';

/** States that a run never leaves. */
export const FINAL: readonly RunState[] = ['COMPLETED', 'ABORTED'];

/** Makes the row of a run that the index does not know, from a change of its engine. */
export type MakeRow = (change: RunChange) => RunRow;

/** A reservation whose run the engine tells of under its own id. */
export interface JoinedStart {
  readonly reservation: RunRow;
  readonly runId: string;
}

function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Whether a change tells more than what is known. Nothing leaves a final state: it is the newest, also where the clocks of those
 * that count the changes of one run differ.
 */
function isNewer(
  change: Pick<RunChange, 'state' | 'revision'>,
  known: Pick<RunRow, 'state' | 'revision'>,
): boolean {
  const isFinal = FINAL.includes(change.state);
  return isFinal === FINAL.includes(known.state)
    ? change.revision > known.revision
    : isFinal || change.revision > known.revision;
}

/** The row after a change, or undefined where the change is older than the row. */
export function applyChange(
  row: RunRow,
  change: RunChange,
  now: number,
): StartedRun | undefined {
  if (!isNewer(change, row)) {
    // That it is told again shows that the engine has it.
    return change.revision === row.revision && row.lostAs === 'gone'
      ? ({ ...row, lostAt: undefined, lostAs: undefined } as StartedRun)
      : undefined;
  }
  const start = row.start ?? timeOf(change.start) ?? now;
  // A run that has ended for good was marked so by an abort before its engine told of it.
  const state =
    FINAL.includes(row.state) && !FINAL.includes(change.state)
      ? row.state
      : change.state;
  const ended = FINAL.includes(state) || state === 'ERROR';
  const end = ended ? timeOf(change.end) ?? row.end ?? now : undefined;
  return {
    ...row,
    version: row.version ?? change.version,
    state,
    start,
    end,
    duration: end === undefined ? undefined : Math.max(0, end - start),
    revision: Math.max(change.revision, row.revision),
    reservedAt: undefined,
    abandonedAt: undefined,
    lostAt: undefined,
    lostAs: undefined,
  };
}

/** As `isNewer`, of two changes: a final one is never put aside for one that is not. */
function isMoreOf(change: RunChange, known: RunChange): boolean {
  return (
    isNewer(change, known) &&
    (FINAL.includes(change.state) || !FINAL.includes(known.state))
  );
}

/** The newest change of each run; of several runs of one start, the oldest run comes first. */
export function newestChanges(changes: readonly RunChange[]): RunChange[] {
  const newest = new Map<string, RunChange>();
  for (const change of changes) {
    const known = newest.get(change.runId);
    if (!known || isMoreOf(change, known)) {
      newest.set(change.runId, change);
    }
  }
  return [...newest.values()].sort(
    (a, b) => (timeOf(a.start) ?? 0) - (timeOf(b.start) ?? 0),
  );
}

/** The id of the reservation that a change names. What another run started was not started by us, whatever it has of its parent. */
function reservationIdOf(change: RunChange): string | undefined {
  return change.parentId === undefined ? change.startedAs : undefined;
}

/** The ids of all rows that a batch can touch or ask. */
export function idsOf(changes: readonly RunChange[]): string[] {
  const ids = new Set<string>();
  for (const change of changes) {
    ids.add(change.runId);
    const { parentId } = change;
    const reservationId = reservationIdOf(change);
    if (parentId !== undefined) ids.add(parentId);
    if (reservationId !== undefined) ids.add(reservationId);
  }
  return [...ids];
}

/** What a batch of changes makes of the rows of the index, worked out in memory. */
export class ChangeBatch {
  /** Rows that exist already, as they become. */
  readonly updated: StartedRun[] = [];
  /** Rows that are new. */
  readonly inserted: StartedRun[] = [];
  /** Reservations that became runs under their own id. */
  readonly confirmed: RunRow[] = [];
  /** Reservations that became runs under another id; their rows go. */
  readonly joined: JoinedStart[] = [];
  readonly transitions: RunTransition[] = [];

  /**
   * @param rows - the rows of the index, by id
   * @param now - milliseconds since the epoch
   */
  constructor(
    engineId: string,
    changes: readonly RunChange[],
    rows: ReadonlyMap<string, RunRow>,
    now: number,
    makeRow: MakeRow,
  ) {
    const open = new Map(rows);
    const found = new Map<string, StartedRun>();
    for (const change of changes) {
      const row = rows.get(change.runId);
      // The id belongs to a run of another engine: this one does not get to change it.
      if (row && row.engineId !== engineId) continue;
      const known = this.#place(row ?? makeRow(change), change, open);
      const after = applyChange(known, change, now) ?? known;
      if (after !== row && isStarted(after)) found.set(change.runId, after);
    }
    this.#inheritAll(found, rows);
    for (const [id, after] of found) {
      const row = rows.get(id);
      (row ? this.updated : this.inserted).push(after);
      if (row && !isStarted(row)) this.confirmed.push(row);
      const before = row && isStarted(row) ? row : undefined;
      this.transitions.push({ before, after });
    }
  }

  /** Says whose the run is, as far as the change tells. */
  #place(row: RunRow, change: RunChange, open: Map<string, RunRow>): RunRow {
    const { parentId, adopted } = change;
    let placed = row;
    if (parentId !== undefined && row.parentId === undefined) {
      placed = { ...placed, parentId };
    }
    const reservationId = reservationIdOf(change);
    const reservation =
      reservationId === undefined || reservationId === row.id
        ? undefined
        : open.get(reservationId);
    if (reservation && isRunOf(placed, reservation)) {
      // A second run of the same start finds it taken, and stays without an owner.
      open.delete(reservation.id);
      this.joined.push({ reservation, runId: row.id });
      return joinReservation(placed, reservation);
    }
    return adopted && isOwnerless(placed) ? adopt(placed, adopted) : placed;
  }

  /** Gives runs the owners of those that started them, in the batch or before; from parents to children of children. */
  #inheritAll(
    found: Map<string, StartedRun>,
    rows: ReadonlyMap<string, RunRow>,
  ): void {
    let waiting = [...found.values()].filter(
      run => run.parentId !== undefined && isOwnerless(run),
    );
    for (;;) {
      const left = waiting.filter(run => {
        const parent = found.get(run.parentId!) ?? rows.get(run.parentId!);
        if (!isHeirOf(run, parent)) return true;
        found.set(run.id, inherit(run, parent!));
        return false;
      });
      if (left.length === waiting.length) return;
      waiting = left;
    }
  }
}
