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
  mockServices,
  type TestDatabaseId,
  type TestDatabases,
} from '@backstage/backend-test-utils';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import knexFactory, { type Knex } from 'knex';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createEmbeddedEngine,
  type EmbeddedEngineOptions,
} from '../engine/createEmbeddedEngine';
import { type Clock, systemClock } from '../host/clock';

/** A clock whose timers can be made to stop for good. */
class MortalClock implements Clock {
  #dead = false;

  now(): number {
    return systemClock.now();
  }

  after(milliseconds: number, callback: () => void): () => void {
    return systemClock.after(milliseconds, () => {
      if (!this.#dead) {
        callback();
      }
    });
  }

  die(): void {
    this.#dead = true;
  }
}

/** An engine that can be ended as kill -9 ends a process, as far as that can be had in one process. */
export interface CrashableEngine {
  readonly engine: WorkflowEngine;
  readonly knex: Knex;
  /** Cuts the engine off from its database and from time. */
  crash(): Promise<void>;
  /** Stops time for the engine, as SIGSTOP does; what it waits for from others still comes. */
  stall(): void;
  /** Ends the engine in order. */
  close(): Promise<void>;
}

/** A database that outlives the connections of engines. */
export interface LastingDatabase {
  open(): Knex;
  close(): Promise<void>;
}

/** A connection that is cut complains to the console. */
const silent = { warn() {}, error() {}, debug() {}, deprecate() {} };

/** A database for tests that open it more than once; SQLite is a file. */
export async function lastingDatabase(
  databases: TestDatabases,
  id: TestDatabaseId,
): Promise<LastingDatabase> {
  if (id === 'SQLITE_3') {
    const folder = await mkdtemp(path.join(tmpdir(), 'embedded-engine-'));
    return {
      open: () =>
        knexFactory({
          client: 'better-sqlite3',
          connection: { filename: path.join(folder, 'engine.sqlite') },
          useNullAsDefault: true,
          log: silent,
        }),
      close: () => rm(folder, { recursive: true, force: true }),
    };
  }
  const first = await databases.init(id);
  const { client, connection } = first.client.config;
  return {
    open: () =>
      knexFactory({
        client,
        connection,
        log: silent,
      }),
    close: async () => {},
  };
}

/** Ends the connections of a pool. Who asks for one while they are being ended would be answered only when that takes too long. */
async function cut(knex: Knex): Promise<void> {
  const { pool } = knex.client as {
    pool: { pendingAcquires: { abort(): void }[] };
  };
  await knex.destroy();
  pool.pendingAcquires.forEach(pending => pending.abort());
}

/** Opens an engine on a database. Its lease is short, so that a crash is found soon. */
export async function crashableEngine(
  database: LastingDatabase,
  options: Partial<EmbeddedEngineOptions> = {},
): Promise<CrashableEngine> {
  const knex = database.open();
  const clock = new MortalClock();
  const engine = await createEmbeddedEngine({
    knex,
    logger: mockServices.logger.mock(),
    clock,
    leaseMs: 300,
    pollMs: 50,
    ...options,
  });
  return {
    engine,
    knex,
    stall: () => clock.die(),
    crash: async () => {
      clock.die();
      await cut(knex);
      // Without its database it can store nothing any more; what is left is to end its processes.
      await engine.stop();
    },
    close: async () => {
      await engine.stop();
      clock.die();
      await knex.destroy();
    },
  };
}
