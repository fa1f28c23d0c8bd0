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
import { isSqlite } from './database';

const MAX_TRIES = 5;

/** Two transactions waited for each other, or wanted the one place for writing: the one that was ended can simply be done again. */
const COLLISIONS = new Set(['40P01', '40001', 'SQLITE_BUSY_SNAPSHOT']);

function isCollision(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && COLLISIONS.has(code);
}

/**
 * A process may be stopped in the middle of a transaction, or its connection die: what it has locked is free again after this time.
 * A statement waits for the locks of others for less. Milliseconds.
 */
const BOUNDS =
  'set local idle_in_transaction_session_timeout = 10000; set local lock_timeout = 5000';

/**
 * How long a transaction may take. Its connection may be dead without anybody having noticed; what became of it is not known then,
 * as after any error on the way back. Milliseconds.
 */
const MAX_TIME_MS = 60_000;

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error('A transaction was not answered')),
      MAX_TIME_MS,
    );
    timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Does something in a transaction, and does it again where it collided with another. The work must change nothing else. */
export async function transact<T>(
  knex: Knex,
  work: (tx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  const isBounded = !isSqlite(knex);
  for (let tries = 1; ; tries += 1) {
    const done = knex.transaction(async tx => {
      if (isBounded) {
        await tx.raw(BOUNDS);
      }
      return work(tx);
    });
    try {
      return await (isBounded ? withinTime(done) : done);
    } catch (error) {
      if (tries >= MAX_TRIES || !isCollision(error)) {
        throw error;
      }
    }
  }
}
