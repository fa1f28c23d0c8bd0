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
  EngineNode,
  EngineRun,
  RunChange,
  RunProvenance,
  RunState as EngineRunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { RunState } from '../interpreter/RunState';

/** A row of embedded_runs, as it comes: PostgreSQL gives large numbers as texts. */
export interface RunRow {
  readonly id: string;
  readonly definition_id: string;
  readonly definition_hash: string;
  readonly version: string;
  readonly status: RunState['status'];
  readonly rev: number | string;
  readonly owner: string | null;
  readonly wake_at: number | string | null;
  readonly started_at: number | string;
  readonly ended_at: number | string | null;
  readonly state: string;
  readonly data: string;
  readonly input: string;
  readonly provenance: string | null;
  readonly attempts: number;
  readonly mail: number | string;
  readonly mail_seen: number | string;
  readonly journal: number;
  readonly parent_id: string | null;
  readonly parent_key: string | null;
  readonly root_id: string | null;
  readonly depth: number;
}

/** A row of embedded_nodes. */
export interface NodeRow {
  readonly run_id: string;
  readonly seq: number;
  readonly name: string;
  readonly type: string;
  readonly definition_id: string;
  readonly entered_at: number | string;
  readonly left_at: number | string | null;
  readonly error: string | null;
}

/** A run with what the engine needs to take it on. */
export interface StoredRun {
  readonly id: string;
  readonly definitionId: string;
  readonly definitionHash: string;
  readonly rev: number;
  readonly state: RunState;
  /** How often it was taken on since it got any further. */
  readonly attempts: number;
  /** The number that grows with each message to it, and how far its inbox was read. */
  readonly mail: number;
  readonly mailSeen: number;
  /** How much was recorded of it. */
  readonly journal: number;
  /** The run that started it, and the call of that run that waits for it. */
  readonly parent?: { readonly id: string; readonly key?: string };
  /** The first of its ancestors; its own id where it has none. */
  readonly rootId: string;
  /** How many runs stand above it. */
  readonly depth: number;
  readonly provenance?: RunProvenance;
}

/** What of a state is in its column. */
export type Counters = Omit<RunState, 'data' | 'input' | 'status'>;

/** The columns that hold the state of a run. */
export function stateColumns(state: RunState) {
  const { data, input, status, ...counters } = state;
  return {
    status,
    data: JSON.stringify(data),
    state: JSON.stringify(counters),
  };
}

export function toStoredRun(row: RunRow): StoredRun {
  const counters = JSON.parse(row.state) as Counters;
  return {
    id: row.id,
    definitionId: row.definition_id,
    definitionHash: row.definition_hash,
    rev: Number(row.rev),
    attempts: row.attempts,
    mail: Number(row.mail),
    mailSeen: Number(row.mail_seen),
    journal: row.journal,
    parent:
      row.parent_id === null
        ? undefined
        : { id: row.parent_id, key: row.parent_key ?? undefined },
    rootId: row.root_id ?? row.id,
    depth: row.depth,
    provenance: provenance(row),
    state: {
      ...counters,
      status: row.status,
      data: JSON.parse(row.data),
      input: JSON.parse(row.input),
    },
  };
}

function time(milliseconds: number | string): string {
  return new Date(Number(milliseconds)).toISOString();
}

function optionalTime(
  milliseconds: number | string | null,
): string | undefined {
  return milliseconds === null ? undefined : time(milliseconds);
}

export function toEngineNode(row: NodeRow): EngineNode {
  return {
    id: String(row.seq),
    name: row.name,
    type: row.type,
    definitionId: row.definition_id,
    enter: time(row.entered_at),
    exit: optionalTime(row.left_at),
    errorMessage: row.error ?? undefined,
  };
}

function provenance(
  row: Pick<RunRow, 'provenance'>,
): RunProvenance | undefined {
  return row.provenance === null ? undefined : JSON.parse(row.provenance);
}

/** The columns that a reader of runs needs; none of them is large. */
export const LISTED_COLUMNS = [
  'id',
  'definition_id',
  'version',
  'status',
  'started_at',
  'ended_at',
  'state',
  'provenance',
] as const;

/** A run as it is listed, with the size of its data in characters. */
export type ListedRow = Pick<RunRow, (typeof LISTED_COLUMNS)[number]> & {
  readonly size: number;
};

/** @param data - the text of the run's data, where it was read */
export function toEngineRun(
  row: ListedRow,
  nodes: readonly NodeRow[],
  data: string | undefined,
): EngineRun {
  const { error } = JSON.parse(row.state) as Counters;
  return {
    id: row.id,
    definitionId: row.definition_id,
    version: row.version,
    state: row.status as EngineRunState,
    start: time(row.started_at),
    end: optionalTime(row.ended_at),
    data: data === undefined ? undefined : JSON.parse(data),
    nodes: nodes.map(toEngineNode),
    error: error && {
      nodeDefinitionId: error.node,
      nodeInstanceId:
        error.instance === undefined ? undefined : String(error.instance),
      message: error.message,
    },
    provenance: provenance(row),
  };
}

export function toRunChange(
  row: Pick<
    RunRow,
    | 'id'
    | 'definition_id'
    | 'version'
    | 'status'
    | 'rev'
    | 'started_at'
    | 'ended_at'
    | 'provenance'
    | 'parent_id'
  >,
): RunChange {
  return {
    runId: row.id,
    definitionId: row.definition_id,
    version: row.version,
    state: row.status,
    start: time(row.started_at),
    end: optionalTime(row.ended_at),
    revision: Number(row.rev),
    provenance: provenance(row),
    parentId: row.parent_id ?? undefined,
  };
}
