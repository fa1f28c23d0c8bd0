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
import { ConflictError, InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type {
  EngineEvent,
  RunProvenance,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { EmbeddedEventsConfig } from '../config/EngineConfig';
import type { RegistryEntry } from '../engine/RegistryEntry';
import type { Clock } from '../host/clock';
import type { LiveRun } from '../store/CorrelationStore';
import type { InboxStore } from '../store/InboxStore';
import type { ProducedEvent, Producer } from '../store/ProducedStore';
import type { Insertion } from '../store/RunInserts';
import { checkEvent } from './checkEvent';
import type { EventMatcher } from './EventMatcher';
import { messageKey, startedRunId } from './identity';
import type { RareWarnings } from './RareWarnings';

/** Bytes that the engine itself adds to an event of a run. */
const OWN_BYTES = 2_048;

/** Starts runs by events that other runs have produced. */
export interface EventStarter {
  /** Starts a run; a second start with the same id changes nothing. */
  start(request: {
    readonly entry: RegistryEntry;
    readonly runId: string;
    readonly input: JsonObject;
    readonly provenance: RunProvenance;
    readonly event: EngineEvent;
    /** The run that has produced the event. */
    readonly producedBy: string;
    /** How many runs stand above it. */
    readonly depth: number;
  }): Promise<Insertion>;
}

/** What a delivery is made of. */
export interface InsideDeliveryParts {
  readonly matcher: EventMatcher;
  readonly inbox: Pick<InboxStore, 'put'>;
  readonly starter: EventStarter;
  readonly config: EmbeddedEventsConfig;
  readonly clock: Clock;
  readonly warnings: RareWarnings;
  readonly limits: {
    readonly eventBytes: number;
    readonly eventTargets: number;
    readonly depth: number;
    readonly runsPerStart: number;
  };
}

/**
 * Gives events that runs have produced to workflows of the engine: to those of the same workspace, and of others where the
 * configuration has the pair. Whatever of it is done twice changes nothing.
 */
export class InsideDelivery {
  readonly #parts: InsideDeliveryParts;

  constructor(parts: InsideDeliveryParts) {
    this.#parts = parts;
  }

  /** Gives an event to all runs that it reaches, and starts what it starts. */
  async deliver(
    { event: produced, workspace }: ProducedEvent & { workspace: string },
    producer: Producer,
  ): Promise<void> {
    const { limits, matcher, warnings } = this.#parts;
    const event = this.#checked(produced);
    if (event === undefined) {
      return;
    }
    const matches = await matcher.match(event, {
      origin: 'run',
      workspaces: this.#within(workspace),
      maxRuns: limits.eventTargets,
    });
    const { crowded, entries, runs } = matches;
    for (const id of crowded) {
      warnings.warn(
        'crowded',
        `An event of a run would reach more than ${limits.eventTargets} runs of workflow ${id}, and is given to none of them`,
      );
    }
    await this.#give(
      event,
      runs.filter(({ definitionId }) => !crowded.has(definitionId)),
    );
    for (const entry of entries) {
      await this.#start(event, entry, producer);
    }
  }

  /** Where events of a workspace may go. */
  #within(workspace: string): string[] {
    const { crossWorkspace } = this.#parts.config;
    return [
      workspace,
      ...crossWorkspace
        .filter(({ from }) => from === workspace)
        .map(({ to }) => to),
    ];
  }

  #checked(event: EngineEvent): EngineEvent | undefined {
    try {
      return checkEvent(event, this.#parts.limits.eventBytes + OWN_BYTES);
    } catch (error) {
      if (!(error instanceof InputError)) {
        throw error;
      }
      this.#parts.warnings.warn(
        'invalid',
        `An event of a run is given to no workflow: ${error.message}`,
      );
      return undefined;
    }
  }

  async #give(event: EngineEvent, runs: readonly LiveRun[]): Promise<void> {
    const { clock, inbox, warnings } = this.#parts;
    const key = messageKey(event, 'run');
    const receptions = await inbox.put(
      runs.map(({ id }) => ({
        runId: id,
        key,
        kind: 'event' as const,
        body: event,
      })),
      clock.now(),
    );
    runs.forEach(({ id }, i) => {
      if (receptions[i] === 'full') {
        warnings.warn(
          'full',
          `Run ${id} has too many events that it does not take; one more is not given to it`,
        );
      }
    });
  }

  async #start(
    event: EngineEvent,
    entry: RegistryEntry,
    { depth, id: producedBy, provenance }: Producer,
  ): Promise<void> {
    const { limits, starter, warnings } = this.#parts;
    if (provenance === undefined) {
      warnings.warn(
        'provenance',
        `An event of a run starts no run of workflow ${entry.id}: nobody is known to have started its own`,
      );
      return;
    }
    if (depth + 1 > limits.depth) {
      warnings.warn(
        'depth',
        `An event of a run starts no run of workflow ${entry.id}: more than ${limits.depth} runs would stand above it`,
      );
      return;
    }
    try {
      const insertion = await starter.start({
        entry,
        runId: startedRunId(event, entry.id, 'run'),
        input: {},
        provenance: { ...provenance, workspace: entry.workspace },
        event,
        producedBy,
        depth: depth + 1,
      });
      if (insertion === 'tooManyInAll') {
        warnings.warn(
          'tooMany',
          `An event of a run starts no run of workflow ${entry.id}: its own start has led to more than ${limits.runsPerStart} runs`,
        );
      }
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof InputError)) {
        throw error;
      }
      warnings.warn(
        'refused',
        `An event of a run starts no run of workflow ${entry.id}: it cannot be started now`,
      );
    }
  }
}
