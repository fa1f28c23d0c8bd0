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

import { DatabaseManager } from '@backstage/backend-defaults/database';
import type {
  LifecycleService,
  LoggerService,
  RootLifecycleService,
} from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import knexFactory, { type Knex } from 'knex';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { migrateDatabase } from '../../plugins/orchestrator-backend/src/database/openDatabase';

/** Says nothing. */
export const silentLogger: LoggerService = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silentLogger,
};

/** Keeps the hooks of a shutdown for when it comes. */
class Shutdown implements LifecycleService, RootLifecycleService {
  readonly #hooks: (() => void | Promise<void>)[] = [];

  addStartupHook(): void {}

  addBeforeShutdownHook(): void {}

  addShutdownHook(hook: () => void | Promise<void>): void {
    this.#hooks.push(hook);
  }

  async run(): Promise<void> {
    for (const hook of this.#hooks) await hook();
  }
}

/** The databases of one backend, empty at first and gone at the end. */
export class BenchDatabase {
  readonly #config: JsonObject;
  readonly #remove: () => Promise<void>;
  /** What it is, for the tables of results. */
  readonly name: string;

  private constructor(
    name: string,
    config: JsonObject,
    remove: () => Promise<void>,
  ) {
    this.name = name;
    this.#config = config;
    this.#remove = remove;
  }

  /** Files in a temporary folder. */
  static sqlite(): BenchDatabase {
    const directory = fs.mkdtempSync(
      path.join(os.tmpdir(), 'orchestrator-bench-'),
    );
    return new BenchDatabase(
      'SQLite',
      { client: 'better-sqlite3', connection: { directory } },
      async () => fs.rmSync(directory, { recursive: true, force: true }),
    );
  }

  /** Databases of a server. */
  static postgres(connection: string): BenchDatabase {
    const prefix = `bench_${crypto.randomBytes(6).toString('hex')}_`;
    return new BenchDatabase(
      'PostgreSQL',
      { client: 'pg', connection, prefix },
      () => dropDatabases(connection, prefix),
    );
  }

  /** One on each kind of server that there is. */
  static onEach(postgres: string | undefined): BenchDatabase[] {
    return [
      BenchDatabase.sqlite(),
      ...(postgres ? [BenchDatabase.postgres(postgres)] : []),
    ];
  }

  /** The value of `backend.database`. */
  get config(): JsonObject {
    return this.#config;
  }

  /** The database of the plugin, with its tables; to be closed by the caller. */
  async open(): Promise<{ knex: Knex; close(): Promise<void> }> {
    const shutdown = new Shutdown();
    const manager = DatabaseManager.fromConfig(
      new ConfigReader({ backend: { database: this.#config } }),
      { rootLifecycle: shutdown },
    );
    const database = manager.forPlugin('orchestrator', {
      logger: silentLogger,
      lifecycle: shutdown,
    });
    const knex = await database.getClient();
    await migrateDatabase(knex);
    return {
      knex,
      close: async () => {
        await shutdown.run();
        await knex.destroy();
      },
    };
  }

  /** Removes everything. */
  async remove(): Promise<void> {
    await this.#remove();
  }
}

async function dropDatabases(
  connection: string,
  prefix: string,
): Promise<void> {
  const knex = knexFactory({ client: 'pg', connection });
  try {
    const { rows } = await knex.raw(
      'select datname from pg_database where starts_with(datname, ?)',
      [prefix],
    );
    for (const { datname } of rows) {
      await knex.raw('drop database ?? with (force)', [datname]);
    }
  } finally {
    await knex.destroy();
  }
}
