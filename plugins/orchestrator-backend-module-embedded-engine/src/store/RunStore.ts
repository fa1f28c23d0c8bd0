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
import { wakeAt } from '../interpreter/RunState';
import { Batcher } from './Batcher';
import { insertAll, upsertAll } from './chunks';
import {
  addedHistory,
  type Commit,
  isEnd,
  isProgress,
  parentMessage,
  producedRows,
  resultRows,
} from './Commit';
import { isSqlite } from './database';
import type { InboxStore } from './InboxStore';
import type { RunAborts } from './RunAborts';
import { type RunRow, stateColumns, type StoredRun, toStoredRun } from './rows';
import { storeLines, storeNodes } from './storeRecords';
import { transact } from './transact';

/** PostgreSQL works on several transactions at once, SQLite on one. */
const PLACES = 4;

/** The time at which a run is to be taken on that nobody has: at once where there is mail that was not read. */
function wakeOrMail(
  knex: Knex | Knex.Transaction,
  wake: number | null,
  mail: number,
): Knex.Raw {
  return knex.raw('case when mail > ? then 0 else cast(? as bigint) end', [
    mail,
    wake,
  ] as number[]);
}

/** What a store of runs needs. */
export interface RunStoreOptions {
  /** Log lines that are kept of a run. */
  readonly maxLines: number;
  readonly inbox: InboxStore;
  readonly aborts: RunAborts;
  /** Forgets what was given along with runs. */
  readonly erase: (
    tx: Knex.Transaction,
    runIds: readonly string[],
  ) => Promise<void>;
}

/** What a commit came to. */
export interface CommitResult {
  /** False where somebody else has changed the run since; then nothing is stored. */
  readonly stored: boolean;
  /** Other runs that ended with it. */
  readonly ended: readonly string[];
}

/** The runs of the engine in the database. */
export class RunStore {
  readonly #knex: Knex;
  readonly #options: RunStoreOptions;
  readonly #commits: Batcher<Commit, CommitResult>;

  constructor(knex: Knex, options: RunStoreOptions) {
    this.#knex = knex;
    this.#options = options;
    const places = isSqlite(knex) ? 1 : PLACES;
    this.#commits = new Batcher(items => this.#commitAll(items), places);
  }

  /** Stores what a drain came to, all of it or nothing. */
  commit(commit: Commit): Promise<CommitResult> {
    return this.#commits.add(commit);
  }

