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

/** Where a workflow id was used first; it stays that engine's and that workspace's. */
export interface WorkflowIdClaim {
  readonly workflowId: string;
  readonly engineId: string;
  readonly workspace: string;
}

interface ClaimRecord {
  workflow_id: string;
  engine_id: string;
  workspace: string;
}

const TABLE = 'orchestrator_workflow_ids';
/** Ids per statement: SQLite takes an insert of 500 rows at most. */
const CHUNK = 200;

function fromRecord(record: ClaimRecord): WorkflowIdClaim {
  return {
    workflowId: record.workflow_id,
    engineId: record.engine_id,
    workspace: record.workspace,
  };
}

/** To whom workflow ids belong. */
export class WorkflowIdStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  async find(workflowId: string): Promise<WorkflowIdClaim | undefined> {
    const record = await this.#database.run(knex =>
      knex<ClaimRecord>(TABLE).where({ workflow_id: workflowId }).first(),
    );
    return record && fromRecord(record);
  }

  /** To whom some ids belong; those of nobody are left out. */
  async findAll(
    workflowIds: readonly string[],
  ): Promise<Map<string, WorkflowIdClaim>> {
    if (workflowIds.length === 0) return new Map();
    const records = await this.#database.run<ClaimRecord[]>(knex =>
      knex<ClaimRecord>(TABLE).whereIn('workflow_id', [...workflowIds]),
    );
    return new Map(
      records.map(record => [record.workflow_id, fromRecord(record)]),
    );
  }

  /** The ids that belong to an engine. */
  async ofEngine(engineId: string): Promise<WorkflowIdClaim[]> {
    const records = await this.#database.run<ClaimRecord[]>(knex =>
      knex<ClaimRecord>(TABLE).where({ engine_id: engineId }),
    );
    return records.map(fromRecord);
  }

  /** Claims ids that nobody has yet, and tells whose they all are. */
  async claim(
    claims: readonly WorkflowIdClaim[],
  ): Promise<Map<string, WorkflowIdClaim>> {
    const owners = new Map<string, WorkflowIdClaim>();
    for (let index = 0; index < claims.length; index += CHUNK) {
      const chunk = claims.slice(index, index + CHUNK);
      const ids = chunk.map(({ workflowId }) => workflowId);
      const read = () =>
        this.#database.run<ClaimRecord[]>(knex =>
          knex<ClaimRecord>(TABLE).whereIn('workflow_id', ids),
        );
      let records = await read();
      const known = new Set(records.map(record => record.workflow_id));
      const missing = chunk.filter(({ workflowId }) => !known.has(workflowId));
      if (missing.length > 0) {
        await this.#database.run(knex =>
          knex<ClaimRecord>(TABLE)
            .insert(
              missing.map(claim => ({
                workflow_id: claim.workflowId,
                engine_id: claim.engineId,
                workspace: claim.workspace,
              })),
            )
            .onConflict('workflow_id')
            .ignore(),
        );
        records = await read();
      }
      for (const record of records) {
        owners.set(record.workflow_id, fromRecord(record));
      }
    }
    return owners;
  }

  /** Takes an id to another workspace of the same engine. */
  async move(workflowId: string, workspace: string): Promise<void> {
    await this.#database.run(knex =>
      knex<ClaimRecord>(TABLE)
        .where({ workflow_id: workflowId })
        .update({ workspace }),
    );
  }

  /** Gives up an id that was never used. */
  async release(claim: WorkflowIdClaim): Promise<void> {
    await this.#database.run(knex =>
      knex<ClaimRecord>(TABLE)
        .where({
          workflow_id: claim.workflowId,
          engine_id: claim.engineId,
          workspace: claim.workspace,
        })
        .delete(),
    );
  }
}
