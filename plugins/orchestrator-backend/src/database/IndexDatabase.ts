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
import type { Knex } from 'knex';
import { OrchestratorError } from '../errors/OrchestratorError';

/** Codes of failures after which the same transaction can succeed: deadlock, serialization, a row that came in between. */
const RETRYABLE = new Set([
  '40001',
  '40P01',
  '23505',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_UNIQUE',
]);

const ATTEMPTS = 4;

/** Seconds after which a caller may try again. */
const RETRY_AFTER = 5;

/**
 * The database of the plugin. Whatever it fails with becomes a 503: what reaches it was checked before, so that a failure
 * says something of the database and nothing of the request.
 */
export class IndexDatabase {
  readonly knex: Knex;
  readonly isPostgres: boolean;
  readonly #logger: LoggerService;

  constructor(knex: Knex, logger: LoggerService) {
    this.knex = knex;
    this.isPostgres = knex.client.config.client === 'pg';
    this.#logger = logger;
  }

  /** One statement, outside a transaction. */
  async run<T>(work: (knex: Knex) => Promise<T>): Promise<T> {
    try {
      return await work(this.knex);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** Works in a transaction, which is tried again where that can help; the work must do nothing but use it. */
  async transaction<T>(
    work: (trx: Knex.Transaction) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.knex.transaction(work);
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        if (attempt === ATTEMPTS || !RETRYABLE.has(String(code))) {
          throw this.#unavailable(error);
        }
      }
    }
  }

  #unavailable(error: unknown): OrchestratorError {
    if (error instanceof OrchestratorError) {
      return error;
    }
    // The message of a driver can hold the address of the server and the values of a statement; its code cannot.
    const { code, name } = error as { code?: unknown; name?: unknown };
    this.#logger.error(
      `The database of the orchestrator failed: ${String(code ?? name)}`,
    );
    return new OrchestratorError(
      'service.unavailable',
      'The database is not available',
      { retryAfter: RETRY_AFTER, cause: error },
    );
  }
}
