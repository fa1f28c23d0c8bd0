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

import { createHash } from 'node:crypto';
import { addressKey } from '../addresses/addressKey';
import type { AuditCount, AuditCountStore } from '../database/AuditCountStore';
import type { AuditEntry } from '../database/AuditEntry';

const MINUTE = 60_000;

/** How long after its minute a row is still added to, by whichever replica; milliseconds. */
const GRACE = 5_000;

/**
 * The most rows of one minute, for callers who are known and for networks of those who are not; so many are written at a time,
 * and SQLite does nothing else meanwhile.
 */
const MOST_ROWS = 256;

/** The most rows that wait to be written, however long the database is away. */
const MOST_WAITING = 2_000;

type Waiting = { -readonly [K in keyof AuditCount]: AuditCount[K] };

/**
 * Counts refusals: one row for each caller, or for each address of those who are not known, code and minute. All addresses of an
 * IPv6 /64 are one, as for the failure limits, since one machine can have them all; their row names the one that was refused
 * first. What is beyond the bounds is counted together, so that nobody can fill the memory or the table, nor push a known caller
 * out by many addresses.
 * Counts that are not written yet are lost when the process is killed.
 */
export class RefusalCounter {
  readonly #store: AuditCountStore;
  readonly #now: () => number;
  #minute = 0;
  #seenCallers = new Set<string>();
  #seenNetworks = new Set<string>();
  #waiting = new Map<string, Waiting>();
  #flushing: Promise<void> | undefined;

  constructor(options: { store: AuditCountStore; now: () => number }) {
    this.#store = options.store;
    this.#now = options.now;
  }

  /**
   * Counts a refusal.
   *
   * @returns whether it is the first of its row, as far as this replica knows
   */
  count(entry: AuditEntry): boolean {
    const at = this.#now();
    const minute = Math.floor(at / MINUTE);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#seenCallers = new Set();
      this.#seenNetworks = new Set();
    }
    const seen = isKnown(entry) ? this.#seenCallers : this.#seenNetworks;
    let counted = entry;
    let key = keyOf(counted, minute);
    if (
      !seen.has(key) &&
      (seen.size >= MOST_ROWS || this.#waiting.size >= MOST_WAITING)
    ) {
      counted = othersOf(entry);
      // Without the minute, so that these few stay few while nothing can be written.
      key = keyOf(counted);
    }
    const isFirst = !seen.has(key);
    seen.add(key);
    this.#add(key, counted, { at, minute, count: 1 });
    return isFirst;
  }

  /**
   * Writes what was counted.
   *
   * @throws OrchestratorError where the database is not available; the counts are kept
   */
  async flush(): Promise<void> {
    // Who comes while counts are being written writes what has come since.
    await this.#flushing?.catch(() => undefined);
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    this.#waiting = new Map();
    try {
      await this.#store.add([...waiting.values()]);
    } catch (error) {
      for (const [key, { entry, at, count }] of waiting) {
        this.#add(key, entry, { at, minute: Math.floor(at / MINUTE), count });
      }
      throw error;
    }
  }

  #add(
    key: string,
    entry: AuditEntry,
    what: { at: number; minute: number; count: number },
  ): void {
    const { at, minute, count } = what;
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.count += count;
      return;
    }
    this.#waiting.set(key, {
      key: keyOf(entry, minute),
      entry,
      at,
      count,
      until: (minute + 1) * MINUTE + GRACE,
    });
  }
}

/** Whoever presents nothing, or what nobody knows, is known by the address only. */
function isKnown({ actor, tokenId }: AuditEntry): boolean {
  return (
    tokenId !== undefined || (actor !== undefined && actor !== 'anonymous')
  );
}

function keyOf(entry: AuditEntry, minute?: number): string {
  const { event, actor, onBehalfOf, tokenId, code, address, meta } = entry;
  const parts = [
    event,
    code,
    actor,
    onBehalfOf,
    tokenId,
    isKnown(entry) ? undefined : addressKey(address),
    meta,
    minute,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function othersOf({ event, outcome, code }: AuditEntry): AuditEntry {
  return { event, outcome, code, meta: { callers: 'others' } };
}
