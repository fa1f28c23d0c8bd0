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
import type { EngineCall } from './EngineCall';

/**
 * An event in the terms of CloudEvents 1.0. What it does not name is an extension attribute, in `extensions`.
 *
 * @public
 */
export interface EngineEvent {
  readonly id: string;
  /** With `id` it names the event: the same pair counts once. */
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** ISO 8601. */
  readonly time?: string;
  readonly dataSchema?: string;
  readonly data?: JsonValue;
  /** Extension attributes by their names, of lower-case letters and digits. */
  readonly extensions: { readonly [name: string]: string };
}

/**
 * What an event would reach: definitions that it starts, and runs that wait for it or may do so later.
 *
 * @public
 */
export interface EventTargets {
  readonly definitions: readonly {
    readonly id: string;
    readonly workspace: string;
  }[];
  readonly runs: readonly {
    readonly id: string;
    readonly definitionId: string;
  }[];
  /** The ids of definitions of which the event would reach more runs than one event may; `runs` has one too many of each. */
  readonly crowded?: readonly string[];
}

/**
 * The part of an engine that takes events from outside. What an event may do was decided before: the engine is told what it may reach.
 *
 * @public
 */
export interface EngineEvents {
  /**
   * Says what an event would reach. Runs are counted by definition: a crowd of one takes nothing from the runs of others.
   *
   * @throws InputError where it is no event
   */
  match(event: EngineEvent, call: EngineCall): Promise<EventTargets>;
  /**
   * Gives an event to runs, durably. A run that has had it (by source and id) does not get it again, one that has ended is left out.
   *
   * @returns the runs that have it now
   */
  deliver(
    event: EngineEvent,
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<readonly string[]>;
  /**
   * The id for the run that an event starts, the same each time, so that the event starts it once whoever brings it.
   */
  runIdFor(event: EngineEvent, definitionId: string): string;
}

/**
 * Something that happened in a run.
 *
 * @public
 */
export interface EngineRunEvent {
  /** Grows within a run; names the event when a reader goes on after it. */
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly kind: 'state' | 'node' | 'log';
  /** For `state`: the run's new state, and its error. For `node`: the node as it is now. For `log`: the line. */
  readonly detail: { readonly [name: string]: JsonValue | undefined };
}

/**
 * A part of what happened in a run, oldest first.
 *
 * @public
 */
export interface EngineRunEvents {
  readonly events: readonly EngineRunEvent[];
  /** Whether the run has ended, and `events` reaches to its end. */
  readonly ended: boolean;
}

/**
 * The part of an engine that tells what happens in runs, as it happens.
 *
 * @public
 */
export interface EngineRunHistory {
  /**
   * What happened after an event of a run, or from its start.
   *
   * @param after - the id of the last event that was seen; absent for the start
   * @returns undefined where there is no such run
   * @throws InputError where `after` is no id of this engine
   */
  read(
    runId: string,
    after: string | undefined,
    call: EngineCall & { readonly limit: number },
  ): Promise<EngineRunEvents | undefined>;
  /** The last id of each of some runs, in one read: cheap, to know which have news. Runs that are gone are left out. */
  heads(
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<ReadonlyMap<string, string>>;
}
