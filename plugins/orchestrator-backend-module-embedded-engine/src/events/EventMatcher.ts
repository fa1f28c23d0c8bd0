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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { DefinitionRegistry } from '../engine/DefinitionRegistry';
import type { RegistryEntry } from '../engine/RegistryEntry';
import type { WorkflowDefinition } from '../language/Definition';
import { DefinitionFaultsError } from '../language/readDefinition';
import type { CorrelationStore, LiveRun } from '../store/CorrelationStore';
import { RUN_REFERENCES } from './checkEvent';
import { tokensOf } from './correlation';
import { eventsOfRuns, isMeant } from './declarations';
import { type EventOrigin, startedRunId } from './identity';
import type { StartIndex } from './StartIndex';

/** Where an event may go. */
export interface Reach {
  readonly origin: EventOrigin;
  /** The workspaces of definitions and runs; all where absent. */
  readonly workspaces?: readonly string[];
  /** Runs of one definition. */
  readonly maxRuns: number;
}

/** What an event reaches. */
export interface Matches {
  readonly entries: readonly RegistryEntry[];
  readonly runs: readonly LiveRun[];
  /** The ids of definitions of which it would reach more runs than it may; one too many of each is among the runs. */
  readonly crowded: ReadonlySet<string>;
}

/** How many times what it may reach of one definition an event may reach in all. */
const MAX_IN_ALL = 10;

/** The definitions of more than so many runs. */
function crowdedAmong(runs: readonly LiveRun[], max: number): Set<string> {
  const counts = new Map<string, number>();
  for (const { definitionId } of runs) {
    counts.set(definitionId, (counts.get(definitionId) ?? 0) + 1);
  }
  return new Set(
    [...counts].filter(([, count]) => count > max).map(([id]) => id),
  );
}

/** Says what events reach. */
export class EventMatcher {
  readonly #registry: Pick<DefinitionRegistry, 'byHash'>;
  readonly #store: CorrelationStore;
  readonly #starts: StartIndex;

  constructor(
    registry: Pick<DefinitionRegistry, 'byHash'>,
    store: CorrelationStore,
    starts: StartIndex,
  ) {
    this.#registry = registry;
    this.#store = store;
    this.#starts = starts;
  }

  /**
   * The runs that an event names or correlates with, where they may wait for it, and the definitions that it starts. A definition
   * whose run it names is not started: the event is that run's. A run that it has started has had it.
   *
   * The runs are counted by definition: whoever has many that correlate takes no event from the runs of others. Where there are too
   * many in all, the definitions with the most lose some.
   */
  async match(
    event: EngineEvent,
    { maxRuns, origin, workspaces }: Reach,
  ): Promise<Matches> {
    const isWithin = (workspace: string) =>
      workspaces === undefined || workspaces.includes(workspace);
    const named = await this.#waiting(
      await this.#named(event),
      event,
      isWithin,
    );
    const maxInAll = maxRuns * MAX_IN_ALL;
    const correlated = await this.#store.correlated(tokensOf(event), {
      workspaces,
      perDefinition: maxRuns + 1,
      limit: maxInAll,
    });
    const runs = new Map(
      [...named, ...(await this.#waiting(correlated, event, isWithin))]
        .filter(
          ({ definitionId, id }) =>
            id !== startedRunId(event, definitionId, origin),
        )
        .map(run => [run.id, run]),
    );
    const entries = (await this.#starts.startedBy(event)).filter(
      ({ id, workspace }) =>
        isWithin(workspace) &&
        !named.some(({ definitionId }) => definitionId === id),
    );
    const reached = [...runs.values()];
    return { entries, runs: reached, crowded: crowdedAmong(reached, maxRuns) };
  }

  /** The workspace of a definition by its hash; undefined where it cannot run here any more. */
  async workspaceOf(hash: string): Promise<string | undefined> {
    return (await this.#definition(hash))?.workspace;
  }

  /** The runs whose id an event has. */
  async #named({ extensions }: EngineEvent): Promise<LiveRun[]> {
    const ids = RUN_REFERENCES.flatMap(name =>
      Object.hasOwn(extensions, name) ? [extensions[name]] : [],
    );
    return ids.length === 0 ? [] : this.#store.live([...new Set(ids)]);
  }

  /** Those runs whose definition means an event. */
  async #waiting(
    runs: readonly LiveRun[],
    event: EngineEvent,
    isWithin: (workspace: string) => boolean,
  ): Promise<LiveRun[]> {
    const definitions = new Map<string, WorkflowDefinition | undefined>();
    for (const { definitionHash: hash } of runs) {
      if (!definitions.has(hash)) {
        definitions.set(hash, await this.#definition(hash));
      }
    }
    return runs.filter(({ definitionHash }) => {
      const definition = definitions.get(definitionHash);
      return (
        definition !== undefined &&
        isWithin(definition.workspace) &&
        eventsOfRuns(definition).some(declared => isMeant(declared, event))
      );
    });
  }

  /** The definition of a run; undefined where it cannot run here any more, and so waits for nothing. */
  async #definition(hash: string): Promise<WorkflowDefinition | undefined> {
    try {
      return await this.#registry.byHash(hash);
    } catch (error) {
      if (error instanceof DefinitionFaultsError) {
        return undefined;
      }
      throw error;
    }
  }
}
