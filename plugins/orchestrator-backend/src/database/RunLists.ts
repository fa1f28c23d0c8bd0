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

function selectRuns(part: SqlPart, columns: string = '*'): SqlPart {
  const { sql: condition, bindings } = every([STARTED, part]);
  return {
    sql: `select ${columns} from ${RUNS} where ${condition}`,
    bindings,
  };
}

function unionOf(parts: readonly SqlPart[]): SqlPart {
  return {
    sql: parts.map(part => part.sql).join(' union all '),
    bindings: parts.flatMap(part => part.bindings),
  };
}

/** Lists of runs: one statement a page, whatever the number of runs. */
export class RunLists {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /**
   * One page. Runs without a value come last where the order ascends, first where it descends.
   *
   * @param parts - the runs: those of any part; no run is in two of them
   */
  async page(
    parts: readonly SqlPart[],
    order: RunOrder,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<StartedRun[]> {
    const { limit, offset } = page;
    const sorted = `order by ${this.#order(order)} limit ?`;
    const [first, ...others] = parts.map(part => selectRuns(part));
    let runs = first;
    if (others.length > 0) {
      // Of each part no more is read than the page can show of it.
      const ends = [first, ...others].map((part, index) => ({
        sql: `select * from (${part.sql} ${sorted}) as part_${index}`,
        bindings: [...part.bindings, limit + offset],
      }));
      const all = unionOf(ends);
      runs = { ...all, sql: `select * from (${all.sql}) as parts` };
    }
    const text = `${runs.sql} ${sorted} offset ?`;
    const rows = await this.#rows(text, [...runs.bindings, limit, offset]);
    return rows.map(
      row => fromRecord(row as unknown as RunRecord) as StartedRun,
    );
  }

  /**
   * How many runs there are, or more than `limit` of them.
   *
   * @param parts - the runs: those of any part; no run is in two of them
   */
  async count(parts: readonly SqlPart[], limit?: number): Promise<number> {
    const runs = unionOf(parts.map(part => selectRuns(part, '1')));
    const end = limit === undefined ? '' : ` limit ${limit + 1}`;
    const text = `select count(*) as runs from (${runs.sql}${end}) as counted`;
    const [row] = await this.#rows(text, runs.bindings);
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
