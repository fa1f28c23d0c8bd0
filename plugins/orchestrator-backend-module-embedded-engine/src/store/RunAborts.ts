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
import { type HistoryEntry, noRecords } from '../interpreter/records';
import { recordNode, recordState } from '../interpreter/recordHistory';
import type { RunState } from '../interpreter/RunState';
import { eraseCorrelations } from './CorrelationStore';
import { chunks, insertAll } from './chunks';
import { childMessageKey, historyRows } from './Commit';
import type { InboxStore } from './InboxStore';
import type { Message } from './Message';
import type { Counters, NodeRow, RunRow } from './rows';
import { transact } from './transact';

/** What of a run is needed to end it. */
const COLUMNS = [
  'id',
  'definition_id',
  'rev',
  'status',
  'state',
  'parent_id',
  'parent_key',
] as const;

type EndingRow = Pick<RunRow, (typeof COLUMNS)[number]>;

/** The text of a run's state once it is aborted, and what happened then. @param left - the nodes that it was at */
function abortedState(
  row: EndingRow,
  left: readonly NodeRow[],
  now: number,
): { text: string; entries: readonly HistoryEntry[]; last: number } {
  const counters = JSON.parse(row.state) as Counters;
  const state: RunState = {
    ...counters,
    status: 'ABORTED',
    data: null,
    input: null,
  };
  const records = noRecords();
  for (const { definition_id, entered_at, error, name, seq, type } of left) {
    recordNode(
      state,
      records,
      {
        seq,
        name,
        type,
        definitionId: definition_id,
        enter: Number(entered_at),
      },
      now,
      { seq, exit: now, error: error ?? undefined },
    );
  }
  recordState(state, records, now);
  return {
    text: JSON.stringify({ ...counters, events: state.events }),
    entries: records.history,
    last: state.events,
  };
}

/** What is told to the parent of a run that was aborted. */
function abortedMessage(row: EndingRow): Message[] {
  return row.parent_id === null || row.parent_key === null
    ? []
    : [
        {
          runId: row.parent_id,
          key: childMessageKey(row.id, Number(row.rev) + 1),
          kind: 'child',
          body: {
            key: row.parent_key,
            outcome: {
              failure: {
                kind: 'child',
                message: `The sub-flow ${row.definition_id} was aborted`,
              },
            },
          },
        },
      ];
}

/** Ends runs before their time, with the runs that they have started. */
export class RunAborts {
  readonly #knex: Knex;
  readonly #inbox: InboxStore;
  readonly #erase: (
    tx: Knex.Transaction,
    runIds: readonly string[],
  ) => Promise<void>;

  /** @param erase - forgets what was given along with runs */
  constructor(
    knex: Knex,
    inbox: InboxStore,
    erase: (tx: Knex.Transaction, runIds: readonly string[]) => Promise<void>,
  ) {
    this.#knex = knex;
    this.#inbox = inbox;
    this.#erase = erase;
  }

  /**
   * Ends a run that has not ended, an errored one too, with all runs below it that somebody waits for or that end with their parents.
   *
   * @returns its state before, and the runs that were ended; undefined where there is no such run
   */
  async abort(
    id: string,
    now: number,
  ): Promise<
    { readonly status: string; readonly ended: readonly string[] } | undefined
  > {
    let told: string[] = [];
    const result = await transact(this.#knex, async tx => {
      const row = await tx<RunRow>('embedded_runs')
        .where({ id })
        .forUpdate()
        .first(...COLUMNS);
      if (row === undefined || !['ACTIVE', 'ERROR'].includes(row.status)) {
        return row && { status: row.status, ended: [] };
      }
      const ended = await this.#end(tx, [row], now);
      const messages = abortedMessage(row);
      await this.#inbox.putIn(tx, messages, now);
      told = messages.map(({ runId }) => runId);
      return { status: row.status, ended };
    });
    this.#inbox.announce(told);
    return result;
  }

  /** Ends what runs that have ended leave behind: runs that they waited for, and runs that end with their parents. */
  async endChildren(
    tx: Knex.Transaction,
    parentIds: readonly string[],
    now: number,
  ): Promise<string[]> {
    const ended: string[] = [];
    for (const part of chunks(parentIds)) {
      const rows = await tx<RunRow>('embedded_runs')
        .whereIn('parent_id', part)
        .where({ status: 'ACTIVE' })
        .where(query =>
          query
            .whereNotNull('parent_key')
            .orWhere('on_parent_end', 'terminate'),
        )
        .orderBy('id')
        .forUpdate()
        .select(...COLUMNS);
      ended.push(...(await this.#end(tx, rows, now)));
    }
    return ended;
  }

  /** Ends the runs of calls that are given up. */
  async endAbandoned(
    tx: Knex.Transaction,
    calls: readonly { readonly runId: string; readonly key: string }[],
    now: number,
  ): Promise<string[]> {
    const ended: string[] = [];
    for (const part of chunks(calls)) {
      const rows = await tx<RunRow>('embedded_runs')
        .where({ status: 'ACTIVE' })
        .where(query => {
          for (const { key, runId } of part) {
            query.orWhere({ parent_id: runId, parent_key: key });
          }
        })
        .orderBy('id')
        .forUpdate()
        .select(...COLUMNS);
      ended.push(...(await this.#end(tx, rows, now)));
    }
    return ended;
  }

  async #end(
    tx: Knex.Transaction,
    rows: readonly EndingRow[],
    now: number,
  ): Promise<string[]> {
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) {
      return [];
    }
    const nodes = await this.#leaveNodes(tx, ids, now);
    const history: object[] = [];
    for (const row of rows) {
      const left = nodes.get(row.id) ?? [];
      const { entries, last, text } = abortedState(row, left, now);
      history.push(...historyRows(row.id, entries, last, now));
      await tx('embedded_runs')
        .where({ id: row.id })
        .update({
          status: 'ABORTED',
          state: text,
          rev: tx.raw('rev + 1'),
          owner: null,
          wake_at: null,
          ended_at: now,
        });
    }
    await insertAll(tx, 'embedded_history', history);
    await insertAll(
      tx,
      'embedded_outbox',
      ids.map(id => ({ run_id: id })),
    );
    await this.forget(tx, ids);
    return [...ids, ...(await this.endChildren(tx, ids, now))];
  }

  async #leaveNodes(
    tx: Knex.Transaction,
    ids: readonly string[],
    now: number,
  ): Promise<Map<string, NodeRow[]>> {
    const nodes = new Map<string, NodeRow[]>();
    for (const part of chunks(ids)) {
      const left: NodeRow[] = await tx('embedded_nodes')
        .whereIn('run_id', part)
        .whereNull('left_at')
        .update({ left_at: now })
        .returning('*');
      for (const node of left.sort((a, b) => a.seq - b.seq)) {
        nodes.set(node.run_id, [...(nodes.get(node.run_id) ?? []), node]);
      }
    }
    return nodes;
  }

  /** Forgets what only a run that goes on needs. */
  async forget(tx: Knex.Transaction, ids: readonly string[]): Promise<void> {
    for (const part of chunks(ids)) {
      await tx('embedded_inbox').whereIn('run_id', part).delete();
    }
    await eraseCorrelations(tx, ids);
    await this.#erase(tx, ids);
  }
}
