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

import type { Knex } from 'knex';

type Row = Record<string, unknown>;

/**
 * Does with knex alone what the embedded engine does for a workflow: one transaction when it starts, and one that holds all that it
 * came to. The rows are copies of those of a run of the engine.
 */
export class PlainWorkflows {
  readonly #knex: Knex;
  readonly #run: Row;
  readonly #nodes: readonly Row[];
  #count = 0;

  private constructor(knex: Knex, run: Row, nodes: readonly Row[]) {
    this.#knex = knex;
    this.#run = run;
    this.#nodes = nodes;
  }

  /** @param runId - the run of the engine whose rows are copied */
  static async like(knex: Knex, runId: string): Promise<PlainWorkflows> {
    const run = await knex('embedded_runs').where({ id: runId }).first();
    const nodes = await knex('embedded_nodes').where({ run_id: runId });
    if (!run || nodes.length === 0) {
      throw new Error(`The engine stored nothing of the run ${runId}`);
    }
    return new PlainWorkflows(knex, run, nodes);
  }

  /** Does the transactions of one workflow. */
  async runOne(): Promise<void> {
    this.#count += 1;
    const id = `plain-${this.#count}`;
    await this.#knex.transaction(async tx => {
      await tx('embedded_runs').insert({
        ...this.#run,
        id,
        status: 'ACTIVE',
        rev: 1,
        ended_at: null,
      });
    });
    await this.#knex.transaction(async tx => {
      const changed = await tx('embedded_runs').where({ id, rev: 1 }).update({
        status: this.#run.status,
        data: this.#run.data,
        state: this.#run.state,
        rev: 2,
        owner: null,
        wake_at: null,
        ended_at: this.#run.ended_at,
      });
      if (changed !== 1) throw new Error(`${id} is not there`);
      await tx('embedded_nodes').insert(
        this.#nodes.map(node => ({ ...node, run_id: id })),
      );
      await tx('embedded_outbox').insert({ run_id: id });
    });
  }
}
