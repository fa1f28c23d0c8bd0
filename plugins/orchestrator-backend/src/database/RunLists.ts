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

import type { IndexDatabase } from './IndexDatabase';
import { fromRecord, RUNS, type RunRecord, type StartedRun } from './RunRow';
import { every, sql, type SqlPart } from './SqlPart';
import { RUN_COLUMNS } from './whereFilter';

/** The order of a list of runs. */
export interface RunOrder {
  /** Our own name of the field; default the start. */
  readonly by?: string;
  readonly descending: boolean;
}

/** A reservation is no run yet. */
const STARTED = sql('started_at is not null');

const TEXTS = new Set(['version', 'name', 'workspace', 'state']);

/** Lists of runs: one statement a page, whatever the number of runs. */
export class RunLists {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** One page. Runs without a value come last where the order ascends, first where it descends. */
  async page(
    where: SqlPart,
    order: RunOrder,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<StartedRun[]> {
    const condition = every([STARTED, where]);
    const text = `select * from ${RUNS} where ${
      condition.sql
    } order by ${this.#order(order)} limit ? offset ?`;
    const bindings = [...condition.bindings, page.limit, page.offset];
    return (await this.#rows(text, bindings)).map(
      row => fromRecord(row as unknown as RunRecord) as StartedRun,
    );
  }

  /** How many runs there are, or more than `limit` of them. */
  async count(where: SqlPart, limit?: number): Promise<number> {
    const condition = every([STARTED, where]);
    const inner = `select 1 from ${RUNS} where ${condition.sql}`;
    const bounded = limit === undefined ? inner : `${inner} limit ${limit + 1}`;
    const text = `select count(*) as runs from (${bounded}) as counted`;
    const [row] = await this.#rows(text, condition.bindings);
    return Number(row.runs);
  }

  #order(order: RunOrder): string {
    const direction = order.descending ? 'desc' : 'asc';
    const field = order.by ?? 'start';
    const column = RUN_COLUMNS[field];
    if (field === 'id') return `id ${direction}`;
    // The start of a listed run is always there: without a rule for absence its index gives the order.
    if (field === 'start') return `started_at ${direction}, id ${direction}`;
    const absence = order.descending ? 'nulls first' : 'nulls last';
    // Both databases compare bytes, not words of a language.
    const collation =
      this.#database.isPostgres && TEXTS.has(field) ? ' collate "C"' : '';
    return `${column}${collation} ${direction} ${absence}, id ${direction}`;
  }

  async #rows(
    text: string,
    bindings: readonly (string | number)[],
  ): Promise<Record<string, unknown>[]> {
    const answer = await this.#database.run(knex =>
      knex.raw(text, [...bindings]),
    );
    return this.#database.isPostgres ? answer.rows : answer;
  }
}
