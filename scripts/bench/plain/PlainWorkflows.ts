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
import { insertFor, readStoredRun, type StoredRun } from './storedRun';

/**
 * Does with knex alone what the embedded engine does for a workflow: one transaction when it starts, and one that holds all that it
 * came to. The rows are copies of those of a run of the engine.
 */
export class PlainWorkflows {
  readonly #knex: Knex;
  readonly #like: StoredRun;
  #count = 0;

  private constructor(knex: Knex, like: StoredRun) {
    this.#knex = knex;
    this.#like = like;
  }

  /** @param runId - the run of the engine whose rows are copied */
  static async like(knex: Knex, runId: string): Promise<PlainWorkflows> {
    return new PlainWorkflows(knex, await readStoredRun(knex, runId));
  }

  /** Does the transactions of one workflow. */
  async runOne(): Promise<void> {
    const { run, nodes, history } = this.#like;
    this.#count += 1;
    const id = `plain-${this.#count}`;
    await this.#knex.transaction(async tx => {
      await tx('embedded_runs').insert({
        ...run,
        id,
        status: 'ACTIVE',
        rev: 1,
        ended_at: null,
      });
    });
    await this.#knex.transaction(async tx => {
      const changed = await tx('embedded_runs').where({ id, rev: 1 }).update({
        status: run.status,
        data: run.data,
        state: run.state,
        rev: 2,
        owner: null,
        wake_at: null,
        ended_at: run.ended_at,
      });
      if (changed !== 1) throw new Error(`${id} is not there`);
      await insertFor(tx, 'embedded_nodes', id, nodes);
      await insertFor(tx, 'embedded_history', id, history);
      await tx('embedded_outbox').insert({ run_id: id });
    });
  }
}
