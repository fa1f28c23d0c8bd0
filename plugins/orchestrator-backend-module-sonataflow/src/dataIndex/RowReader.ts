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
import type { JsonObject, JsonValue } from '@backstage/types';
import type { DataIndexCall, DataIndexClient } from './DataIndexClient';
import type { ReadRow } from './readRows';

/** Asks a Data Index for rows and counts, and checks what it answers. Rows that cannot be are passed over, with one warning. */
export class RowReader {
  readonly #client: DataIndexClient;
  readonly #logger: LoggerService;
  #hasWarned = false;

  constructor(client: DataIndexClient, logger: LoggerService) {
    this.#client = client;
    this.#logger = logger;
  }

  /**
   * Asks for rows.
   *
   * @param field - of the answer
   * @throws EngineAnswerError where there is no list of rows in the answer
   */
  async rows(
    field: 'ProcessDefinitions' | 'ProcessInstances',
    document: string,
    variables: JsonObject,
    call: DataIndexCall,
  ): Promise<JsonValue[]> {
    const data = await this.#client.query(document, variables, call);
    const rows = data[field];
    if (!Array.isArray(rows)) throw this.#client.badAnswer();
    return rows;
  }

  /** @throws EngineAnswerError where a value is no count */
  count(value: JsonValue | undefined): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
      return value;
    throw this.#client.badAnswer();
  }

  /** The rows that can be. */
  read<T>(values: readonly JsonValue[], read: ReadRow<T>): T[] {
    const rows: T[] = [];
    for (const value of values) {
      const row = read(value);
      if (row !== undefined) rows.push(row);
    }
    if (rows.length < values.length && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#logger.warn(
        `${
          this.#client.name
        } tells of runs or workflows that cannot be; they are passed over`,
      );
    }
    return rows;
  }
}
