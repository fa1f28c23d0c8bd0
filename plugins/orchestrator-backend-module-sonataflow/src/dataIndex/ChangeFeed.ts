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
import type {
  EngineCall,
  RunChanges,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { findAdoptions } from './adoption';
import type { DataIndex } from './DataIndex';
import { FeedPages } from './FeedPages';
import { type FeedPosition, readReceipt, writeReceipt } from './FeedReceipt';
import { FillProgress } from './FillProgress';
import { KnownRuns } from './KnownRuns';
import type { RunRow } from './rows';
import { changedAt, revisionOf, toRunChange } from './toRunChange';

/** Pages of nothing new that one call reads at most. */
const MAX_PAGES = 20;

/** Milliseconds after which a call reads no further page: what it has found out is lost when it ends with a time-out. */
const MAX_MS = 2_000;

/** How far the reading is. */
interface FeedState {
  /** Absent before the very first batch. */
  readonly receipt?: string;
  readonly position?: FeedPosition;
  /** Rows that were read but not delivered, the longest unchanged first; `position` is before them. */
  readonly rows: readonly RunRow[];
  /** The position after `rows`. */
  readonly after?: FeedPosition;
}

/** What a change feed is made of. */
export interface ChangeFeedOptions {
  readonly dataIndex: DataIndex;
  readonly logger: LoggerService;
  readonly now: () => number;
  /**
   * Milliseconds that are read again after each sweep: more than the longest transaction of the Data Index, the way of its events
   * and the difference of the runtimes' clocks together.
   */
  readonly overlapMs: number;
  /** Runs from before this time take their owner from their own data; milliseconds. Undefined for none. */
  readonly adoptBefore?: number;
  /** Runs to remember of the overlap. */
  readonly maxKnown?: number;
  /** Runs that are read at one time. */
  readonly pageSize?: number;
}

/**
 * The changes of a Data Index for the index of runs. It has no log of changes and no order among runs of the same time, so this
 * sweeps over the times of the last change: from an overlap before the newest change of the sweep before, to the newest that
 * there is when it begins. A run that comes to light late is found by the next sweep. Runs that were stored before and have not
 * changed are left out.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #pages: FeedPages;
  readonly #progress: FillProgress;
  readonly #known: KnownRuns;
  #stored: FeedState = { rows: [] };
  #delivered: (FeedState & { readonly batch: readonly RunRow[] }) | undefined;
  #hasWarned = false;

  constructor(options: ChangeFeedOptions) {
    const { dataIndex, logger, now, maxKnown, pageSize } = options;
    this.#options = options;
    this.#pages = new FeedPages(dataIndex, pageSize);
    this.#progress = new FillProgress(dataIndex, logger, now);
    this.#known = new KnownRuns(maxKnown);
  }

  /**
   * The next batch.
   *
   * @param since - the receipt of the last batch that was stored; one that this feed has not written begins from the start
   * @returns no change and the same receipt where there is nothing new
   */
  async changes(
    since: string | undefined,
    limit: number,
    call: EngineCall,
  ): Promise<RunChanges> {
    const began = this.#options.now();
    let state = this.#resume(since);
    for (let pages = 0; ; pages++) {
      const fresh = state.rows.filter(
        row => !this.#known.has(row.id, revisionOf(row)),
      );
      if (fresh.length > 0) return this.#deliver(state, fresh, limit, call);
      if (state.after) {
        state = { ...state, position: state.after, rows: [], after: undefined };
      }
      const isAtEnd = pages > 0 && state.position?.phase === 'done';
      const isLong =
        pages === MAX_PAGES ||
        (pages > 0 && this.#options.now() - began > MAX_MS);
      if (isAtEnd || isLong) return this.#deliverNothing(state);
      state = await this.#readOn(state, call);
    }
  }

  /** The state after the batch that the receipt stands for. */
  #resume(since: string | undefined): FeedState {
    if (this.#delivered && since === this.#delivered.receipt) {
      this.#settle(this.#delivered);
    } else if (since === undefined || since !== this.#stored.receipt) {
      // Somebody else has stored something, or what was stored is gone: what is known here need not be stored.
      this.#known.clear();
      const position = since === undefined ? undefined : readReceipt(since);
      this.#stored = { receipt: since, position, rows: [] };
    }
    this.#delivered = undefined;
    return this.#stored;
  }

  #settle(delivered: FeedState & { readonly batch: readonly RunRow[] }): void {
    const { batch, ...state } = delivered;
    for (const row of batch) {
      this.#known.add(row.id, revisionOf(row), changedAt(row));
    }
    const { position } = state;
    if (position) {
      const next = position.upTo - this.#options.overlapMs;
      const from = position.phase === 'done' ? next : position.from;
      this.#known.prune(Math.min(from, next));
    }
    if (this.#stored.position?.phase !== 'done') {
      this.#progress.add(batch.length);
      if (position?.phase === 'done') this.#progress.end();
    }
    this.#stored = state;
  }

  async #deliver(
    state: FeedState,
    fresh: readonly RunRow[],
    limit: number,
    call: EngineCall,
  ): Promise<RunChanges> {
    const batch = fresh.slice(0, limit);
    const rows = fresh.slice(limit);
    const { dataIndex, adoptBefore } = this.#options;
    const adopted = await findAdoptions(dataIndex, batch, adoptBefore, call);
    const position =
      rows.length === 0 ? state.after : this.#moveTo(state.position, batch);
    const receipt = writeReceipt(position!);
    const after = rows.length === 0 ? undefined : state.after;
    this.#delivered = { receipt, position, rows, after, batch };
    return {
      changes: batch.map(row => toRunChange(row, adopted.get(row.id))),
      next: receipt,
    };
  }

  /** Every row that was not delivered is as old as the last one that was, or younger. */
  #moveTo(
    position: FeedPosition | undefined,
    batch: readonly RunRow[],
  ): FeedPosition | undefined {
    if (!position || position.phase === 'done') return position;
    const last = changedAt(batch[batch.length - 1]) - 1;
    return { ...position, from: Math.max(position.from, last) };
  }

  #deliverNothing(state: FeedState): RunChanges {
    const { receipt, position } = this.#stored;
    if (receipt && isSame(position, state.position)) {
      return { changes: [], next: receipt };
    }
    const next = writeReceipt(state.position!);
    this.#delivered = { ...state, receipt: next, batch: [] };
    return { changes: [], next };
  }

  /** Reads the next page of the sweep, or the first of a new one. */
  async #readOn(state: FeedState, call: EngineCall): Promise<FeedState> {
    const { position, receipt } = state;
    if (position?.phase === 'fill') this.#progress.begin();
    if (position && position.phase !== 'done') {
      const page = await this.#pages.read(position.from, call);
      const isAtEnd = page.next === undefined || page.next >= position.until;
      const after: FeedPosition = isAtEnd
        ? { phase: 'done', upTo: position.upTo }
        : { ...position, from: page.next };
      return { receipt, position, rows: page.rows, after };
    }
    if (!position)
      return { receipt, position: await this.#fill(call), rows: [] };
    return this.#sweep(position.upTo, receipt, call);
  }

  /** Most sweeps are one page. One that is more begins again, with its end fixed before its first page. */
  async #sweep(
    upTo: number,
    receipt: string | undefined,
    call: EngineCall,
  ): Promise<FeedState> {
    const from = this.#sweepFrom(upTo);
    const page = await this.#pages.read(from, call);
    if (page.next !== undefined) {
      const end = await this.#newest(call);
      return {
        receipt,
        position: {
          phase: 'sweep',
          from,
          // Not before the page that was read, which is not the last one.
          until: Math.max(end.until, page.next),
          upTo: Math.max(upTo, end.upTo),
        },
        rows: [],
      };
    }
    const newest = page.rows.reduce((max, r) => Math.max(max, changedAt(r)), 0);
    const reached = Math.max(upTo, Math.min(newest, this.#options.now()));
    return {
      receipt,
      position: { phase: 'sweep', from, until: newest, upTo },
      rows: page.rows,
      after: { phase: 'done', upTo: reached },
    };
  }

  #sweepFrom(upTo: number): number {
    const { overlapMs, dataIndex, logger } = this.#options;
    const from = Math.max(0, upTo - overlapMs);
    const { forgotten } = this.#known;
    if (forgotten === undefined || forgotten < from) return from;
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      logger.warn(
        `${dataIndex.name} has so many changes that less of them is read twice than the configured overlap`,
      );
    }
    return Math.min(upTo, forgotten + 1);
  }

  async #fill(call: EngineCall): Promise<FeedPosition> {
    return { phase: 'fill', from: 0, ...(await this.#newest(call)) };
  }

  /** Where a sweep that begins now ends, and up to when it has then read everything. */
  async #newest(call: EngineCall): Promise<{ until: number; upTo: number }> {
    const newest = await this.#options.dataIndex.newest(call);
    const until = newest === undefined ? 0 : Date.parse(newest);
    // A runtime whose clock is ahead must not hide the changes of the others.
    return { until, upTo: Math.min(until, this.#options.now()) };
  }
}

function isSame(
  one: FeedPosition | undefined,
  other: FeedPosition | undefined,
): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