  async #commitAll(commits: readonly Commit[]): Promise<CommitResult[]> {
    const { told, results } = await transact(this.#knex, async tx => {
      const stored = await this.#fenceAll(tx, commits);
      const ours = commits.filter(commit => stored.has(commit));
      await storeNodes(tx, ours);
      await storeLines(tx, ours, this.#options.maxLines);
      // A sub-flow that was in error may come right after all: then its call has another result.
      await upsertAll(
        tx,
        'embedded_journal',
        ['run_id', 'call_key'],
        ours.flatMap(resultRows),
      );
      await insertAll(tx, 'embedded_history', ours.flatMap(addedHistory));
      await insertAll(tx, 'embedded_produced', ours.flatMap(producedRows));
      await insertAll(
        tx,
        'embedded_outbox',
        ours
          .filter(({ before, state }) => state.status !== before)
          .map(({ id }) => ({ run_id: id })),
      );
      for (const { alongside } of ours) {
        await alongside?.(tx);
      }
      const ended = await this.#settle(tx, ours);
      return {
        told: await this.#tell(tx, ours),
        results: commits.map(commit => ({
          stored: stored.has(commit),
          ended: ended.get(commit) ?? [],
        })),
      };
    });
    this.#options.inbox.announce(told);
    return results;
  }

  /** Writes the rows of runs, those that are still as their writers know them; in one order, lest two writers wait for each other. */
  async #fenceAll(
    tx: Knex.Transaction,
    commits: readonly Commit[],
  ): Promise<Set<Commit>> {
    const stored = new Set<Commit>();
    const ordered = [...commits].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const commit of ordered) {
      if (await this.#fenced(tx, commit)) {
        stored.add(commit);
      }
    }
    return stored;
  }

  /** Writes the row of a run, if it is still as the writer knows it. */
  async #fenced(tx: Knex.Transaction, commit: Commit): Promise<boolean> {
    const { mail, nextOwner, state } = commit;
    const wake = wakeAt(state) ?? null;
    const changed = await tx('embedded_runs')
      .where({ id: commit.id, rev: commit.rev, owner: commit.owner })
      .update({
        ...stateColumns(state),
        rev: commit.rev + 1,
        owner: nextOwner,
        wake_at:
          nextOwner === null && !isEnd(commit)
            ? wakeOrMail(tx, wake, mail)
            : wake,
        ended_at: state.status === 'ACTIVE' ? null : commit.now,
        mail_seen: mail,
        journal: commit.journal,
        ...(isProgress(commit) ? { attempts: 0 } : {}),
      });
    return changed > 0;
  }

  /**
   * Lets go of a run that waits, as it is stored.
   *
   * @param mail - how far its inbox was read
   * @returns false where somebody else has changed the run since
   */
  async letGo(
    { id, mail, owner, rev }: Pick<Commit, 'id' | 'mail' | 'owner' | 'rev'>,
    wake: number | undefined,
  ): Promise<boolean> {
    const changed = await this.#knex('embedded_runs')
      .where({ id, rev, owner })
      .update({
        rev: rev + 1,
        owner: null,
        wake_at: wakeOrMail(this.#knex, wake ?? null, mail),
        mail_seen: mail,
        attempts: 0,
      });
    return changed > 0;
  }

  /** Marks messages as taken, and ends what runs that have ended leave behind. */
  async #settle(
    tx: Knex.Transaction,
    commits: readonly Commit[],
  ): Promise<Map<Commit, string[]>> {
    const { aborts, erase, inbox } = this.#options;
    const ended = new Map<Commit, string[]>();
    const taken = commits.flatMap(commit => commit.taken);
    if (taken.length > 0) {
      await inbox.takeIn(tx, taken, commits[0].now);
    }
    const leaving = commits.filter(({ isPlain }) => !isPlain);
    await erase(
      tx,
      leaving
        .filter(({ state }) => state.status === 'ERROR')
        .map(({ id }) => id),
    );
    await aborts.forget(
      tx,
      leaving.filter(isEnd).map(({ id }) => id),
    );
    for (const commit of commits) {
      const { abandoned, id, now } = commit;
      const gone = [
        ...(await aborts.endAbandoned(
          tx,
          abandoned.map(key => ({ runId: id, key })),
          now,
        )),
        ...(isEnd(commit) && commit.hasChildren
          ? await aborts.endChildren(tx, [id], now)
          : []),
      ];
      ended.set(commit, gone);
    }
    return ended;
  }

  /** Tells runs that wait for others what became of them. */
  async #tell(
    tx: Knex.Transaction,
    commits: readonly Commit[],
  ): Promise<string[]> {
    const messages = commits.flatMap(parentMessage);
    if (messages.length > 0) {
      await this.#options.inbox.putIn(tx, messages, commits[0].now);
    }
    return messages.map(({ runId }) => runId);
  }

  /** How a run stands; undefined where there is none. */
  async head(
    id: string,
  ): Promise<{ readonly status: string; readonly hash: string } | undefined> {
    return this.#knex('embedded_runs')
      .where({ id })
      .first<{ status: string; hash: string } | undefined>(
        'status',
        'definition_hash as hash',
      );
  }

  /** A run as the engine takes it on. */
  async load(
    id: string,
  ): Promise<(StoredRun & { readonly owner: string | null }) | undefined> {
    const row = await this.#knex<RunRow>('embedded_runs').where({ id }).first();
    return row && { ...toStoredRun(row), owner: row.owner };
  }
}
