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
import type { RunProvenance } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { CorrelationRow } from '../events/correlation';
import { MAX_DEFINITION_ID, MAX_NAME } from '../interpreter/recordHistory';
import type { HistoryEntry, NodeEnd, Records } from '../interpreter/Run';
import type { Outcome, RunState } from '../interpreter/RunState';
import type { Message } from './Message';

/** A run that is new. */
export interface NewRun {
  readonly id: string;
  readonly definitionId: string;
  readonly definitionHash: string;
  readonly version: string;
  readonly state: RunState;
  readonly provenance: RunProvenance;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The run that starts it as a sub-flow. */
  readonly parent?: {
    readonly id: string;
    /** The call of the parent that starts it. */
    readonly key: string;
    /** Whether that call waits for its end. */
    readonly waits: boolean;
    readonly onParentEnd: 'terminate' | 'continue';
    readonly rootId: string;
  };
  /** How many runs stand above it. */
  readonly depth: number;
  /** The run whose event starts it. */
  readonly producedBy?: string;
  /** By what events find it. */
  readonly correlations: readonly CorrelationRow[];
  /** Names the event that starts it, so that it does not get that once more. */
  readonly startedBy?: string;
  /** Whether the index has to hear of it: nobody has asked for it from outside. */
  readonly announced: boolean;
  /** Stores what was given along with it, in the transaction that makes it. */
  readonly alongside?: (tx: Knex.Transaction) => Promise<void>;
}

/** What a drain of a run's events comes to. */
export interface Commit {
  readonly id: string;
  readonly definitionId: string;
  readonly workspace?: string;
  readonly rev: number;
  /** Who may write; for a retrigger, nobody yet. */
  readonly owner: string | null;
  readonly before: RunState['status'];
  readonly state: RunState;
  readonly records: readonly Records[];
  readonly results: readonly {
    readonly key: string;
    readonly outcome: Outcome;
  }[];
  /** Who takes the run on from here; nobody where it waits or has ended. */
  readonly nextOwner: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How far the inbox was read: whatever came later wakes the run. */
  readonly mail: number;
  /** Messages of the inbox that were taken, by number. */
  readonly taken: readonly number[];
  /** How much is recorded of the run, with this. */
  readonly journal: number;
  /** The call of another run that waits for this one. */
  readonly parent?: { readonly id: string; readonly key?: string };
  /** Stores what was given along, in the same transaction. */
  readonly alongside?: (tx: Knex.Transaction) => Promise<void>;
  /** Whether nothing is kept beside the run that has to go when it ends. */
  readonly isPlain: boolean;
  /** Whether it may have started sub-flows. */
  readonly hasChildren: boolean;
  /** Calls of sub-flows whose end no longer matters. */
  readonly abandoned: readonly string[];
}

/** Whether a commit brings its run any further, beside that it was taken on. */
export function isProgress({
  before,
  nextOwner,
  records,
  results,
  state,
}: Commit) {
  return (
    // Whoever lets go of a run in order is not ended by it.
    nextOwner === null ||
    state.status !== before ||
    results.length > 0 ||
    records.some(({ ended, entered }) => entered.length > 0 || ended.size > 0)
  );
}

/** Whether a commit ends its run for good. */
export function isEnd({ state: { status } }: Commit): boolean {
  return status === 'COMPLETED' || status === 'ABORTED';
}

/** No database column holds this character. */
export function clean(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** The nodes that a commit has entered, and those of earlier ones that it has left. */
export function nodeRows(commit: Commit): { rows: object[]; ends: NodeEnd[] } {
  const ended = new Map(commit.records.flatMap(records => [...records.ended]));
  const rows = commit.records
    .flatMap(records => records.entered)
    .map(node => {
      const end = ended.get(node.seq);
      ended.delete(node.seq);
      return {
        run_id: commit.id,
        seq: node.seq,
        name: clean(node.name).slice(0, MAX_NAME),
        type: node.type,
        definition_id: clean(node.definitionId).slice(0, MAX_DEFINITION_ID),
        entered_at: node.enter,
        left_at: end?.exit ?? null,
        error: end?.error === undefined ? null : clean(end.error),
      };
    });
  return { rows, ends: [...ended.values()] };
}

/** The results that a commit records, and the calls that are not to be made any more. */
export function resultRows(commit: Commit): object[] {
  const row = { run_id: commit.id, recorded_at: commit.now };
  return [
    ...commit.results.map(({ key, outcome }) => ({
      ...row,
      call_key: key,
      outcome: 'failure' in outcome ? outcome.failure.kind : 'ok',
      http_status: ('failure' in outcome && outcome.failure.status) || null,
    })),
    ...commit.abandoned.map(key => ({
      ...row,
      call_key: key,
      outcome: 'abandoned',
      http_status: null,
    })),
  ];
}

/** Entries of a row of history, and about how many characters they have: whoever reads a page of it reads whole rows. */
const ROW_ENTRIES = 100;
const ROW_LENGTH = 64 * 1024;

/** Rows of a run's history. @param last - the number of the last of the entries */
export function historyRows(
  runId: string,
  entries: readonly HistoryEntry[],
  last: number,
  now: number,
): object[] {
  const rows: object[] = [];
  let first = last - entries.length + 1;
  let texts: string[] = [];
  let length = 0;
  const flush = () => {
    if (texts.length > 0) {
      rows.push({
        run_id: runId,
        first,
        count: texts.length,
        stored_at: now,
        events: `[${texts.join(',')}]`,
      });
      first += texts.length;
      texts = [];
      length = 0;
    }
  };
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    if (texts.length >= ROW_ENTRIES || length + text.length > ROW_LENGTH) {
      flush();
    }
    texts.push(text);
    length += text.length;
  }
  flush();
  return rows;
}

/** The history that a commit adds. */
export function addedHistory({ id, now, records, state }: Commit): object[] {
  return historyRows(
    id,
    records.flatMap(({ history }) => history),
    state.events,
    now,
  );
}

/** The events that a commit sends. */
export function producedRows({ id, records, workspace }: Commit): object[] {
  return records
    .flatMap(({ produced }) => produced)
    .map(event => ({
      run_id: id,
      workspace: workspace ?? null,
      event: JSON.stringify({ workspace, event }),
    }));
}

/** What the run that waits for this one is told, where a commit ends it, or leaves it in error. */
export function parentMessage(commit: Commit): Message[] {
  const { before, definitionId, id, parent, rev, state } = commit;
  if (
    parent?.key === undefined ||
    state.status === before ||
    state.status === 'ACTIVE'
  ) {
    return [];
  }
  const why = state.status === 'ERROR' ? 'failed' : 'was aborted';
  const cause = state.error?.message;
  return [
    {
      runId: parent.id,
      // A run that is taken on again after an error may tell more than once.
      key: childMessageKey(id, rev + 1),
      kind: 'child',
      body: {
        key: parent.key,
        outcome:
          state.status === 'COMPLETED'
            ? { value: state.data }
            : {
                failure: {
                  kind: 'child',
                  message: `The sub-flow ${definitionId} ${why}${
                    cause === undefined ? '' : `: ${cause}`
                  }`,
                },
              },
      },
    },
  ];
}

/** Names what a run tells its parent at a revision. */
export function childMessageKey(childId: string, rev: number): string {
  return `${childId.slice(0, 44)} ${rev}`;
}
