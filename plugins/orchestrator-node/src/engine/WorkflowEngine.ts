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

import type { JsonObject, JsonValue } from '@backstage/types';
import type { DownstreamCredentials, EngineCall } from './EngineCall';
import type {
  EngineEvent,
  EngineEvents,
  EngineRunHistory,
} from './EngineEvents';
import type {
  EngineLogEntry,
  EngineRun,
  RunChanges,
  RunProvenance,
  RunStanding,
} from './EngineRun';

/**
 * What an engine can do beside starting and reading runs.
 *
 * @public
 */
export interface EngineCapabilities {
  /**
   * The engine takes `runId` of a start as the id of the run, and a second start with the same id changes nothing.
   * An engine without it makes the ids itself.
   */
  readonly acceptsRunId: boolean;
  /** Definitions can be registered, replaced and deleted. */
  readonly definitions: boolean;
  readonly abort: boolean;
  readonly retrigger: boolean;
  readonly signal: boolean;
  readonly logs: boolean;
}

/**
 * A workflow as its engine knows it now.
 *
 * @public
 */
export interface EngineDefinition {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  readonly format: 'yaml' | 'json';
  /** The workspace that the definition belongs to; `default` where it names none. */
  readonly workspace: string;
  /** Where the definition comes from; only those of kind `http` can be changed over HTTP. */
  readonly origin: 'folder' | 'http' | 'remote';
  /** JSON Schema draft 7 of the input. */
  readonly inputSchema?: JsonObject;
  /** False where the definition says `failOnValidationErrors: false`: faults of the input do not refuse a start. */
  readonly failOnValidationErrors: boolean;
  /** False where a run cannot be started now. */
  readonly available: boolean;
  /** Why not, in words that may be shown to callers. */
  readonly unavailableReason?: string;
  /** A run is started by an event only; a start without one is refused. */
  readonly startsByEvent?: boolean;
}

/**
 * A start of a run.
 *
 * @public
 */
export interface StartRequest {
  readonly definitionId: string;
  /** The id for the run, used where the engine's capabilities have `acceptsRunId`. */
  readonly runId: string;
  /** The input, validated against the definition's schema before. */
  readonly input: JsonObject;
  readonly provenance: RunProvenance;
  /** The event that starts the run, where the engine has `events`; `input` is empty then. */
  readonly event?: EngineEvent;
}

/**
 * What became of a definition that was registered.
 *
 * @public
 */
export interface RegisteredDefinition {
  readonly id: string;
  readonly version: string;
  readonly workspace: string;
  readonly warnings: readonly string[];
}

/**
 * The text of a definition.
 *
 * @public
 */
export interface DefinitionSource {
  readonly source: string;
  readonly format: 'yaml' | 'json';
}

/**
 * The part of an engine that keeps definitions which come over HTTP. Who may do so was decided before.
 *
 * @public
 */
