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
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import type {
  DefinitionSource,
  EngineCall,
  EngineCapabilities,
  EngineDefinition,
  EngineDefinitions,
  EngineLogEntry,
  EngineRun,
  RunChanges,
  StartRequest,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { EngineHost } from '../host/EngineHost';
import type { StepContext } from '../interpreter/Run';
import { isNestedTooDeeply, MAX_DEPTH } from '../interpreter/nesting';
import { initialState } from '../interpreter/RunState';
import { retriggered } from '../interpreter/step';
import type { JqWorker } from '../jq/JqWorker';
import type { WorkflowDefinition } from '../language/Definition';
import { DefinitionFaultsError } from '../language/readDefinition';
import { guarded } from '../store/database';
import type { Outbox } from '../store/Outbox';
import type { RunReader } from '../store/RunReader';
import type { RunStore } from '../store/RunStore';
import type { DefinitionRegistry } from './DefinitionRegistry';
import { toEngineDefinition } from './RegistryEntry';

/** @throws InputError where no run can work on an input */
function checkInput(input: JsonValue): void {
  if (isNestedTooDeeply(input)) {
    const message = `must not be nested deeper than ${MAX_DEPTH} levels`;
    throw Object.assign(new InputError(`The input ${message}`), {
      faults: [{ path: '', message }],
    });
  }
}

/** What the engine is made of. */
export interface EmbeddedWorkflowEngineParts {
  readonly knex: Knex;
  readonly logger: LoggerService;
  readonly runs: RunStore;
  readonly reader: RunReader;
  readonly outbox: Outbox;
  readonly host: EngineHost;
  readonly registry: DefinitionRegistry;
  readonly definitions: EngineDefinitions;
  readonly evaluator: JqWorker;
  readonly context: Omit<StepContext, 'runId'>;
  /** Called after a state of a run has changed, by this process. */
  readonly listeners: Set<() => void>;
}

/** The engine that runs workflows in the backend, on the plugin's own database. */
export class EmbeddedWorkflowEngine implements WorkflowEngine {
  readonly id = 'embedded';
  readonly capabilities: EngineCapabilities = {
    acceptsRunId: true,
    definitions: true,
    abort: true,
    retrigger: true,
    signal: false,
    logs: true,
  };
  readonly definitions: EngineDefinitions;
  readonly #parts: EmbeddedWorkflowEngineParts;

  constructor(parts: EmbeddedWorkflowEngineParts) {
    this.#parts = parts;
    this.definitions = parts.definitions;
  }

  async listDefinitions(
    call: EngineCall,
  ): Promise<readonly EngineDefinition[]> {
    call.abortSignal?.throwIfAborted();
    return this.#guarded(async () =>
      (await this.#parts.registry.list()).map(toEngineDefinition),
    );
  }

  async getDefinitionSource(
    id: string,
    call: EngineCall,
  ): Promise<DefinitionSource | undefined> {
    call.abortSignal?.throwIfAborted();
    return this.#guarded(
      async () => (await this.#parts.registry.find(id))?.source,
    );
  }

  async start(
    request: StartRequest,
    call: EngineCall,
  ): Promise<{ id: string }> {
    call.abortSignal?.throwIfAborted();
    const { context, host, registry, runs } = this.#parts;
    return this.#guarded(async () => {
      checkInput(request.input);
      const entry = await registry.find(request.definitionId);
      if (entry === undefined) {
        throw new NotFoundError(`There is no workflow ${request.definitionId}`);
      }
      if (entry.compiled === undefined) {
        throw new ConflictError(
          `The workflow ${entry.id} cannot run: ${entry.reason}`,
        );
      }
      const { definition } = entry.compiled;
      await registry.keep(entry);
      const owner = await host.owner();
      const state = initialState(definition.start, request.input);
      const run = {
        id: request.runId,
        definitionId: definition.id,
        definitionHash: entry.hash,
      };
      const inserted = await runs.insert(
        {
          ...run,
          version: definition.version.slice(0, 255),
          state,
          provenance: request.provenance,
          now: context.now(),
        },
        owner,
      );
      if (inserted) {
        host.accept({ ...run, rev: 1, state, attempts: 0 }, owner);
      }
      return { id: request.runId };
    });
  }

  async get(runId: string, call: EngineCall): Promise<EngineRun | undefined> {
    call.abortSignal?.throwIfAborted();
    return this.#guarded(() => this.#parts.reader.get(runId));
  }

  async getMany(
    runIds: readonly string[],
    call: EngineCall & { readonly dataBudget?: number },
  ): Promise<ReadonlyMap<string, EngineRun>> {
    call.abortSignal?.throwIfAborted();
    const { dataBudget } = call;
    return this.#guarded(() =>
      this.#parts.reader.getMany(runIds, { dataBudget }),
    );
  }

  async abort(runId: string, call: EngineCall): Promise<void> {
    call.abortSignal?.throwIfAborted();
    const { context, host, runs } = this.#parts;
    const result = await this.#guarded(() => runs.abort(runId, context.now()));
    if (result === undefined) {
      throw new NotFoundError(`There is no run ${runId}`);
    }
    if (!result.aborted) {
      throw new ConflictError(`The run ${runId} has ended: ${result.status}`);
    }
    host.drop(runId);
    this.#changed();
  }

  async retrigger(runId: string, call: EngineCall): Promise<void> {
    call.abortSignal?.throwIfAborted();
    const { context, host, runs } = this.#parts;
    await this.#guarded(async () => {
      const run = await runs.load(runId);
      if (run === undefined) {
        throw new NotFoundError(`There is no run ${runId}`);
      }
      const owner = await host.owner();
      const conflict = () =>
        new ConflictError(`The run ${runId} is not in error`);
      if (run.state.status !== 'ERROR') {
        throw conflict();
      }
      const definition = await this.#definitionOf(run.definitionHash);
      const { records, state } = retriggered(definition, run.state, {
        ...context,
        runId,
      });
      const stored = await runs.commit({
        id: runId,
        rev: run.rev,
        owner: null,
        before: 'ERROR',
        state,
        records: [records],
        results: [],
        nextOwner: owner,
        now: context.now(),
      });
      if (!stored) {
        throw conflict();
      }
      host.accept({ ...run, rev: run.rev + 1, state, attempts: 0 }, owner);
    });
    this.#changed();
  }

  async signal(
    runId: string,
    _event: { name: string; data: JsonValue },
    call: EngineCall,
  ): Promise<void> {
    if ((await this.get(runId, call)) === undefined) {
      throw new NotFoundError(`There is no run ${runId}`);
    }
    throw new ConflictError(`The run ${runId} waits for no event`);
  }

  async logs(
    runId: string,
    call: EngineCall,
  ): Promise<readonly EngineLogEntry[] | undefined> {
    call.abortSignal?.throwIfAborted();
    return this.#guarded(() => this.#parts.reader.logs(runId));
  }

  async health(call: EngineCall): Promise<void> {
    call.abortSignal?.throwIfAborted();
    await this.#guarded(async () => {
      await this.#parts.knex('embedded_owners').first('id');
    });
  }

  async changes(
    since: string | undefined,
    call: EngineCall & { limit: number },
  ): Promise<RunChanges> {
    call.abortSignal?.throwIfAborted();
    return this.#guarded(() => this.#parts.outbox.changes(since, call.limit));
  }

  onChanges(listener: () => void): () => void {
    this.#parts.listeners.add(listener);
    return () => {
      this.#parts.listeners.delete(listener);
    };
  }

  async begin(): Promise<void> {
    await this.#parts.registry.load();
    await this.#parts.host.begin();
  }

  async stop(): Promise<void> {
    await this.#parts.host.stop();
    await this.#parts.evaluator.stop();
    this.#parts.listeners.clear();
  }

  /** A definition that can no longer run is a conflict, not a fault of the engine. */
  async #definitionOf(hash: string): Promise<WorkflowDefinition> {
    try {
      return await this.#parts.registry.byHash(hash);
    } catch (error) {
      if (error instanceof DefinitionFaultsError) {
        throw new ConflictError(
          `The definition of the run cannot run any more: ${error.message}`,
        );
      }
      throw error;
    }
  }

  #guarded<T>(work: () => Promise<T>): Promise<T> {
    return guarded(this.#parts.logger, work);
  }

  #changed(): void {
    this.#parts.listeners.forEach(listener => listener());
  }
}
