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

import type { JsonValue } from '@backstage/types';
import type {
  DefinitionSource,
  EngineCall,
  EngineCapabilities,
  EngineDefinition,
  EngineLogEntry,
  EngineRun,
  RunChanges,
  RunStanding,
  StartRequest,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { ChangeFeed } from '../dataIndex/ChangeFeed';
import type { DataIndex } from '../dataIndex/DataIndex';
import type { Definitions } from './Definitions';
import type { Losses } from './Losses';
import type { RunEndings } from './RunEndings';
import type { RunReader } from './RunReader';
import type { RunSignals } from './RunSignals';
import type { RunStarts, SoughtStart, StartCall } from './RunStarts';

/** What the caller of a start is told after its time-out comes from here, and not from who waits for us; milliseconds. */
const MARGIN = 2_000;

/** What a {@link SonataFlowEngine} is made of. */
export interface SonataFlowParts {
  readonly id: string;
  readonly dataIndex: DataIndex;
  readonly definitions: Definitions;
  readonly starts: RunStarts;
  readonly reader: RunReader;
  readonly endings: RunEndings;
  readonly signals: RunSignals;
  readonly losses: Losses;
  readonly feed: ChangeFeed;
  /** Milliseconds. */
  readonly startTimeout: number;
  readonly hasEvents: boolean;
  /** Ends all connections. */
  close(): void;
}

/** SonataFlow as a workflow engine: one Data Index, and the workflow runtimes that it names. */
export class SonataFlowEngine implements WorkflowEngine {
  readonly id: string;
  readonly capabilities: EngineCapabilities;
  readonly startTimeout: number;
  readonly hasExclusiveFeed = true;
  readonly #parts: SonataFlowParts;

  constructor(parts: SonataFlowParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.startTimeout = parts.startTimeout + MARGIN;
    this.capabilities = {
      acceptsRunId: false,
      definitions: false,
      abort: true,
      retrigger: true,
      signal: parts.hasEvents,
      logs: false,
    };
  }

  async listDefinitions(call: EngineCall): Promise<EngineDefinition[]> {
    return this.#parts.definitions.list(call.abortSignal);
  }

  async getDefinitionSource(
    id: string,
    call: EngineCall,
  ): Promise<DefinitionSource | undefined> {
    return this.#parts.definitions.source(id, call.abortSignal);
  }

  async start(request: StartRequest, call: StartCall): Promise<{ id: string }> {
    return { id: await this.#parts.starts.start(request, call) };
  }

  async findStarted(
    starts: readonly SoughtStart[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, string>> {
    return this.#parts.starts.find(starts, call);
  }

  async get(runId: string, call: EngineCall): Promise<EngineRun | undefined> {
    return this.#parts.reader.get(runId, call);
  }

  async getMany(
    runIds: readonly string[],
    call: EngineCall & { readonly dataBudget?: number },
  ): Promise<ReadonlyMap<string, EngineRun>> {
    const { dataBudget = Infinity } = call;
    return this.#parts.reader.getMany(runIds, dataBudget, call);
  }

  async abort(runId: string, call: EngineCall): Promise<void> {
    return this.#parts.endings.abort(runId, call);
  }

  async retrigger(runId: string, call: StartCall): Promise<void> {
    return this.#parts.endings.retrigger(runId, call);
  }

  async signal(
    runId: string,
    event: { readonly name: string; readonly data: JsonValue },
    call: EngineCall,
  ): Promise<void> {
    return this.#parts.signals.signal(runId, event, call);
  }

  /** SonataFlow keeps no logs; see the log providers of the plugin. */
  async logs(
    runId: string,
    call: EngineCall,
  ): Promise<EngineLogEntry[] | undefined> {
    const found = await this.#parts.dataIndex.existing([runId], call);
    return found.has(runId) ? [] : undefined;
  }

  async health(call: EngineCall): Promise<void> {
    await this.#parts.dataIndex.ping(call);
  }

  async changes(
    since: string | undefined,
    call: EngineCall & { readonly limit: number },
  ): Promise<RunChanges> {
    return this.#parts.feed.changes(since, call.limit, call);
  }

  async countRuns(
    definitionIds: readonly string[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, number>> {
    return this.#parts.dataIndex.countByProcess(definitionIds, call);
  }

  async standings(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, RunStanding>> {
    return this.#parts.losses.standings(runIds, call);
  }

  async stop(): Promise<void> {
    this.#parts.close();
  }
}
