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

import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import type {
  EngineCall,
  EngineCapabilities,
  EngineDefinition,
  EngineDefinitions,
  EngineEvents,
  EngineLogEntry,
  EngineRun,
  EngineRunHistory,
  RunChange,
  RunChanges,
  RunState,
  StartRequest,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { FakeEvents } from './FakeEvents';
import { FakeHistory } from './FakeHistory';
import { FakeTroubles } from './FakeTroubles';
import { createFakeDefinitions } from './createFakeDefinitions';
import { toStoredDefinition } from './fakeDefinitions';
import { FakeRuns } from './FakeRuns';
import { FakeStorage, type FakeDefinition } from './FakeStorage';

/**
 * How a fake engine is made.
 *
 * @public
 */
export interface FakeEngineOptions {
  /** Default `fake`. */
  readonly id?: string;
  readonly definitions?: readonly FakeDefinition[];
  /** What differs from an engine that can do everything. */
  readonly capabilities?: Partial<EngineCapabilities>;
  /** Where it keeps its state; give the same again for an engine after a restart. */
  readonly storage?: FakeStorage;
  /** Milliseconds since the epoch; default the time of the machine. */
  readonly now?: () => number;
  /** Whether it keeps whose a run is; default yes. */
  readonly keepsProvenance?: boolean;
  /** As of any engine. */
  readonly startTimeout?: number;
  /** As of any engine. */
  readonly hasExclusiveFeed?: boolean;
  /** Whether it takes events from outside, tells what happens in runs, and deletes runs; default where it takes ids. */
  readonly keepsHistory?: boolean;
}

/**
 * A workflow engine in memory, for tests: its runs do what the scenario of their definition says, and it can be told to be
 * down, to be slow, to fail, and to lose an answer after the work was done. One that makes ids itself can lose runs.
 *
 * @public
 */
export class FakeEngine implements WorkflowEngine {
  readonly id: string;
  readonly capabilities: EngineCapabilities;
  readonly definitions?: EngineDefinitions;
  readonly startTimeout?: number;
  readonly hasExclusiveFeed?: boolean;
  readonly findStarted?: WorkflowEngine['findStarted'];
  readonly countRuns?: WorkflowEngine['countRuns'];
  readonly standings?: WorkflowEngine['standings'];
  readonly events?: EngineEvents;
  readonly history?: EngineRunHistory;
  readonly deleteRuns?: WorkflowEngine['deleteRuns'];
  /** What goes wrong. */
  readonly troubles = new FakeTroubles();
  /** The state that survives a restart. */
  readonly storage: FakeStorage;
  readonly #keepsProvenance: boolean;
  readonly #runs: FakeRuns;
  readonly #listeners = new Set<() => void>();

  constructor(options: FakeEngineOptions = {}) {
    this.id = options.id ?? 'fake';
    this.capabilities = {
      acceptsRunId: true,
      definitions: true,
      abort: true,
      retrigger: true,
      signal: true,
      logs: true,
      ...options.capabilities,
    };
    this.startTimeout = options.startTimeout;
    this.hasExclusiveFeed = options.hasExclusiveFeed;
    this.storage = options.storage ?? new FakeStorage();
    for (const definition of options.definitions ?? []) {
      this.setDefinition(definition);
    }
    this.#keepsProvenance = options.keepsProvenance ?? true;
    this.#runs = new FakeRuns({
      storage: this.storage,
      acceptsRunId: this.capabilities.acceptsRunId,
      now: options.now ?? Date.now,
      changed: () => this.#listeners.forEach(listener => listener()),
    });
    if (!this.capabilities.acceptsRunId) {
      this.findStarted = (starts, call) =>
        this.troubles.around('findStarted', call, () =>
          this.#runs.findStarted(starts),
        );
      this.countRuns = (ids, call) =>
        this.troubles.around('countRuns', call, () => this.#runs.count(ids));
      this.standings = (ids, call) =>
        this.troubles.around('standings', call, () =>
          this.#runs.standings(ids),
        );
    }
    if (options.keepsHistory ?? this.capabilities.acceptsRunId) {
      this.events = new FakeEvents(this.storage, this.troubles, this.#runs);
      this.history = new FakeHistory(this.storage, this.troubles);
      this.deleteRuns = (ids, call) =>
        this.troubles.around('deleteRuns', call, () => this.#runs.delete(ids));
    }
    if (this.capabilities.definitions) {
      this.definitions = createFakeDefinitions(this.storage, this.troubles);
    }
  }

  /** Adds or replaces a definition, as an operator would in a folder. */
  setDefinition(definition: FakeDefinition): void {
    this.storage.definitions.set(definition.id, toStoredDefinition(definition));
  }

  /** Takes a definition away, as an operator would from a folder. */
  removeDefinition(id: string): void {
    this.storage.definitions.delete(id);
  }

  /** Moves a run to another state by hand. */
  advance(runId: string, state: RunState): void {
    this.#runs.move(this.#runs.existing(runId), state);
  }

  /** Nothing goes on with a run any more, and the engine does not abort it: its row alone is left. */
  lose(runId: string): void {
    this.#runs.lose(this.#runs.existing(runId));
  }

  /** Takes a run away with its row, and tells nobody. */
  forget(runId: string): void {
    this.storage.runs.delete(runId);
  }

  /** Reports a change that the engine did not make, or makes again. */
  report(change: RunChange): void {
    this.#runs.report(change);
  }

  async listDefinitions(call: EngineCall): Promise<EngineDefinition[]> {
    return this.troubles.around('listDefinitions', call, () =>
      [...this.storage.definitions.values()].map(
        ({ definition }) => definition,
      ),
    );
  }

  async getDefinitionSource(id: string, call: EngineCall) {
    return this.troubles.around(
      'getDefinitionSource',
      call,
      () => this.storage.definitions.get(id)?.source,
    );
  }

  async start(
    request: StartRequest,
    call: EngineCall,
  ): Promise<{ id: string }> {
    return this.troubles.around('start', call, () => {
      const stored = this.storage.definitions.get(request.definitionId);
      if (!stored) {
        throw new NotFoundError(`No definition ${request.definitionId}`);
      }
      if (!stored.definition.available) {
        throw new ServiceUnavailableError('The definition is not available');
      }
      return this.#runs.start(stored, {
        ...request,
        provenance: this.#keepsProvenance ? request.provenance : undefined,
      });
    });
  }

  async get(runId: string, call: EngineCall): Promise<EngineRun | undefined> {
    return this.troubles.around(
      'get',
      call,
      () => this.storage.runs.get(runId)?.run,
    );
  }

  async getMany(
    runIds: readonly string[],
    call: EngineCall & { readonly dataBudget?: number },
  ): Promise<ReadonlyMap<string, EngineRun>> {
    return this.troubles.around('getMany', call, () => {
      const found = new Map<string, EngineRun>();
      let left = call.dataBudget ?? Infinity;
      for (const id of runIds) {
        const stored = this.storage.runs.get(id);
        if (!stored) continue;
        const { data, ...rest } = stored.run;
        left -= Buffer.byteLength(JSON.stringify(data));
        found.set(id, left < 0 ? rest : stored.run);
      }
      return found;
    });
  }

  async abort(runId: string, call: EngineCall): Promise<void> {
    return this.troubles.around('abort', call, () => this.#runs.abort(runId));
  }

  async retrigger(runId: string, call: EngineCall): Promise<void> {
    return this.troubles.around('retrigger', call, () =>
      this.#runs.retrigger(runId),
    );
  }

  async signal(
    runId: string,
    event: { name: string; data: JsonValue; id?: string },
    call: EngineCall,
  ): Promise<void> {
    return this.troubles.around('signal', call, () => {
      const { definitionId } = this.#runs.existing(runId).run;
      const { consumes } = this.storage.definitions.get(definitionId) ?? {};
      this.#runs.signal(runId, event, consumes);
    });
  }

  async logs(
    runId: string,
    call: EngineCall,
  ): Promise<readonly EngineLogEntry[] | undefined> {
    return this.troubles.around('logs', call, () => {
      const log = this.storage.runs.get(runId)?.log;
      return log && [...log];
    });
  }

  async health(call: EngineCall): Promise<void> {
    return this.troubles.around('health', call, () => {});
  }

  async changes(
    since: string | undefined,
    call: EngineCall & { limit: number },
  ): Promise<RunChanges> {
    return this.troubles.around('changes', call, () =>
      this.#runs.changes(since, call.limit),
    );
  }

  onChanges(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
  }
}

/**
 * Makes a fake engine.
 *
 * @public
 */
export function createFakeEngine(options?: FakeEngineOptions): FakeEngine {
  return new FakeEngine(options);
}
