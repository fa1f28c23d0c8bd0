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
import { ConflictError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import {
  type EngineEvent,
  notStarted,
  type ProviderToken,
  type RunProvenance,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { EmbeddedEventsConfig } from '../config/EngineConfig';
import { correlationRows } from '../events/correlation';
import { messageKey } from '../events/identity';
import type { Clock } from '../host/clock';
import { startState } from '../interpreter/startState';
import type { NewRun } from '../store/Commit';
import type { Insertion, RunInserts } from '../store/RunInserts';
import type { StoredRun } from '../store/rows';
import type { TokenVault } from '../tokens/TokenVault';
import type { DefinitionRegistry } from './DefinitionRegistry';
import { providersOf } from './providersOf';
import type { RegistryEntry } from './RegistryEntry';

/** A run that is to be started. */
export interface RunStart {
  readonly entry: RegistryEntry;
  /** A second start with the same id changes nothing. */
  readonly runId: string;
  /** Not used where an event starts it. */
  readonly input: JsonValue;
  readonly provenance: RunProvenance;
  readonly event?: EngineEvent;
  /** The run that starts it as a sub-flow. */
  readonly parent?: NewRun['parent'];
  /** The run whose event starts it. */
  readonly producedBy?: string;
  /** How many runs stand above it; none by default. */
  readonly depth?: number;
  /** Whether somebody outside asked for it, who knows of it already. */
  readonly isAskedFor?: boolean;
  readonly authTokens?: readonly ProviderToken[];
}

/** Who takes on the runs that are started here. */
export interface RunTaker {
  /** The name under which a run is stored as this process's. */
  owner(): Promise<string>;
  accept(run: StoredRun, owner: string): void;
}

/** Starts runs: those that are asked for, sub-flows, and those that events of runs start. */
export class RunStarts {
  readonly #registry: Pick<DefinitionRegistry, 'find' | 'keep'>;
  readonly #events: EmbeddedEventsConfig;
  readonly #inserts: RunInserts;
  readonly #tokens: TokenVault;
  readonly #taker: RunTaker;
  readonly #clock: Clock;

  constructor(parts: {
    readonly registry: Pick<DefinitionRegistry, 'find' | 'keep'>;
    readonly events: EmbeddedEventsConfig;
    readonly inserts: RunInserts;
    readonly tokens: TokenVault;
    readonly taker: RunTaker;
    readonly clock: Clock;
  }) {
    this.#registry = parts.registry;
    this.#events = parts.events;
    this.#inserts = parts.inserts;
    this.#tokens = parts.tokens;
    this.#taker = parts.taker;
    this.#clock = parts.clock;
  }

  /**
   * Starts a run; it is durable once this resolves.
   *
   * @throws ConflictError where its definition cannot run
   */
  async start(request: RunStart): Promise<Insertion> {
    const { depth = 0, entry, parent, producedBy, provenance, runId } = request;
    if (entry.compiled === undefined) {
      throw notStarted(
        new ConflictError(
          `The workflow ${entry.id} cannot run: ${entry.reason}`,
        ),
      );
    }
    const { definition } = entry.compiled;
    await this.#registry.keep(entry);
    const owner = await this.#taker.owner();
    const now = this.#clock.now();
    const state = startState(definition, request.input, {
      now,
      event: request.event,
    });
    const { authTokens = [] } = request;
    const providers =
      authTokens.length === 0
        ? []
        : await providersOf(definition, this.#registry, this.#events);
    const insertion = await this.#inserts.insert(
      {
        id: runId,
        definitionId: definition.id,
        definitionHash: entry.hash,
        version: definition.version.slice(0, 255),
        state,
        provenance,
        now,
        parent,
        producedBy,
        depth,
        correlations: correlationRows(definition, runId, state.correlation),
        startedBy:
          request.event &&
          messageKey(request.event, request.isAskedFor ? 'outside' : 'run'),
        announced: !request.isAskedFor,
        alongside:
          authTokens.length === 0
            ? undefined
            : tx => this.#tokens.put(tx, runId, authTokens, providers),
      },
      owner,
    );
    if (insertion === 'new') {
      this.#taker.accept(
        {
          id: runId,
          definitionId: definition.id,
          definitionHash: entry.hash,
          rev: 1,
          attempts: 0,
          mail: 0,
          mailSeen: 0,
          journal: 0,
          parent: parent && {
            id: parent.id,
            key: parent.waits ? parent.key : undefined,
          },
          rootId: parent?.rootId ?? runId,
          depth,
          provenance,
          state,
        },
        owner,
      );
    }
    return insertion;
  }
}
