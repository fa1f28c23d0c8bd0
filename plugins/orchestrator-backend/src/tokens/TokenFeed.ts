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
  TokenChangeListener,
  TokenChangeStore,
  TokenSubject,
} from '../database/TokenChangeStore';
import { withinTime } from '../database/withinTime';
import type { TokenMetrics } from '../metrics/TokenMetrics';

/** How often the database is asked for changes; milliseconds. */
const INTERVAL_MS = 500;

/** How long a poll may take; milliseconds. */
const TIMEOUT_MS = 1_500;

/** For how long what is in memory may be believed after the start of a poll that went well; milliseconds. */
export const FRESH_MS = 2_000;

/** Notifications that come within this time are one; milliseconds. */
const WAKE_DELAY_MS = 5;

/** How many changes are read at a time. Where there are more, everything is forgotten instead. */
const LIMIT = 1_000;

/** What the changes of tokens are followed with. */
export type TokenChangeSource = Pick<
  TokenChangeStore,
  'since' | 'latest' | 'onAnnounced'
>;

/**
 * Tells of the changes of tokens, whichever replica made them, and knows how far behind it may be. It asks the database twice a
 * second, and at once when woken; what this process announces it tells of without asking.
 */
export class TokenFeed {
  readonly #source: TokenChangeSource;
  readonly #logger: LoggerService;
  readonly #metrics: Pick<TokenMetrics, 'tokenFeedAge'>;
  readonly #clock: () => number;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #listeners = new Set<TokenChangeListener>();
  /** The place up to which everything was told; undefined before the first poll that went well. */
  #seq: number | undefined;
  /** When the last poll that went well began; undefined before the first. */
  #freshSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wake: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #polling: Promise<void> | undefined;
  #again = false;
  #isFailing = false;
  #isStopped = false;

  /**
   * @param options - `clock`: milliseconds of a clock that only goes forward, whatever happens to the time of day
   */
  constructor(options: {
    source: TokenChangeSource;
    logger: LoggerService;
    metrics: Pick<TokenMetrics, 'tokenFeedAge'>;
    clock?: () => number;
    intervalMs?: number;
    timeoutMs?: number;
  }) {
    this.#source = options.source;
    this.#logger = options.logger;
    this.#metrics = options.metrics;
    this.#clock = options.clock ?? (() => performance.now());
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Begins to follow. */
  begin(): void {
    this.#unsubscribe = this.#source.onAnnounced(subjects =>
      this.#tell(subjects),
    );
    this.#timer = setInterval(() => void this.poll(), this.#intervalMs);
    this.#timer.unref();
    void this.poll();
  }

  /** Ends once a poll under way has ended. What is in memory is not to be believed any more soon after. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe?.();
    clearInterval(this.#timer);
    clearTimeout(this.#wake);
    await this.#polling;
  }

  /** Whether every change is known that was committed more than {@link FRESH_MS} ago. */
  isFresh(): boolean {
    return (
      this.#freshSince !== undefined &&
      this.#clock() - this.#freshSince <= FRESH_MS
    );
  }

  /**
   * Listens for what is to be forgotten.
   *
   * @returns stops listening
   */
  onChanges(listener: TokenChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Asks for changes soon, since somebody says that there are some.
   *
   * @param subjects - those that are known already; they are told of at once
   */
  wake(subjects: readonly TokenSubject[] = []): void {
    if (this.#isStopped) return;
    this.#tell(subjects);
    this.#wake ??= setTimeout(() => {
      this.#wake = undefined;
      void this.poll();
    }, WAKE_DELAY_MS);
    this.#wake.unref();
  }

  /** Tells of all changes that are committed by now. Never throws: what failed is asked for again the next time. */
  async poll(): Promise<void> {
    if (this.#isStopped) return;
    // A poll under way may have asked before the newest change was committed.
    this.#again = true;
    this.#polling ??= this.#pollAll();
    await this.#polling;
  }

  async #pollAll(): Promise<void> {
    while (this.#again && !this.#isStopped) {
      this.#again = false;
      await this.#pollOnce();
      if (this.#freshSince !== undefined) {
        this.#metrics.tokenFeedAge((this.#clock() - this.#freshSince) / 1_000);
      }
    }
    this.#polling = undefined;
  }

  async #pollOnce(): Promise<void> {
    const start = this.#clock();
    try {
      await withinTime(
        this.#read(),
        this.#timeoutMs,
        () => new Error('timed out'),
      ).then(tell => tell());
      this.#freshSince = start;
      if (this.#isFailing) {
        this.#logger.info('Changes of tokens are followed again');
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        // The message of a driver can hold the address of the server; its code cannot.
        const { code, name } = error as { code?: unknown; name?: unknown };
        this.#logger.warn(
          `Changes of tokens cannot be followed at the moment, so that every token is looked up in the database: ${String(
            code ?? name,
          )}`,
        );
      }
      this.#isFailing = true;
    }
  }

  /** Asks the database, and answers what to do with what it says: nothing is done with an answer that comes too late. */
  async #read(): Promise<() => void> {
    const seq = this.#seq;
    if (seq === undefined) {
      const latest = await this.#source.latest(this.#timeoutMs);
      return () => this.#advance(latest, ['*']);
    }
    const { latest, changes } = await this.#source.since(
      seq,
      LIMIT,
      this.#timeoutMs,
    );
    // Places have no gaps. Fewer changes than places, or a last place before ours, are more changes than one reads at a time,
    // rows that are gone since this replica was away too long, or a database that was put back to an earlier state.
    const isWhole = latest - seq === changes.length;
    return () =>
      this.#advance(
        latest,
        isWhole ? changes.map(({ subject }) => subject) : ['*'],
      );
  }

  #advance(seq: number, subjects: readonly TokenSubject[]): void {
    this.#tell(subjects);
    this.#seq = seq;
  }

  #tell(subjects: readonly TokenSubject[]): void {
    if (subjects.length === 0) return;
    for (const listener of this.#listeners) {
      listener(subjects);
    }
  }
}
