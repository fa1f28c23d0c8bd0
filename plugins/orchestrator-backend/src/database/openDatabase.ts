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
  DatabaseService,
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import { packagePath } from '../packagePath';
import { IndexDatabase } from './IndexDatabase';

/** How long a statement waits, and the process with it, for another process that writes to the same file; milliseconds. */
const SQLITE_BUSY_TIMEOUT = 2_000;

/** Brings the tables of the plugin up to date. */
export async function migrateDatabase(knex: Knex): Promise<void> {
  await knex.migrate.latest({
    directory: packagePath('migrations'),
    // Engines keep their tables in the same database, with migrations of their own.
    tableName: 'orchestrator_knex_migrations',
  });
}

/**
 * Reads how SQLite makes a commit durable.
 *
 * @throws InputError where the config is not valid
 */
export function readSynchronous(config: RootConfigService): string {
  const key = 'orchestrator.database.synchronous';
  const synchronous = config.getOptionalString(key) ?? 'NORMAL';
  if (!['NORMAL', 'FULL'].includes(synchronous)) {
    throw new InputError(`${key} must be NORMAL or FULL`);
  }
  return synchronous;
}

async function tuneSqlite(
  knex: Knex,
  config: RootConfigService,
): Promise<void> {
  const synchronous = readSynchronous(config);
  await knex.raw('pragma journal_mode = wal');
  await knex.raw(`pragma synchronous = ${synchronous.toLowerCase()}`);
  await knex.raw(`pragma busy_timeout = ${SQLITE_BUSY_TIMEOUT}`);
}

/**
 * Opens the database of the plugin, with its tables up to date unless the operator keeps migrations to themselves.
 *
 * @throws InputError where the config is not valid
 */
export async function openDatabase(options: {
  database: DatabaseService;
  config: RootConfigService;
  logger: LoggerService;
}): Promise<IndexDatabase> {
  const knex = await options.database.getClient();
  if (knex.client.config.client === 'better-sqlite3') {
    await tuneSqlite(knex, options.config);
  }
  if (!options.database.migrations?.skip) {
    await migrateDatabase(knex);
  }
  return new IndexDatabase(knex, options.logger);
}
