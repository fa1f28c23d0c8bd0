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
  EngineCapabilities,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';

/**
 * What engines may have, beside their capabilities.
 *
 * - `events`: runs that wait for one event after another, and callbacks
 * - `earlySignals`: an event that comes before its run waits for it is kept until then, and counts once by its id; an engine
 *   without it loses the event, and waits for another
 * - `subFlows`: runs that are started by other runs, and are told of as theirs
 *
 * @public
 */
export type EngineContractFeature = 'events' | 'earlySignals' | 'subFlows';

/**
 * What the contract suite needs of an engine. Definitions are in the language of the engine, so the harness brings them.
 *
 * @public
 */
export interface EngineContractHarness {
  /** A working engine, begun where it has `begin`, that knows the definitions below. */
  readonly engine: WorkflowEngine;
  /**
   * Ids of definitions that take any object as input, and put the data of an event into the field that has the name of the event.
   */
  readonly definitions: {
    /** Completes soon after its start. */
    readonly completes: string;
    /** Stays active until somebody aborts it. */
    readonly waits: string;
    /** Ends in error soon after its start, and again after every retrigger. */
    readonly fails: string;
    /** Ends in error soon after its start, and completes when it is retriggered. */
    readonly failsOnce: string;
    /** Waits for the event `go`, then completes; needed where the capabilities have `signal`. */
    readonly waitsForEvent?: string;
    /** Waits for the event `first`, then for `second`, then completes; needed for `events`. */
    readonly waitsTwice?: string;
    /** A callback: its action puts something into the field `asked`, then it waits for the event `answer`; needed for `events`. */
    readonly callsBack?: string;
    /** Runs `child` as a sub-flow, and puts its `{ done }` into the field `child`; needed for `subFlows`. */
    readonly parent?: string;
    /** Sets `done` to true, and completes soon after its start; needed for `subFlows`. */
    readonly child?: string;
  };
  /**
   * False where the engine gives no provenance back, since nothing that it stores may be trusted: changes then name the start
   * that made the run. True where absent.
   */
  readonly keepsProvenance?: boolean;
  /** Texts for the definition routes; needed where the capabilities have `definitions`. */
  readonly sources?: {
    /** A definition that the engine can run and that completes soon after its start. */
    valid(definition: {
      id: string;
      version: string;
      workspace: string;
    }): DefinitionSource;
    /** A definition with that id which the engine refuses. */
    invalid(id: string): DefinitionSource;
  };
  /**
   * Ends the engine as kill -9 would, without `stop`, and brings up another one over the same storage. The engine before
   * is not used any more.
   */
  restart(): Promise<WorkflowEngine>;
  /** Releases what the harness holds, the engine included. */
  close(): Promise<void>;
}

/** What the parts of the suite share. */
export interface ContractContext {
  readonly harness: () => EngineContractHarness;
  readonly capabilities: EngineCapabilities;
  readonly has: (feature: EngineContractFeature) => boolean;
}

/** The definition of the harness that a test needs. */
export function definitionOf(
  { definitions }: EngineContractHarness,
  name: keyof EngineContractHarness['definitions'],
): string {
  const id = definitions[name];
  if (id === undefined) {
    throw new Error(`The harness brings no definition "${name}"`);
  }
  return id;
}

/** A test that shows as skipped where the engine lacks what it is about. */
export function itIf(capable: boolean): jest.It {
  // eslint-disable-next-line jest/no-disabled-tests -- what an engine lacks is shown, not hidden
  return capable ? it : it.skip;
}
