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
import type { RunLists } from '../database/RunLists';
import { every, TRUE, type SqlPart } from '../database/SqlPart';
import type { StatisticsStore } from '../database/StatisticsStore';
import { whereRunApart } from '../database/whereCriteria';
import { whereFilter } from '../database/whereFilter';
import type { RunCriteria } from '../grants/criteria';
import { type Filter, fieldsOf } from './search/Filter';

/** Up to here a count is exact. */
const EXACT = 10_000;
/** How old a larger count may be; milliseconds. */
const MAX_AGE = 5_000;
const MAX_REMEMBERED = 500;

/** What the statistics know of runs. */
const TALLIED = new Set(['workflowId', 'workspace', 'state']);

/** How many runs a list has. */
export class RunCounts {
  readonly #lists: RunLists;
  readonly #statistics: StatisticsStore;
  readonly #isPostgres: boolean;
  readonly #now: () => number;
  readonly #counted = new LRUCache<string, { count: number; at: number }>({
    max: MAX_REMEMBERED,
  });
  readonly #counting = new Map<string, Promise<number>>();

  constructor(options: {
    lists: RunLists;
    statistics: StatisticsStore;
    isPostgres: boolean;
    now: () => number;
  }) {
    this.#lists = options.lists;
    this.#statistics = options.statistics;
    this.#isPostgres = options.isPostgres;
    this.#now = options.now;
  }

  /**
   * Counts without going through runs where the statistics can tell; otherwise exactly up to 10,000, and above with a number
   * that is at most 5 s old.
   */
  async count(
    criteria: RunCriteria,
    filter: Filter | undefined,
  ): Promise<number> {
    const fields = filter ? fieldsOf(filter) : new Set<string>();
    const compiled = filter && whereFilter(filter, this.#isPostgres);
    if ([...fields].every(field => TALLIED.has(field))) {
      return this.#statistics.count(criteria, compiled ?? TRUE);
    }
    const parts = whereRunApart(criteria).map(part =>
      every([part, compiled ?? TRUE]),
    );
    const key = JSON.stringify(parts);
    const known = this.#counted.get(key);
    if (known && this.#now() - known.at < MAX_AGE) return known.count;
    const count = await this.#lists.count(parts, EXACT);
    return count > EXACT ? this.#countAll(key, parts) : count;
  }

  #countAll(key: string, parts: readonly SqlPart[]): Promise<number> {
    let counting = this.#counting.get(key);
    if (!counting) {
      counting = this.#lists
        .count(parts)
        .then(count => {
          this.#counted.set(key, { count, at: this.#now() });
          return count;
        })
        .finally(() => this.#counting.delete(key));
      this.#counting.set(key, counting);
    }
    return counting;
  }
}
