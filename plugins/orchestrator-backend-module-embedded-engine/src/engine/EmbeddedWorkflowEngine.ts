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
import { InputError, NotFoundError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import {
  type DefinitionSource,
  type DownstreamCredentials,
  type EngineCall,
  type EngineCapabilities,
  type EngineDefinition,
  type EngineDefinitions,
  type EngineEvents,
  type EngineLogEntry,
  type EngineRun,
  type EngineRunHistory,
  notStarted,
  type RunChanges,
  type StartRequest,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { checkEvent } from '../events/checkEvent';
import { isNestedTooDeeply, MAX_DEPTH } from '../interpreter/nesting';
import { guarded } from '../store/database';
import type { Outbox } from '../store/Outbox';
import type { RunDeletes } from '../store/RunDeletes';
import type { RunReader } from '../store/RunReader';
import type { DefinitionRegistry } from './DefinitionRegistry';
import { type RegistryEntry, toEngineDefinition } from './RegistryEntry';
import type { RunControl } from './RunControl';
import type { RunStarts } from './RunStarts';

/** @throws InputError where no run can work on an input */
function checkInput(input: JsonValue): void {
  if (isNestedTooDeeply(input)) {
    const message = `must not be nested deeper than ${MAX_DEPTH} levels`;
    throw Object.assign(new InputError(`The input ${message}`), {
      faults: [{ path: '', message }],
    });
  }
}

/** @throws InputError where a run of a workflow is not started by what a start brings */
function checkCause(entry: RegistryEntry, { event }: StartRequest): void {
  const definition = entry.compiled?.definition;
  if (definition !== undefined && definition.startsByEvent !== !!event) {
    throw notStarted(
      new InputError(
        definition.startsByEvent
          ? `The workflow ${entry.id} is started by an event, and by nothing else`
          : `The workflow ${entry.id} is not started by events`,
      ),
    );
  }
}

/** What goes on beside the calls to the engine. */
export interface Background {
  begin(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** What the engine is made of. */
export interface EmbeddedWorkflowEngineParts {
  readonly knex: Knex;
  readonly logger: LoggerService;
  readonly starts: RunStarts;
  readonly control: RunControl;
  readonly deletes: RunDeletes;
  readonly reader: RunReader;
  readonly outbox: Outbox;
  readonly registry: DefinitionRegistry;
  readonly definitions: EngineDefinitions;
  readonly events: EngineEvents;
  readonly history: EngineRunHistory;
  readonly background: Background;
  /** Bytes that an event may have. */
  readonly eventBytes: number;
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
    signal: true,
    logs: true,
  };
  readonly definitions: EngineDefinitions;
  readonly events: EngineEvents;
  readonly history: EngineRunHistory;
  readonly #parts: EmbeddedWorkflowEngineParts;

  constructor(parts: EmbeddedWorkflowEngineParts) {
    this.#parts = parts;
    this.definitions = parts.definitions;
    this.events = parts.events;
    this.history = parts.history;
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
    call: EngineCall & { readonly downstream?: DownstreamCredentials },
  ): Promise<{ id: string }> {
    call.abortSignal?.throwIfAborted();
    const { eventBytes, registry, starts } = this.#parts;
    return this.#guarded(async () => {
      checkInput(request.input);
      const entry = await registry.find(request.definitionId);
      if (entry === undefined) {
        throw new NotFoundError(`There is no workflow ${request.definitionId}`);
      }
      checkCause(entry, request);
      await starts.start({
        entry,
        runId: request.runId,
        input: request.input,
        provenance: request.provenance,
        event: request.event && checkEvent(request.event, eventBytes),
        isAskedFor: true,
        authTokens: call.downstream?.authTokens,
      });
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
    await this.#guarded(() => this.#parts.control.abort(runId));
    this.#changed();
  }

  async retrigger(
    runId: string,
    call: EngineCall & { readonly downstream?: DownstreamCredentials },
  ): Promise<void> {
    call.abortSignal?.throwIfAborted();
    await this.#guarded(() =>
      this.#parts.control.retrigger(runId, call.downstream?.authTokens ?? []),
    );
    this.#changed();
  }

  async signal(
    runId: string,
    event: { name: string; data: JsonValue; id?: string },
    call: EngineCall,
  ): Promise<void> {
    call.abortSignal?.throwIfAborted();
    await this.#guarded(() => this.#parts.control.signal(runId, event));
  }

  async deleteRuns(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<readonly string[]> {
    call.abortSignal?.throwIfAborted();
    const { deletes } = this.#parts;
    return this.#guarded(() => deletes.delete(runIds));
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
    const { background, registry } = this.#parts;
    await registry.load();
    await background.begin();
  }

  async stop(): Promise<void> {
    await this.#parts.background.stop();
    this.#parts.listeners.clear();
  }

  #guarded<T>(work: () => Promise<T>): Promise<T> {
    return guarded(this.#parts.logger, work);
  }

  #changed(): void {
    this.#parts.listeners.forEach(listener => listener());
  }
}
