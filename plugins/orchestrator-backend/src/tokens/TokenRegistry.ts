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

import { LRUCache } from 'lru-cache';
import type { TokenSubject } from '../database/TokenChangeStore';
import { withinTime } from '../database/withinTime';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { AddressSlots } from '../limits/AddressSlots';
import type { TokenMetrics } from '../metrics/TokenMetrics';
import type { TokenRecord } from './StoredToken';
import type { TokenFeed } from './TokenFeed';

/** How many tokens are kept in memory at most. */
const MAX_TOKENS = 10_000;

/** For how long a token is kept at most; milliseconds. */
const KEEP_MS = 60_000;

/** How long a look-up may take, with the wait for others of the same address; milliseconds. */
const LOOKUP_MS = 5_000;

/** Seconds after which a caller may try again whose token could not be looked up. */
const RETRY_AFTER = 5;

interface Kept {
  readonly record: TokenRecord;
  readonly until: number;
}

/** A look-up that goes on, and what became known in the meantime. */
interface Reading {
  readonly result: Promise<TokenRecord | undefined>;
  /** Whether the token changed since the look-up began, so that what it finds may be from before. */
  isTouched: boolean;
  /** The owners that changed since; whose token it is, is known only when it is found. */
  owners?: Set<string>;
}

function unavailable(): OrchestratorError {
  return new OrchestratorError(
    'service.unavailable',
    'The database is not available',
    { retryAfter: RETRY_AFTER },
  );
}

/** Where tokens are looked up. */
export interface TokenRecords {
  find(id: string, timeout: number): Promise<TokenRecord | undefined>;
}

/**
 * Looks tokens up. What was found stays in bounded memory until the feed of changes tells to forget it, and is believed only as
 * long as the feed is up to date; otherwise the database is asked. What was not found is never remembered: it may have been made
 * on another replica a moment ago.
 */
export class TokenRegistry {
  readonly #records: TokenRecords;
  readonly #feed: Pick<TokenFeed, 'isFresh' | 'onChanges'>;
  readonly #slots: AddressSlots;
  readonly #metrics: Pick<TokenMetrics, 'tokenLookup'>;
  readonly #clock: () => number;
  readonly #lookupMs: number;
  readonly #kept: LRUCache<string, Kept>;
  /** The ids of the tokens in memory, by owner. */
  readonly #byOwner = new Map<string, Set<string>>();
  /** The look-ups that others may join, by id. */
  readonly #shared = new Map<string, Reading>();
  readonly #readings = new Map<Reading, string>();

