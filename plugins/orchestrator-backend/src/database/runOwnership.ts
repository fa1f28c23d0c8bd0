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

import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import type { RunRow, StartedRun } from './RunRow';
import { isStarted } from './RunRow';

/** The initiator of runs of which nobody knows whose they are. It is of no kind of caller: only who sees everybody's runs sees them. */
export function ownerlessRef(engineId: string): string {
  return `engine:${engineId}`;
}

/** Whether nobody knows whose the run is. Only such a run is ever given to somebody. */
export function isOwnerless(row: RunRow): boolean {
  return row.initiator === ownerlessRef(row.engineId);
}

/**
 * Whether a run is that of a reservation, as far as they can tell: both of one workflow of one engine, and the run neither somebody
 * else's nor that of another start with a key.
 */
export function isRunOf(run: RunRow, reservation: RunRow): boolean {
  return (
    !isStarted(reservation) &&
    reservation.reservedAt !== undefined &&
    reservation.engineId === run.engineId &&
    reservation.workflowId === run.workflowId &&
    (isOwnerless(run) ||
      (run.initiator === reservation.initiator &&
        run.owner === reservation.owner &&
        run.idempotencyKey === undefined))
  );
}

/** The run with everything that was known when its start was reserved. */
export function joinReservation<T extends RunRow>(
  run: T,
  reservation: RunRow,
): T {
  const { workspace, name, initiator, owner, actor, tokenId } = reservation;
  return {
    ...run,
    workspace,
    name,
    initiator,
    owner,
    actor,
    tokenId,
    adopted: undefined,
    version: run.version ?? reservation.version,
    targetEntity: reservation.targetEntity ?? run.targetEntity,
    idempotencyKey: reservation.idempotencyKey ?? run.idempotencyKey,
    inputHash: reservation.inputHash ?? run.inputHash,
  };
}

/** The run as that of whom its own data names. */
export function adopt<T extends RunRow>(
  run: T,
  { initiator, targetEntity }: NonNullable<RunChange['adopted']>,
): T {
  return {
    ...run,
    initiator,
    owner: initiator,
    targetEntity: run.targetEntity ?? targetEntity,
    adopted: true,
  };
}

/** Whether a run takes its owner from a run that started it. */
export function isHeirOf(run: RunRow, parent: RunRow | undefined): boolean {
  return (
    parent !== undefined &&
    isStarted(parent) &&
    parent.engineId === run.engineId &&
    isOwnerless(run) &&
    !isOwnerless(parent)
  );
}

/** The run as that of whom the run that started it is. Its workspace stays that of its own workflow. */
export function inherit<T extends RunRow>(run: T, parent: RunRow): T {
  const { initiator, owner, actor, tokenId, adopted } = parent;
  return { ...run, initiator, owner, actor, tokenId, adopted };
}

/** Whether a change of a run gave it an owner. */
export function isGivenAway(before: StartedRun | undefined, after: StartedRun) {
  return !isOwnerless(after) && (before === undefined || isOwnerless(before));
}
