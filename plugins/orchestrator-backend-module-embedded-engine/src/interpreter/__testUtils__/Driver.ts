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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import { compile, type Surroundings } from '../../__testUtils__/compile';
import type { JqWorker } from '../../jq/JqWorker';
import type { WorkflowDefinition } from '../../language/Definition';
import { readDefinition } from '../../language/readDefinition';
import type { Records, StepContext } from '../Run';
import { effects, type Outcome, type RunState, wakeAt } from '../RunState';
import { startState } from '../startState';
import { aborted, retriggered, type RunEvent, step } from '../step';
import { fits, waits } from '../waits';

/** What happened to a driven run, for replaying it. */
export type Journal = readonly (
  | { readonly time: number; readonly event: RunEvent }
  | { readonly time: number; readonly event: { readonly kind: 'retrigger' } }
)[];

/** The time at which driven runs start: 2023-11-14T22:13:20Z. */
export const START = 1_700_000_000_000;

/** What is different from the defaults of a driven run. */
export interface DriverOptions extends Surroundings {
  readonly input?: JsonValue;
  readonly event?: EngineEvent;
  readonly limits?: Partial<StepContext['limits']>;
}

/** An event in short. */
export function event(
  type: string,
  data?: JsonValue,
  rest: Partial<EngineEvent> = {},
): EngineEvent {
  return { id: '1', source: '/t', type, data, extensions: {}, ...rest };
}

/** Makes calls and time for one run, in memory: what a host does, without a host. */
export class Driver {
  readonly definition: WorkflowDefinition;
  state: RunState;
  now = START;
  readonly records: Records[] = [];
  readonly journal: Journal[number][] = [];
  readonly #context: StepContext;

  private constructor(
    evaluator: JqWorker,
    definition: WorkflowDefinition,
    { event: starting, input = {}, limits }: DriverOptions,
  ) {
    this.definition = definition;
    this.state = startState(definition, input, {
      now: this.now,
      event: starting,
    });
    this.#context = Driver.context(evaluator, () => this.now, limits);
  }

  static context(
    evaluator: JqWorker,
    now: () => number,
    limits?: DriverOptions['limits'],
  ): StepContext {
    return {
      runId: 'run-1',
      evaluator,
      now,
      random: () => 0.5,
      limits: {
        maxSteps: 1_000,
        maxStateLength: 100_000,
        maxLineLength: 200,
        maxItems: 100,
        maxEventBytes: 10_000,
        maxProduced: 1_000,
        maxLines: 1_000,
        maxRecorded: 1_000_000,
        ...limits,
      },
    };
  }

  /** Compiles a definition, given as YAML below its head, and takes its first step. */
  static async start(
    evaluator: JqWorker,
    yaml: string | JsonObject,
    options: DriverOptions = {},
  ): Promise<Driver> {
    const document =
      typeof yaml === 'string'
        ? readDefinition(
            `id: flow\nversion: '1.0'\nspecVersion: '0.8'\nname: a flow\n${yaml}`,
            'yaml',
            1_000_000,
          )
        : yaml;
    const { definition } = await compile(evaluator, document, options);
    const driver = new Driver(evaluator, definition, options);
    await driver.step({ kind: 'wake' });
    return driver;
  }

  /** Gives the run an event, and wakes it as long as it goes on. */
  async step(given: RunEvent): Promise<void> {
    for (let goesOn = await this.#step(given); goesOn; ) {
      goesOn = await this.#step({ kind: 'wake' });
    }
  }

  /** Takes one step. The state goes through JSON before, as on its way through a database. */
  async #step(given: RunEvent): Promise<boolean> {
    this.journal.push({ time: this.now, event: given });
    const stored: RunState = JSON.parse(JSON.stringify(this.state));
    const before = JSON.stringify(stored);
    const result = await step(this.definition, stored, given, this.#context);
    if (JSON.stringify(stored) !== before) {
      throw new Error('The step changed the state that it was given');
    }
    this.state = result.state;
    this.records.push(result.records);
    return result.goesOn ?? false;
  }

  /** The keys of the calls that are under way, by the names of their functions in their order. */
  get calls(): { name: string; key: string; data: JsonValue }[] {
    return effects(this.state).map(({ data, key, place, state }) => ({
      name: `${state}/${place.group}/${place.action}`,
      key,
      data,
    }));
  }

  /** Answers the call at a place. */
  async answer(name: string, outcome: Outcome): Promise<void> {
    const call = this.calls.find(one => one.name === name);
    if (call === undefined) {
      throw new Error(
        `No call ${name} among ${this.calls.map(one => one.name)}`,
      );
    }
    await this.step({ kind: 'result', key: call.key, outcome });
  }

  /** Lets time pass, and wakes the run if it is time. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds;
    for (
      let time = wakeAt(this.state);
      time !== undefined && time <= until;
      time = wakeAt(this.state)
    ) {
      if (time <= this.now) {
        throw new Error('The run waits for a time that has passed');
      }
      this.now = time;
      await this.step({ kind: 'wake' });
    }
    this.now = until;
  }

  /** Gives an event to the run where it waits for it. */
  async send(given: EngineEvent, name?: string): Promise<boolean> {
    const { definition, state } = this;
    if (
      !waits(definition, state).some(wait =>
        fits(definition, wait.event, given, name),
      )
    ) {
      return false;
    }
    await this.step({ kind: 'event', event: given, name });
    return true;
  }

  async retrigger(): Promise<void> {
    this.journal.push({ time: this.now, event: { kind: 'retrigger' } });
    const result = retriggered(this.definition, this.state, this.#context);
    this.state = result.state;
    this.records.push(result.records);
    await this.step({ kind: 'wake' });
  }

  abort(): void {
    const result = aborted(this.definition, this.state, this.#context);
    this.state = result.state;
    this.records.push(result.records);
  }

  get waits(): string[] {
    return waits(this.definition, this.state).map(wait => wait.event);
  }

  get status(): RunState['status'] {
    return this.state.status;
  }

  get data(): JsonValue {
    return this.state.data;
  }

  /** What was sent, as types with their data. */
  get produced(): [string, JsonValue | undefined][] {
    return this.records.flatMap(({ produced }) =>
      produced.map(({ data, type }): [string, JsonValue | undefined] => [
        type,
        data,
      ]),
    );
  }

  /** The nodes that were entered, with how they ended. */
  get nodes(): string[] {
    const ends = new Map(
      this.records.flatMap(({ ended }) => [...ended.entries()]),
    );
    return this.records.flatMap(({ entered }) =>
      entered.map(({ definitionId, seq }) => {
        const end = ends.get(seq);
        const error = end?.error === undefined ? '' : '!';
        return `${definitionId}${error}${end?.exit === undefined ? '…' : ''}`;
      }),
    );
  }
}