export interface EngineDefinitions {
  /**
   * Reads a definition and checks that it can run, without storing it.
   *
   * @throws InputError that names each unsupported feature and where it is, with the faults as `faults: {path, message}[]`
   */
  check(
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition>;
  /**
   * Stores a definition that is new.
   *
   * @throws ConflictError where the id is taken, InputError as `check`
   */
  create(
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition>;
  /**
   * Replaces a definition. Runs under way keep the definition with which they started.
   *
   * @throws NotFoundError where there is none, ConflictError where it comes from a folder, InputError as `check`
   */
  replace(
    id: string,
    definition: DefinitionSource,
    call: EngineCall,
  ): Promise<RegisteredDefinition>;
  /**
   * Deletes a definition. Runs under way go on.
   *
   * @throws NotFoundError where there is none, ConflictError where it comes from a folder
   */
  delete(id: string, call: EngineCall): Promise<void>;
}

/**
 * What runs workflows. An engine knows nothing of tokens, scopes or HTTP routes: whoever calls it has decided before that the
 * call may be made. Every method may throw ServiceUnavailableError where the engine, or what it stands on, does not answer.
 *
 * @public
 */
export interface WorkflowEngine {
  /** Unique among the engines of a backend; stored with each run. */
  readonly id: string;
  readonly capabilities: EngineCapabilities;
  /** How long a start may take, where it may take longer than other calls; milliseconds. */
  readonly startTimeout?: number;
  /** One replica at a time asks for changes, since each question costs an upstream of the engine. */
  readonly hasExclusiveFeed?: boolean;

  /** All definitions, those that cannot run now included. */
  listDefinitions(call: EngineCall): Promise<readonly EngineDefinition[]>;
  /** The text of a definition, or undefined where there is none. */
  getDefinitionSource(
    id: string,
    call: EngineCall,
  ): Promise<DefinitionSource | undefined>;
  /** Present where the capabilities have `definitions`. */
  readonly definitions?: EngineDefinitions;

  /**
   * Starts a run and answers once it is durable, not when it has ended.
   *
   * @throws NotFoundError where there is no such definition; any error marked by `notStarted` where it is certain that there is
   *   no run; after all others there may be one, which `findStarted` or the changes tell of
   */
  start(
    request: StartRequest,
    call: EngineCall & { readonly downstream?: DownstreamCredentials },
  ): Promise<{ id: string }>;
  /**
   * The ids of runs by the `runId` of the starts that made them; those of which the engine has no run are left out. A run of
   * another definition is never that of a start, whatever it carries: one event can start several. Present where the engine makes
   * ids itself.
   */
  findStarted?(
    starts: readonly Pick<StartRequest, 'runId' | 'definitionId'>[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, string>>;
  /** A run, or undefined where there is none. */
  get(runId: string, call: EngineCall): Promise<EngineRun | undefined>;
  /**
   * The runs that exist among the ids, in one read; their nodes carry what lists need.
   *
   * @param call - `dataBudget`: the most bytes that the data of all runs together may have as JSON text. In the order of the ids,
   *   the data of a run that does not fit any more is neither read nor given. Absent for no limit
   */
  getMany(
    runIds: readonly string[],
    call: EngineCall & { readonly dataBudget?: number },
  ): Promise<ReadonlyMap<string, EngineRun>>;
  /**
   * Ends a run that has not ended; an errored run can be aborted.
   *
   * @throws NotFoundError where there is none, ConflictError where it has ended
   */
  abort(runId: string, call: EngineCall): Promise<void>;
  /**
   * Runs an errored run again from the node that failed.
   *
   * @throws NotFoundError where there is none, ConflictError where it is not in error
   */
  retrigger(
    runId: string,
    call: EngineCall & { readonly downstream?: DownstreamCredentials },
  ): Promise<void>;
  /**
   * Gives an event to a run that waits for it, or will.
   *
   * @param event - `name`: of the event in the definition. `id`: one that the run has had under the same id counts once; absent for
   *   an event of its own
   * @throws NotFoundError where there is no such run, ConflictError where it has ended or holds too many events, InputError where
   *   its definition declares no such event
   */
  signal(
    runId: string,
    event: { name: string; data: JsonValue; id?: string },
    call: EngineCall,
  ): Promise<void>;
  /** Present where events from outside can start and wake runs. */
  readonly events?: EngineEvents;
  /** Present where the engine tells what happens in runs. */
  readonly history?: EngineRunHistory;
  /**
   * Deletes runs that have ended, with all that the engine keeps of them. Ids that are unknown, or of runs that have not ended, are
   * left alone. Present where runs can be deleted.
   *
   * @returns the ids of which nothing is left
   */
  deleteRuns?(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<readonly string[]>;
  /** The log of a run, oldest line first, bounded by the engine; undefined where there is no such run. */
  logs(
    runId: string,
    call: EngineCall,
  ): Promise<readonly EngineLogEntry[] | undefined>;
  /** Resolves where the engine works; throws ServiceUnavailableError with a reason that may be shown where not. */
  health(call: EngineCall): Promise<void>;

  /**
   * Changes of runs, each delivered at least once, until a call with the receipt of its batch says that it is stored.
   *
   * @param since - the receipt of the last batch that was stored; absent at the very first call
   */
  changes(
    since: string | undefined,
    call: EngineCall & { limit: number },
  ): Promise<RunChanges>;
  /**
   * Calls the listener soon after there are new changes. A hint only: it may be missed, or come for nothing.
   *
   * @returns a function that ends the subscription
   */
  onChanges?(listener: () => void): () => void;

  /** How many runs there are of each of some definitions; present where runs can vanish without a change. */
  countRuns?(
    definitionIds: readonly string[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, number>>;
  /** How the engine stands to some runs; those that it does not have any more are left out. Present where `countRuns` is. */
  standings?(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, RunStanding>>;

  /** Starts background work; called once, after start-up of the plugin. */
  begin?(): Promise<void>;
  /** Ends background work in order; runs under way stay as they are stored. */
  stop(): Promise<void>;
}
