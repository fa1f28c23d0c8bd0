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
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import type { ProviderToken } from '@flowgate/backstage-plugin-orchestrator-node';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedEventsConfig } from '../config/EngineConfig';
import { checkEvent } from '../events/checkEvent';
import type { EngineHost } from '../host/EngineHost';
import type { StepContext } from '../interpreter/Run';
import { retriggered } from '../interpreter/step';
import type { WorkflowDefinition } from '../language/Definition';
import { DefinitionFaultsError } from '../language/readDefinition';
import type { InboxStore } from '../store/InboxStore';
import type { RunAborts } from '../store/RunAborts';
import type { RunStore } from '../store/RunStore';
import type { TokenVault } from '../tokens/TokenVault';
import type { DefinitionRegistry } from './DefinitionRegistry';
import { providersOf } from './providersOf';

/** What a control of runs needs. */
export interface RunControlParts {
  readonly runs: RunStore;
  readonly aborts: RunAborts;
  readonly inbox: InboxStore;
  readonly tokens: TokenVault;
  readonly host: EngineHost;
  readonly registry: Pick<DefinitionRegistry, 'byHash' | 'find'>;
  readonly events: EmbeddedEventsConfig;
  readonly context: Omit<StepContext, 'runId'>;
  /** Bytes that an event may have. */
  readonly eventBytes: number;
}

const noRun = (runId: string) => new NotFoundError(`There is no run ${runId}`);

/** Somebody else has changed a run in error, or is about to. */
class HeldError extends ConflictError {}

const MAX_TRIES = 5;
const RETRY_MS = 50;

/** What callers do with runs that are under way: end them, take them on again, give them events. */
export class RunControl {
  readonly #parts: RunControlParts;

  constructor(parts: RunControlParts) {
    this.#parts = parts;
  }

  /** @throws NotFoundError, ConflictError */
  async abort(runId: string): Promise<void> {
    const { aborts, context, host } = this.#parts;
    const result = await aborts.abort(runId, context.now());
    if (result === undefined) {
      throw noRun(runId);
    }
    if (result.ended.length === 0) {
      throw new ConflictError(`The run ${runId} has ended: ${result.status}`);
    }
    host.drop(result.ended);
  }

  /**
   * @param authTokens - take the place of those that were given along before
   * @throws NotFoundError, ConflictError
   */
  async retrigger(
    runId: string,
    authTokens: readonly ProviderToken[],
  ): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#retrigger(runId, authTokens);
        return;
      } catch (error) {
        // A run in error is taken on for a moment when there is news of its sub-flows.
        if (!(error instanceof HeldError) || tries >= MAX_TRIES) {
          throw error;
        }
        await pause(RETRY_MS);
      }
    }
  }

  async #retrigger(
    runId: string,
    authTokens: readonly ProviderToken[],
  ): Promise<void> {
    const { context, events, host, registry, runs, tokens } = this.#parts;
    const run = await runs.load(runId);
    if (run === undefined) {
      throw noRun(runId);
    }
    if (run.state.status !== 'ERROR') {
      throw new ConflictError(`The run ${runId} is not in error`);
    }
    const owner = await host.owner();
    const definition = await this.#definitionOf(run.definitionHash);
    const providers =
      authTokens.length === 0
        ? []
        : await providersOf(definition, registry, events);
    const { records, state } = retriggered(definition, run.state, {
      ...context,
      runId,
    });
    const stored = await host.commit({
      id: runId,
      definitionId: run.definitionId,
      workspace: definition.workspace,
      rev: run.rev,
      owner: null,
      before: 'ERROR',
      state,
      records: [records],
      results: [],
      nextOwner: owner,
      now: context.now(),
      mail: run.mailSeen,
      taken: [],
      // Whoever runs it again grants it anew, like its steps.
      journal: 0,
      parent: run.parent,
      isPlain: true,
      hasChildren: false,
      abandoned: [],
      alongside:
        authTokens.length === 0
          ? undefined
          : tx => tokens.put(tx, runId, authTokens, providers),
    });
    if (!stored) {
      throw new HeldError(`The run ${runId} is not in error any more`);
    }
    host.accept(
      { ...run, rev: run.rev + 1, state, attempts: 0, journal: 0 },
      owner,
    );
  }

  /** @throws NotFoundError, ConflictError, InputError */
  async signal(
    runId: string,
    { data, id, name }: { name: string; data: JsonValue; id?: string },
  ): Promise<void> {
    const { context, eventBytes, inbox, runs } = this.#parts;
    const run = await runs.head(runId);
    if (run === undefined) {
      throw noRun(runId);
    }
    const ended = () =>
      new ConflictError(`The run ${runId} has ended: ${run.status}`);
    if (run.status !== 'ACTIVE' && run.status !== 'ERROR') {
      throw ended();
    }
    const definition = await this.#definitionOf(run.hash);
    const declaration = definition.events.get(name);
    if (declaration === undefined || declaration.kind !== 'consumed') {
      throw new InputError(`The workflow of the run waits for no such event`);
    }
    const now = context.now();
    const eventId = id ?? randomUUID();
    const [reception] = await inbox.put(
      [
        {
          runId,
          key: createHash('sha256')
            .update(JSON.stringify(['signal', eventId]))
            .digest('hex'),
          kind: 'event',
          eventName: name,
          body: checkEvent(
            {
              id: eventId,
              source: declaration.source ?? '/signal',
              type: declaration.type,
              time: new Date(now).toISOString(),
              data,
              extensions: {},
            },
            eventBytes,
          ),
        },
      ],
      now,
    );
    switch (reception) {
      case 'unknown':
        throw noRun(runId);
      case 'ended':
        throw ended();
      case 'full':
        throw new ConflictError(
          `The run ${runId} has too many events that it does not take`,
        );
      default:
    }
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
}
