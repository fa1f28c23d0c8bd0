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

import type { LoggerService } from '@backstage/backend-plugin-api';
import { randomUUID } from 'node:crypto';
import type { StoredFailures } from '../database/FailureStore';
import { withinTime } from '../database/withinTime';
import type { FailureCounts } from './FailureCounts';

/** Where the replicas find what the others counted. */
export interface SharedFailures {
  read(subjects: readonly string[]): Promise<StoredFailures[]>;
  write(rows: readonly StoredFailures[]): Promise<void>;
  deleteEnded(now: number): Promise<void>;
}

/** How long failures wait for others to be shared with; milliseconds. */
const INTERVAL = 100;

/** How many callers of each limit are shared at a time. */
const BATCH = 100;

/** How long after a failure of the database it is tried again; milliseconds. */
const RETRY_INTERVAL = 5_000;

/** How long to share what waits may take at the end; milliseconds. */
const STOP_TIME = 3_000;

/** Between two looks for rows that no longer count, while there are any; milliseconds, at least. */
const CLEAN_UP_INTERVAL = 60_000;

interface Batch {
  readonly counts: FailureCounts;
  readonly callers: readonly string[];
}

/** What a caller is called in the database. */
function subjectOf(counts: FailureCounts, caller: string): string {
  return `${counts.name}:${caller}`;
}

/**
 * Shares the failures of callers with the other replicas: reads what they counted, and writes what is counted here. It
 * works in the background, only for callers that have just failed, many in one statement, and never more than once at a
 * time. A database that is down or slow costs nothing but that each replica counts alone.
 */
export class FailureExchange {
  readonly #counts: readonly FailureCounts[];
  readonly #store: SharedFailures;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #replica = randomUUID();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cleanUpTimer: NodeJS.Timeout | undefined;
  /** When the newest row that this replica wrote no longer counts. */
  #lastRowEnds = -Infinity;
  #isFailing = false;
  #isStopped = false;

  constructor(options: {
    counts: readonly FailureCounts[];
    store: SharedFailures;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#counts = options.counts;
    this.#store = options.store;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  /** Says that there is something to share. */
  request(): void {
    if (!this.#running) this.#plan(INTERVAL);
  }

  /** Shares what waits now, at most as much as fits in one batch. */
  async share(): Promise<void> {
    // What goes on may have begun too early for what waits now.
    await this.#running;
    await this.#begin();
  }

  /** Removes the rows that no longer count, of all replicas. */
  async cleanUp(): Promise<void> {
    await this.#attempt(() => this.#store.deleteEnded(this.#now()));
    if (this.#lastRowEnds > this.#now()) {
      this.#planCleanUp();
    }
  }

  /** Ends, and shares what waits first, so that a restart forgets nothing; that may fail, and takes no more than seconds. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#cleanUpTimer);
    await withinTime(
      this.#shareAll(),
      STOP_TIME,
      () => new Error('The database is slow'),
    ).catch(() => undefined);
  }

  async #shareAll(): Promise<void> {
    do {
      await this.share();
    } while (!this.#isFailing && this.#hasUnshared());
  }

  #begin(): Promise<void> {
    this.#running ??= this.#share().finally(() => {
      this.#running = undefined;
      if (this.#hasUnshared()) {
        this.#plan(this.#isFailing ? RETRY_INTERVAL : INTERVAL);
      }
    });
    return this.#running;
  }

  #hasUnshared(): boolean {
    return this.#counts.some(({ hasUnshared }) => hasUnshared);
  }

  async #share(): Promise<void> {
    const batches: Batch[] = this.#counts.map(counts => ({
      counts,
      callers: counts.takeUnshared(BATCH),
    }));
    if (batches.every(({ callers }) => callers.length === 0)) return;
    const isDone = await this.#attempt(async () => {
      await this.#read(batches);
      await this.#write(batches);
    });
    if (!isDone) {
      for (const { counts, callers } of batches) {
        callers.forEach(caller => counts.markUnshared(caller));
      }
    }
  }

  async #read(batches: readonly Batch[]): Promise<void> {
    const stored = new Map<string, { own: number[]; others: number[] }>();
    for (const { counts, callers } of batches) {
      for (const caller of callers) {
        stored.set(subjectOf(counts, caller), { own: [], others: [] });
      }
    }
    for (const row of await this.#store.read([...stored.keys()])) {
      const { own, others } = stored.get(row.subject)!;
      const side = row.replica === this.#replica ? own : others;
      side.push(...row.times);
    }
    for (const { counts, callers } of batches) {
      for (const caller of callers) {
        const { own, others } = stored.get(subjectOf(counts, caller))!;
        counts.windowOf(caller)?.merge(own, others, this.#now());
      }
    }
  }

  async #write(batches: readonly Batch[]): Promise<void> {
    const rows: StoredFailures[] = [];
    for (const { counts, callers } of batches) {
      for (const caller of callers) {
        const times = counts.windowOf(caller)?.own ?? [];
        if (times.length === 0) continue;
        rows.push({
          subject: subjectOf(counts, caller),
          replica: this.#replica,
          times,
          endsAt: times.at(-1)! + counts.limit.windowMs,
        });
      }
    }
    if (rows.length === 0) return;
    await this.#store.write(rows);
    this.#lastRowEnds = Math.max(
      this.#lastRowEnds,
      ...rows.map(({ endsAt }) => endsAt),
    );
    this.#planCleanUp();
  }

  /** Whether work with the database succeeded. The first of many failures is told. */
  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#isFailing = false;
      return true;
    } catch (error) {
      if (!this.#isFailing) {
        this.#isFailing = true;
        // The message of a driver can hold the address of the server; its code cannot.
        const { code, name } = error as { code?: unknown; name?: unknown };
        this.#logger.warn(
          `Each replica counts failed credentials alone until the database is back: ${String(
            code ?? name,
          )}`,
        );
      }
      return false;
    }
  }

  #plan(delay: number): void {
    if (this.#isStopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#begin();
    }, delay).unref();
  }

  #planCleanUp(): void {
    if (this.#isStopped) return;
    const longest = Math.max(
      ...this.#counts.map(({ limit }) => limit.windowMs),
    );
    this.#cleanUpTimer ??= setTimeout(() => {
      this.#cleanUpTimer = undefined;
      void this.cleanUp();
    }, Math.max(CLEAN_UP_INTERVAL, longest)).unref();
  }
}
