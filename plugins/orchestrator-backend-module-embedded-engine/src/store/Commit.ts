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
import type { NodeEnd, Records } from '../interpreter/Run';
import type { Outcome, RunState } from '../interpreter/RunState';

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
}

/** What a drain of a run's events comes to. */
export interface Commit {
  readonly id: string;
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
}

/** Whether a commit brings its run any further, beside that it was taken on. */
export function isProgress({ before, records, results, state }: Commit) {
  return (
    state.status !== before ||
    results.length > 0 ||
    records.some(({ ended, entered }) => entered.length > 0 || ended.size > 0)
  );
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
        name: clean(node.name).slice(0, 512),
        type: node.type,
        definition_id: clean(node.definitionId).slice(0, 1024),
        entered_at: node.enter,
        left_at: end?.exit ?? null,
        error: end?.error === undefined ? null : clean(end.error),
      };
    });
  return { rows, ends: [...ended.values()] };
}

/** The results that a commit records. */
export function resultRows(commit: Commit): object[] {
  return commit.results.map(({ key, outcome }) => ({
    run_id: commit.id,
    call_key: key,
    recorded_at: commit.now,
    outcome: 'failure' in outcome ? outcome.failure.kind : 'ok',
    http_status: ('failure' in outcome && outcome.failure.status) || null,
  }));
}
