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
import type { JsonObject } from '@backstage/types';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { RegistryEntry } from '../../engine/RegistryEntry';
import type { WorkflowDefinition } from '../../language/Definition';
import { DefinitionFaultsError } from '../../language/readDefinition';
import type { JqWorker } from '../../jq/JqWorker';
import { compile } from '../../__testUtils__/compile';
import { correlationRows } from '../correlation';

/** An event for tests. */
export function anEvent(given: Partial<EngineEvent> = {}): EngineEvent {
  return { id: '1', source: '/test', type: 'paid', extensions: {}, ...given };
}

/** A definition that is started by events of a type, and then waits for another of them. */
export function waiter(
  id: string,
  options: {
    readonly starts?: string;
    readonly waits?: JsonObject;
    readonly startEvent?: JsonObject;
    readonly workspace?: string;
  } = {},
): JsonObject {
  const { startEvent = {}, starts, waits = {}, workspace } = options;
  const wait = {
    name: 'Wait',
    type: 'event',
    onEvents: [{ eventRefs: ['waited'] }],
    end: true,
  };
  const begin = {
    name: 'Begin',
    type: 'event',
    onEvents: [{ eventRefs: ['begun'] }],
    transition: 'Wait',
  };
  return {
    id,
    name: id,
    version: '1.0',
    specVersion: '0.8',
    ...(workspace === undefined ? {} : { metadata: { workspace } }),
    start: starts === undefined ? 'First' : 'Begin',
    events: [
      { name: 'waited', kind: 'consumed', type: 'paid', ...waits },
      ...(starts === undefined
        ? []
        : [{ name: 'begun', kind: 'consumed', type: starts, ...startEvent }]),
    ],
    states: [
      ...(starts === undefined
        ? [{ name: 'First', type: 'inject', data: {}, transition: 'Wait' }]
        : [begin]),
      wait,
    ],
  };
}

/** Definitions as a registry has them, by texts that a test gives. */
export class TestRegistry {
  readonly #evaluator: JqWorker;
  readonly #entries = new Map<string, RegistryEntry>();
  generation = 0;
  /** How often all were asked for. */
  lists = 0;

  constructor(evaluator: JqWorker) {
    this.#evaluator = evaluator;
  }

  /** Adds a definition; its hash is its id. */
  async add(document: JsonObject): Promise<WorkflowDefinition> {
    const compiled = await compile(this.#evaluator, document);
    const { id, name, version, workspace } = compiled.definition;
    this.#entries.set(id, {
      id,
      name,
      version,
      workspace,
      source: { source: '', format: 'json', defaultWorkspace: 'default' },
      hash: id,
      origin: 'http',
      compiled,
    });
    return compiled.definition;
  }

  async list(): Promise<RegistryEntry[]> {
    this.lists += 1;
    return [...this.#entries.values()];
  }

  async byHash(hash: string): Promise<WorkflowDefinition> {
    const definition = this.#entries.get(hash)?.compiled?.definition;
    if (definition === undefined) {
      throw new DefinitionFaultsError([{ path: '', message: 'it is gone' }]);
    }
    return definition;
  }
}

/** Stores a run as the engine would. */
export async function storeRun(
  knex: Knex,
  definition: WorkflowDefinition,
  id: string,
  options: {
    readonly status?: string;
    readonly correlation?: { readonly [attribute: string]: string };
    readonly depth?: number;
    readonly provenance?: JsonObject | null;
  } = {},
): Promise<void> {
  const { correlation, depth = 0, provenance, status = 'ACTIVE' } = options;
  await knex('embedded_runs').insert({
    id,
    definition_id: definition.id,
    definition_hash: definition.id,
    version: definition.version,
    status,
    rev: 1,
    started_at: 0,
    state: '{}',
    data: '{}',
    input: '{}',
    depth,
    provenance:
      provenance === null
        ? null
        : JSON.stringify(
            provenance ?? {
              initiator: 'user:default/ann',
              workspace: definition.workspace,
            },
          ),
  });
  for (const row of correlationRows(definition, id, correlation)) {
    await knex('embedded_correlations').insert(row);
  }
}
