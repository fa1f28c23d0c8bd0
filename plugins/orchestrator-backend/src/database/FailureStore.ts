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

import { boundStatement } from './boundStatement';
import type { IndexDatabase } from './IndexDatabase';

const FAILURES = 'orchestrator_auth_failures';

/** How long a statement may take; milliseconds. */
const STATEMENT_TIME = 5_000;

/** The failures of one caller that one replica counted. */
export interface StoredFailures {
  /** Who failed. */
  readonly subject: string;
  readonly replica: string;
  /** Milliseconds since the epoch, the oldest first. */
  readonly times: readonly number[];
  /** When the newest of them no longer counts. */
  readonly endsAt: number;
}

/**
 * What the replicas tell each other of failed credentials. Each replica writes rows of its own only, so that none waits
 * for another. It fails with the error of the database driver, and the caller says what to log: in a flood every
 * statement may fail.
 */
export class FailureStore {
  readonly #database: IndexDatabase;

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  /** What all replicas counted of some callers. */
  async read(subjects: readonly string[]): Promise<StoredFailures[]> {
    const records: Array<Record<string, unknown>> = await boundStatement(
      this.#database,
      this.#database
        .knex(FAILURES)
        .whereIn('subject', [...subjects])
        .select('subject', 'replica', 'times', 'ends_at'),
      STATEMENT_TIME,
    );
    return records.map(record => ({
      subject: String(record.subject),
      replica: String(record.replica),
      times: JSON.parse(String(record.times)),
      endsAt: Number(record.ends_at),
    }));
  }

  /**
   * Writes what one replica counted, in place of what it wrote of the same callers before.
   *
   * @param rows - 200 at most, one per caller
   */
  async write(rows: readonly StoredFailures[]): Promise<void> {
    await boundStatement(
      this.#database,
      this.#database
        .knex(FAILURES)
        .insert(
          rows.map(row => ({
            subject: row.subject,
            replica: row.replica,
            times: JSON.stringify(row.times),
            ends_at: row.endsAt,
          })),
        )
        .onConflict(['subject', 'replica'])
        .merge(),
      STATEMENT_TIME,
    );
  }

  /** Removes the rows whose failures no longer count, of all replicas. */
  async deleteEnded(now: number): Promise<void> {
    const { knex, isPostgres } = this.#database;
    const ended = knex(FAILURES)
      .where('ends_at', '<=', now)
      .select('subject', 'replica');
    if (isPostgres) {
      // It waits for nobody, and so cannot deadlock with replicas that write their rows anew.
      void ended.forUpdate().skipLocked();
    }
    await boundStatement(
      this.#database,
      knex(FAILURES).whereIn(['subject', 'replica'], ended).delete(),
      STATEMENT_TIME,
    );
  }
}