  /**
   * @param options - `slots`: what bounds the look-ups of one address; `clock`: milliseconds of a clock that only goes forward
   */
  constructor(options: {
    records: TokenRecords;
    feed: Pick<TokenFeed, 'isFresh' | 'onChanges'>;
    slots: AddressSlots;
    metrics: Pick<TokenMetrics, 'tokenLookup'>;
    clock?: () => number;
    maxTokens?: number;
    lookupMs?: number;
  }) {
    this.#records = options.records;
    this.#feed = options.feed;
    this.#slots = options.slots;
    this.#metrics = options.metrics;
    this.#clock = options.clock ?? (() => performance.now());
    this.#lookupMs = options.lookupMs ?? LOOKUP_MS;
    this.#kept = new LRUCache({
      max: options.maxTokens ?? MAX_TOKENS,
      dispose: ({ record }) => this.#unindex(record),
    });
    this.#feed.onChanges(subjects => this.#forget(subjects));
  }

  /**
   * Finds a token: in memory, or by one query that all who ask for it at the same time share.
   *
   * @param address - of who asks, whose look-ups are bounded in number at a time
   * @throws OrchestratorError 503 where the database must be asked and does not answer
   */
  async lookup(
    id: string,
    address: string | undefined,
  ): Promise<TokenRecord | undefined> {
    const kept = this.#believed(id);
    if (kept) return kept;
    // A look-up that others already wait for costs nothing more.
    const shared = this.#shared.get(id);
    if (shared) {
      const record = await shared.result;
      if (!shared.isTouched) return record;
    }
    return this.#inTurn(
      address,
      async () => this.#believed(id) ?? this.#readShared(id),
    );
  }

  /**
   * Finds a token by a query that begins now, whatever is in memory. It is for a token whose secret has matched already, so that
   * it waits for no turn of an address: strangers there could keep all of them.
   *
   * @throws OrchestratorError 503 where the database does not answer
   */
  async reload(id: string): Promise<TokenRecord | undefined> {
    return this.#read(id);
  }

  /** Whether what was found is in memory yet and may be believed without asking the database. */
  holds(record: TokenRecord): boolean {
    return this.#believed(record.token.id) === record;
  }

  #believed(id: string): TokenRecord | undefined {
    if (!this.#feed.isFresh()) return undefined;
    const kept = this.#kept.get(id);
    return kept && this.#clock() < kept.until ? kept.record : undefined;
  }

  /** Works when it is the turn of an address, or not at all where that comes too late: nobody waits for long for a slow database. */
  async #inTurn(
    address: string | undefined,
    work: () => Promise<TokenRecord | undefined>,
  ): Promise<TokenRecord | undefined> {
    const end = this.#clock() + this.#lookupMs;
    return withinTime(
      this.#slots.run(address, async () => {
        if (this.#clock() >= end) throw unavailable();
        return work();
      }),
      this.#lookupMs,
      unavailable,
    );
  }

  async #readShared(id: string): Promise<TokenRecord | undefined> {
    let shared = this.#shared.get(id);
    while (shared) {
      const record = await shared.result;
      // Found before the change and asked for after it: one that begins now is needed.
      if (!shared.isTouched) return record;
      shared = this.#shared.get(id);
    }
    return this.#read(id);
  }

  #read(id: string): Promise<TokenRecord | undefined> {
    const reading: Reading = {
      isTouched: false,
      result: withinTime(
        this.#records.find(id, this.#lookupMs),
        this.#lookupMs,
        unavailable,
      ).then(
        record => {
          this.#end(id, reading);
          this.#metrics.tokenLookup(record ? 'found' : 'unknown');
          if (record) this.#keep(record, reading);
          else this.#kept.delete(id);
          return record;
        },
        error => {
          this.#end(id, reading);
          this.#metrics.tokenLookup('failed');
          throw error;
        },
      ),
    };
    this.#readings.set(reading, id);
    if (!this.#shared.has(id)) this.#shared.set(id, reading);
    return reading.result;
  }

  #end(id: string, reading: Reading): void {
    this.#readings.delete(reading);
    if (this.#shared.get(id) === reading) this.#shared.delete(id);
  }

  #keep(record: TokenRecord, reading: Reading): void {
    const { id, owner } = record.token;
    if (owner !== undefined && reading.owners?.has(owner)) {
      reading.isTouched = true;
    }
    // What came up while it was read may be missing in it, and would not be told again.
    if (reading.isTouched) return;
    this.#kept.delete(id);
    this.#kept.set(id, { record, until: this.#clock() + KEEP_MS });
    if (owner === undefined) return;
    const ids = this.#byOwner.get(owner);
    if (ids) ids.add(id);
    else this.#byOwner.set(owner, new Set([id]));
  }

  #unindex({ token: { id, owner } }: TokenRecord): void {
    if (owner === undefined) return;
    const ids = this.#byOwner.get(owner);
    ids?.delete(id);
    if (ids?.size === 0) this.#byOwner.delete(owner);
  }

  #forget(subjects: readonly TokenSubject[]): void {
    for (const subject of subjects) {
      if (subject === '*') this.#forgetAll();
      else if (subject.startsWith('owner:')) {
        this.#forgetOwner(subject.slice('owner:'.length));
      } else this.#forgetToken(subject.slice('token:'.length));
    }
  }

  #forgetAll(): void {
    for (const reading of this.#readings.keys()) reading.isTouched = true;
    this.#kept.clear();
  }

  #forgetOwner(owner: string): void {
    for (const reading of this.#readings.keys()) {
      reading.owners ??= new Set();
      reading.owners.add(owner);
    }
    for (const id of [...(this.#byOwner.get(owner) ?? [])]) {
      this.#kept.delete(id);
    }
  }

  #forgetToken(id: string): void {
    for (const [reading, read] of this.#readings) {
      if (read === id) reading.isTouched = true;
    }
    this.#kept.delete(id);
  }
}
