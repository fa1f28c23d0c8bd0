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
import type { RunFacts } from '../grants/criteria';
import { toStorableText } from './storableText';

/** A run as the index has it. Times are milliseconds since the epoch. */
export interface RunRow extends RunFacts {
  readonly id: string;
  readonly engineId: string;
  readonly version?: string;
  /** The name of the workflow at the start. */
  readonly name: string;
  readonly actor?: string;
  readonly tokenId?: string;
  readonly targetEntity?: string;
  readonly state: RunState;
  /** Absent while the start is only reserved. */
  readonly start?: number;
  readonly end?: number;
  readonly duration?: number;
  readonly idempotencyKey?: string;
  readonly inputHash?: string;
  readonly parentId?: string;
  /** The engine's count of the newest change that is stored. */
  readonly revision: number;
  /** Absent once the engine has confirmed the start. */
  readonly reservedAt?: number;
  /** Of a start whose answer never came: when it was given up. The run may still turn up. */
  readonly abandonedAt?: number;
  /** When it was seen that the engine will not go on with the run. */
  readonly lostAt?: number;
  /** How it was lost; there with `lostAt`. */
  readonly lostAs?: Loss;
  /** The initiator was taken from the data of the run. */
  readonly adopted?: boolean;
}

/** How a run was lost: its engine does not have it any more, or has it and cannot go on. */
export type Loss = 'gone' | 'stuck';

/** A run that its engine has started. */
export type StartedRun = RunRow & { readonly start: number };

/** The table as drivers answer it; PostgreSQL gives big integers as texts. */
export interface RunRecord {
  id: string;
  engine_id: string;
  workflow_id: string;
  version: string | null;
  name: string;
  workspace: string;
  initiator: string;
  owner: string;
  actor: string | null;
  token_id: string | null;
  target_entity: string | null;
  state: string;
  started_at: number | string | null;
  ended_at: number | string | null;
  duration: number | string | null;
  idempotency_key: string | null;
  input_hash: string | null;
  parent_id: string | null;
  revision: number | string;
  reserved_at: number | string | null;
  abandoned_at: number | string | null;
  lost_at: number | string | null;
  lost_as: string | null;
  adopted: string | null;
}

export const RUNS = 'orchestrator_runs';

/** The workspace of runs of workflows that were not known when they came. No grant can name it: only who sees all sees them. */
export const UNPLACED = '';

function numberOf(value: number | string | null): number | undefined {
  return value === null ? undefined : Number(value);
}

/** Definitions and engines can bring what no database takes; a run must not fail by that. */
function textOf(text: string | undefined): string | null {
  return text === undefined ? null : toStorableText(text);
}

export function fromRecord(record: RunRecord): RunRow {
  return {
    id: record.id,
    engineId: record.engine_id,
    workflowId: record.workflow_id,
    version: record.version ?? undefined,
    name: record.name,
    workspace: record.workspace,
    initiator: record.initiator,
    owner: record.owner,
    actor: record.actor ?? undefined,
    tokenId: record.token_id ?? undefined,
    targetEntity: record.target_entity ?? undefined,
    state: record.state as RunState,
    start: numberOf(record.started_at),
    end: numberOf(record.ended_at),
    duration: numberOf(record.duration),
    idempotencyKey: record.idempotency_key ?? undefined,
    inputHash: record.input_hash ?? undefined,
    parentId: record.parent_id ?? undefined,
    revision: Number(record.revision),
    reservedAt: numberOf(record.reserved_at),
    abandonedAt: numberOf(record.abandoned_at),
    lostAt: numberOf(record.lost_at),
    lostAs: (record.lost_as as Loss | null) ?? undefined,
    adopted: record.adopted === 'true' ? true : undefined,
  };
}

export function toRecord(row: RunRow): RunRecord {
  return {
    id: row.id,
    engine_id: row.engineId,
    workflow_id: row.workflowId,
    version: textOf(row.version),
    name: toStorableText(row.name),
    workspace: toStorableText(row.workspace),
    initiator: toStorableText(row.initiator),
    owner: toStorableText(row.owner),
    actor: textOf(row.actor),
    token_id: textOf(row.tokenId),
    target_entity: textOf(row.targetEntity),
    state: row.state,
    started_at: row.start ?? null,
    ended_at: row.end ?? null,
    duration: row.duration ?? null,
    idempotency_key: row.idempotencyKey ?? null,
    input_hash: row.inputHash ?? null,
    parent_id: row.parentId ?? null,
    revision: row.revision,
    reserved_at: row.reservedAt ?? null,
    abandoned_at: row.abandonedAt ?? null,
    lost_at: row.lostAt ?? null,
    lost_as: row.lostAs ?? null,
    adopted: row.adopted ? 'true' : null,
  };
}

export function isStarted(row: RunRow): row is StartedRun {
  return row.start !== undefined;
}
