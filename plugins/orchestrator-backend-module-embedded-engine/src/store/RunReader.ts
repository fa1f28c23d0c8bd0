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

import type {
  EngineLogEntry,
  EngineRun,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { chunks } from './chunks';
import {
  LISTED_COLUMNS,
  type ListedRow,
  type NodeRow,
  type RunRow,
  toEngineRun,
} from './rows';

/** A list gives no more nodes of a run than its newest ones. */
const MAX_LISTED_NODES = 100;

/** A single run gives more. */
const MAX_NODES = 1_000;

/** Reads runs as callers see them. */
export class RunReader {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * The runs among the ids, with their newest nodes.
   *
   * @param options - `dataBudget`: the most characters that the data of all runs together may have; in the order of the ids, the
   *   data of a run that does not fit any more is not read
   */
  async getMany(
    ids: readonly string[],
    options: { dataBudget?: number; nodesPerRun?: number } = {},
  ): Promise<Map<string, EngineRun>> {
    const { dataBudget = Infinity, nodesPerRun = MAX_LISTED_NODES } = options;
    const found = new Map<string, EngineRun>();
    let left = dataBudget;
    for (const part of chunks([...new Set(ids)])) {
      const rows = await this.#rows(part);
      const fitting: string[] = [];
      for (const id of part) {
        const size = rows.get(id)?.size;
        if (size === undefined) continue;
        left -= size;
        if (left < 0) break;
        fitting.push(id);
      }
      const data = await this.#data(fitting);
      const nodes = await this.#nodes([...rows.values()], nodesPerRun);
      for (const [id, row] of rows) {
        found.set(id, toEngineRun(row, nodes.get(id) ?? [], data.get(id)));
      }
    }
    return found;
  }

  /** The rows of runs without what can be large. */
  async #rows(ids: readonly string[]): Promise<Map<string, ListedRow>> {
    const rows: ListedRow[] = await this.#knex<RunRow>('embedded_runs')
      .whereIn('id', ids)
      .select(...LISTED_COLUMNS, this.#knex.raw('length(data) as size'));
    return new Map(
      rows.map(row => [row.id, { ...row, size: Number(row.size) }]),
    );
  }

  async #data(ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#knex<RunRow>('embedded_runs')
      .whereIn('id', ids)
      .select('id', 'data');
    return new Map(rows.map(row => [row.id, row.data]));
  }

  async #nodes(
    rows: readonly ListedRow[],
    nodesPerRun: number,
  ): Promise<Map<string, NodeRow[]>> {
    const floors = rows.map(row => ({
      id: row.id,
      floor: Math.max(
        0,
        (JSON.parse(row.state) as { nodes: number }).nodes - nodesPerRun,
      ),
    }));
    const long = floors.filter(({ floor }) => floor > 0);
    const short = floors.filter(({ floor }) => floor === 0).map(({ id }) => id);
    const nodes: NodeRow[] = await this.#knex<NodeRow>('embedded_nodes')
      .where(query => {
        query.whereIn('run_id', short);
        for (const { id, floor } of long) {
          query.orWhere(inner =>
            inner.where({ run_id: id }).where('seq', '>', floor),
          );
        }
      })
      .orderBy(['run_id', 'seq']);
    const byRun = new Map<string, NodeRow[]>();
    for (const node of nodes) {
      const list = byRun.get(node.run_id) ?? [];
      list.push(node);
      byRun.set(node.run_id, list);
    }
    return byRun;
  }

  async get(id: string): Promise<EngineRun | undefined> {
    return (await this.getMany([id], { nodesPerRun: MAX_NODES })).get(id);
  }

  async logs(id: string): Promise<EngineLogEntry[] | undefined> {
    const rows = await this.#knex('embedded_logs')
      .where({ run_id: id })
      .orderBy('seq')
      .select<{ line_id: string; line: string }[]>('line_id', 'line');
    if (rows.length === 0) {
      const run = await this.#knex('embedded_runs').where({ id }).first('id');
      return run && [];
    }
    return rows.map(row => ({ id: row.line_id, log: row.line }));
  }
}
