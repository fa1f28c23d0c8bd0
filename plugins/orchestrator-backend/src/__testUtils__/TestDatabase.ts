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

import {
  type BackendFeature,
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import createKnex, { type Knex } from 'knex';

/**
 * Gives every plugin of a test backend a database in memory. Backstage does not close its own, whose pools would keep the process
 * of the tests alive.
 */
export class TestDatabase {
  readonly #orchestrator: Knex | undefined;
  readonly #opened: Knex[] = [];

  /** @param orchestrator - the orchestrator's database instead, which is not closed */
  constructor(orchestrator?: Knex) {
    this.#orchestrator = orchestrator;
  }

  /** Backstage's database service. */
  feature(): BackendFeature {
    return createServiceFactory({
      service: coreServices.database,
      deps: { plugin: coreServices.pluginMetadata },
      factory: async ({ plugin }) => {
        const given =
          plugin.getId() === 'orchestrator' ? this.#orchestrator : undefined;
        const client = given ?? this.#open();
        return { getClient: async () => client };
      },
    });
  }

  /** Closes the databases in memory. */
  async close(): Promise<void> {
    await Promise.all(this.#opened.map(memory => memory.destroy()));
  }

  #open(): Knex {
    const memory = createKnex({
      client: 'better-sqlite3',
      connection: ':memory:',
      useNullAsDefault: true,
      pool: {
        afterCreate(
          connection: { pragma(text: string): void },
          done: (error: null, connection: unknown) => void,
        ) {
          connection.pragma('foreign_keys = on');
          done(null, connection);
        },
      },
    });
    this.#opened.push(memory);
    return memory;
  }
}
