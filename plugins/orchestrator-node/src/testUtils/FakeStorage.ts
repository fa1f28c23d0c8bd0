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

import type {
  DefinitionSource,
  EngineDefinition,
  EngineLogEntry,
  EngineRun,
  EngineRunEvent,
  RunChange,
} from '@flowgate/backstage-plugin-orchestrator-node';

/**
 * What a run of a fake definition does: `completes` ends at once, `waits` goes on until somebody ends it, `waitsForEvent` until
 * an event reaches it, `fails` always ends in error, `failsOnce` ends in error and completes when it is retriggered.
 *
 * @public
 */
export type FakeScenario =
  | 'completes'
  | 'waits'
  | 'waitsForEvent'
  | 'fails'
  | 'failsOnce';

/**
 * An event that runs of a fake definition take.
 *
 * @public
 */
export interface FakeEventDeclaration {
  readonly name: string;
  readonly type: string;
  /** Absent for every source. */
  readonly source?: string;
  /** The extension attributes by which runs that an event started get events of this kind. */
  readonly correlation?: readonly string[];
}

/**
 * A definition of the fake engine; what is left out has the plainest value.
 *
 * @public
 */
export interface FakeDefinition
  extends Partial<Omit<EngineDefinition, 'id' | 'unavailableReason'>> {
  readonly id: string;
  readonly scenario?: FakeScenario;
  readonly unavailableReason?: string;
  /** The event by which runs start, and by nothing else. */
  readonly startsOn?: Pick<FakeEventDeclaration, 'type' | 'source'>;
  /** Absent for a definition that takes every signal and no event from outside. */
  readonly consumes?: readonly FakeEventDeclaration[];
}

/** A definition as the fake engine keeps it. */
export interface StoredDefinition {
  readonly definition: EngineDefinition;
  readonly scenario: FakeScenario;
  readonly source: DefinitionSource;
  readonly startsOn?: FakeDefinition['startsOn'];
  readonly consumes?: FakeDefinition['consumes'];
}

/** A run as the fake engine keeps it. */
export interface StoredRun {
  run: EngineRun;
  readonly scenario: FakeScenario;
  /** What it was asked with, where the engine makes ids itself. */
  readonly startedAs?: string;
  revision: number;
  readonly log: EngineLogEntry[];
  readonly history: EngineRunEvent[];
  /** The extension attributes of the event that started it. */
  readonly startedWith?: Readonly<Record<string, string>>;
  /** The events that it has had. */
  readonly had: Set<string>;
}

/**
 * What a fake engine would have on disk. Two engines over the same storage are one engine before and after a restart.
 *
 * @public
 */
export class FakeStorage {
  /** @internal */
  readonly definitions = new Map<string, StoredDefinition>();
  /** @internal */
  readonly runs = new Map<string, StoredRun>();
  /** Changes not yet acknowledged, by their place in the order. @internal */
  readonly outbox = new Map<number, RunChange>();
  /** @internal */
  sequence = 0;
}
