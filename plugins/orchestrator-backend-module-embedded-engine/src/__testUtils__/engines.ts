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
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { JsonObject, JsonValue } from '@backstage/types';
import type {
  EngineRun,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import {
  createEmbeddedEngine,
  type EmbeddedEngineOptions,
} from '../engine/createEmbeddedEngine';

/** Who asks in tests. */
export const call = { caller: 'user:default/test' };

/** The databases on which stores are tested. */
const DATABASES: TestDatabaseId[] = ['SQLITE_3', 'POSTGRES_15'];

/** Databases for the tests of a file. */
export function testDatabases(): TestDatabases {
  return TestDatabases.create({ ids: DATABASES });
}

/** An engine on a database, quick to find what others left. */
export async function testEngine(
  knex: Knex,
  options: Partial<EmbeddedEngineOptions> = {},
): Promise<WorkflowEngine> {
  return createEmbeddedEngine({
    knex,
    logger: mockServices.logger.mock(),
    pollMs: 50,
    ...options,
  });
}

/** Starts a run. */
export async function start(
  engine: WorkflowEngine,
  definitionId: string,
  input: JsonObject = {},
  runId: string = randomUUID(),
): Promise<string> {
  const { id } = await engine.start(
    {
      definitionId,
      runId,
      input,
      provenance: { initiator: 'user:default/test', workspace: 'default' },
    },
    call,
  );
  return id;
}

/** Waits until a run is as wanted. */
export async function until(
  engine: WorkflowEngine,
  runId: string,
  wanted: (run: EngineRun) => boolean,
): Promise<EngineRun> {
  for (;;) {
    const found = await engine.get(runId, call);
    if (found !== undefined && wanted(found)) {
      return found;
    }
    await new Promise(resolve => {
      setTimeout(resolve, 10);
    });
  }
}

/** Waits until a run is no longer active. */
export function ended(
  engine: WorkflowEngine,
  runId: string,
): Promise<EngineRun> {
  return until(engine, runId, found => found.state !== 'ACTIVE');
}

/** Registers a definition that is given as JSON. */
export async function register(
  engine: WorkflowEngine,
  definition: { [key: string]: unknown },
): Promise<void> {
  const complete = {
    version: '1.0',
    specVersion: '0.8',
    name: definition.id,
    ...definition,
  };
  await engine.definitions!.create(
    { source: JSON.stringify(complete), format: 'json' },
    call,
  );
}

/** Starts a run and waits for its end. */
export async function run(
  engine: WorkflowEngine,
  definitionId: string,
  input: JsonObject = {},
): Promise<{ state: string; data?: JsonValue; error?: string }> {
  const { data, error, state } = await ended(
    engine,
    await start(engine, definitionId, input),
  );
  return {
    state,
    data,
    ...(error === undefined ? {} : { error: error.message }),
  };
}
