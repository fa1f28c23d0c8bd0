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

import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  InputError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { Knex } from 'knex';
import type { EmbeddedEngineConfig } from '../config/EngineConfig';
import { describeError } from '../host/describeError';
import { packagePath } from '../packagePath';

/** Whether the database is SQLite; else it is PostgreSQL. */
export function isSqlite(knex: Knex): boolean {
  return /sqlite/i.test(String(knex.client.config.client));
}

/** The clock of the database, in milliseconds since the epoch. */
export function databaseTime(knex: Knex): Knex.Raw {
  return isSqlite(knex)
    ? knex.raw(
        `CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
      )
    : knex.raw(`CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`);
}

/** Brings the tables of the engine up to date, and SQLite into the mode that the engine is made for. */
export async function prepareDatabase(
  knex: Knex,
  options: {
    readonly skipMigrations: boolean;
    readonly synchronous: EmbeddedEngineConfig['synchronous'];
  },
): Promise<void> {
  if (isSqlite(knex)) {
    await knex.raw('PRAGMA journal_mode = WAL');
    await knex.raw(
      options.synchronous === 'full'
        ? 'PRAGMA synchronous = FULL'
        : 'PRAGMA synchronous = NORMAL',
    );
    await knex.raw('PRAGMA busy_timeout = 5000');
  }
  if (!options.skipMigrations) {
    await knex.migrate.latest({
      directory: packagePath('migrations'),
      tableName: 'embedded_engine_knex_migrations',
    });
  }
}

/** Errors of the engine's own, which callers may see as they are. */
function isOwn(error: unknown): boolean {
  return (
    error instanceof NotFoundError ||
    error instanceof ConflictError ||
    error instanceof InputError ||
    error instanceof ServiceUnavailableError ||
    (error instanceof Error && error.name === 'AbortError')
  );
}

/**
 * Does something with the database. What went wrong is logged, not thrown: it may hold an address or the data of a run.
 *
 * @throws ServiceUnavailableError where the database does not answer
 */
export async function guarded<T>(
  logger: LoggerService,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOwn(error)) {
      throw error;
    }
    logger.warn(
      `The embedded engine cannot do its work: ${describeError(error)}`,
    );
    throw new ServiceUnavailableError(
      'The database of the embedded engine does not answer',
    );
  }
}
