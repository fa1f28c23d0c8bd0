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
import type { TokenUses } from '../database/TokenRecordStore';
import { withinTime } from '../database/withinTime';

/** How often it is looked for uses to write; milliseconds. */
const INTERVAL_MS = 1_000;

/** The shortest time between two writes of one token; milliseconds. */
const EVERY_MS = 60_000;

/** How long one statement may take, with the wait for a connection; milliseconds. */
const TIMEOUT_MS = 5_000;

/** The wait after a write that failed, doubled up to the second number; milliseconds. */
const BACK_OFF_MS = [5_000, 60_000] as const;

/** How many tokens one statement is for. */
const BATCH = 500;

/** Of how many tokens uses are kept at most. */
const MAX_TOKENS = 20_000;

/** Where uses are written. */
export interface UseStore {
  stamp(uses: readonly TokenUses[], timeout: number): Promise<void>;
}

interface Stamp {
  /** Uses that are not written. */
  count: number;
  at: number;
  address: string | undefined;
  /** When uses of this token were last handed to the database; none before the first time. */
  writtenAt: number;
}

/**
 * Counts the uses of tokens, and writes them in batches: the first use of a token within about a second, then at most once a
 * minute. Uses that the database does not take are kept and written later; where its answer is lost, they may be counted twice.
 * Memory is bounded: of more tokens than fit, the uses are not counted.
 */
export class UseStamps {
  readonly #store: UseStore;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #maxTokens: number;
  readonly #timeoutMs: number;
  readonly #stamps = new Map<string, Stamp>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #waitMs: number = BACK_OFF_MS[0];
  #notBefore = -Infinity;
  #isFailing = false;
  #isFull = false;

  /** @param options - `now`: the time of day; milliseconds since the epoch */
  constructor(options: {
    store: UseStore;
    logger: LoggerService;
    now: () => number;
    maxTokens?: number;
    timeoutMs?: number;
  }) {
    this.#store = options.store;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#maxTokens = options.maxTokens ?? MAX_TOKENS;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Begins to write. */
  begin(): void {
    this.#timer = setInterval(() => void this.flush(), INTERVAL_MS);
    this.#timer.unref();
  }

  /** Writes all that is left, and ends. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    await this.#write([...this.#stamps].filter(([, { count }]) => count > 0));
  }

  /**
   * Counts a use.
   *
   * @param address - where from, as Express says it
   */
  used(tokenId: string, address: string | undefined): void {
    const stamp = this.#stamps.get(tokenId);
    if (stamp) {
      stamp.count += 1;
      stamp.at = this.#now();
      stamp.address = address;
      return;
    }
    if (this.#stamps.size < this.#maxTokens) {
      const at = this.#now();
      this.#stamps.set(tokenId, {
        count: 1,
        at,
        address,
        writtenAt: -Infinity,
      });
    } else if (!this.#isFull) {
      this.#isFull = true;
      this.#logger.warn(
        `More than ${
          this.#maxTokens
        } tokens are in use, or their uses cannot be written: some uses are not counted`,
      );
    }
  }

  /** Writes what is due. Never throws. */
  async flush(): Promise<void> {
    const now = this.#now();
    // A clock that was put back must not stop the writing.
    const waitMs = this.#notBefore - now;
    if (this.#flushing || (waitMs > 0 && waitMs <= BACK_OFF_MS[1])) return;
    // Room is worth more than few writes.
    const isTight = this.#stamps.size > this.#maxTokens / 2;
    const due: [string, Stamp][] = [];
    for (const entry of this.#stamps) {
      const [tokenId, { count, writtenAt }] = entry;
      if (isTight || Math.abs(now - writtenAt) >= EVERY_MS) {
        if (count > 0) due.push(entry);
        else this.#stamps.delete(tokenId);
      }
    }
    if (due.length === 0) return;
    this.#flushing = this.#write(due);
    await this.#flushing;
    this.#flushing = undefined;
  }

  async #write(due: readonly [string, Stamp][]): Promise<void> {
    for (let index = 0; index < due.length; index += BATCH) {
      const batch = due.slice(index, index + BATCH);
      // Later batches would fail as this one did; they stay as they are.
      if (!(await this.#writeBatch(batch))) return;
    }
    [this.#waitMs] = BACK_OFF_MS;
    this.#isFailing = false;
    this.#isFull = false;
  }

  async #writeBatch(batch: readonly [string, Stamp][]): Promise<boolean> {
    const now = this.#now();
    const written = batch.map(([, { count, writtenAt }]) => ({
      count,
      writtenAt,
    }));
    const uses = batch.map(([tokenId, { count, at, address }]) => ({
      tokenId,
      count,
      at,
      address,
    }));
    for (const [, stamp] of batch) {
      stamp.count = 0;
      stamp.writtenAt = now;
    }
    try {
      await withinTime(
        this.#store.stamp(uses, this.#timeoutMs),
        this.#timeoutMs,
        () => new Error('No answer in time'),
      );
      return true;
    } catch (error) {
      batch.forEach(([, stamp], index) => {
        stamp.count += written[index].count;
        stamp.writtenAt = written[index].writtenAt;
      });
      this.#failed(error, now);
      return false;
    }
  }

  #failed(error: unknown, now: number): void {
    this.#notBefore = now + this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * 2, BACK_OFF_MS[1]);
    if (this.#isFailing) return;
    this.#isFailing = true;
    // The message of a driver can hold the address of the server; its code cannot.
    const { code, name } = error as { code?: unknown; name?: unknown };
    this.#logger.warn(
      `The uses of tokens cannot be written at the moment, and are written later: ${String(
        code ?? name,
      )}`,
    );
  }
}
