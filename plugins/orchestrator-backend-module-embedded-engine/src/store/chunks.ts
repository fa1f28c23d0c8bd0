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

/** SQLite takes a limited number of values in a statement. */
const CHUNK = 100;

/** Cuts a list into parts that a statement can take. */
export function chunks<T>(items: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < items.length; i += CHUNK) {
    result.push(items.slice(i, i + CHUNK));
  }
  return result;
}

/** Inserts rows, however many. */
export async function insertAll(
  tx: Knex.Transaction,
  table: string,
  rows: readonly object[],
): Promise<void> {
  for (const part of chunks(rows)) {
    await tx(table).insert(part);
  }
}

/** Inserts rows, however many; one that is there already takes the new values. */
export async function upsertAll(
  tx: Knex.Transaction,
  table: string,
  key: readonly string[],
  rows: readonly object[],
): Promise<void> {
  for (const part of chunks(rows)) {
    await tx(table)
      .insert(part)
      .onConflict([...key] as never)
      .merge();
  }
}
