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

import type { Records } from '../interpreter/Run';
import {
  effects,
  type Outcome,
  type RunState,
  wakeAt,
} from '../interpreter/RunState';
import { type RunEvent, step } from '../interpreter/step';
import { EvaluatorStoppedError } from '../jq/JqWorker';
import type { WorkflowDefinition } from '../language/Definition';
import { DefinitionFaultsError } from '../language/readDefinition';
import type { Commit } from '../store/Commit';
import type { StoredRun } from '../store/rows';
import { describeError } from './describeError';
import { RunCalls } from './RunCalls';
import type { RunHost } from './RunHost';

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;
/** Tries of a step that fails for a reason of the engine's own. */
const MAX_TRIES = 3;
/** How often a run is taken on without getting any further: it may be what ends those who take it on. */
const MAX_ATTEMPTS = 3;

interface Drained {
  readonly state: RunState;
  readonly records: Records[];
  readonly results: { key: string; outcome: Outcome }[];
}

/**
 * One run while it is taken on: it drains the run's events, stores what they come to, and only then makes the calls that the new
 * state asks for. It lives only as long as there is something to do.
 */
export class RunActor {
  readonly id: string;
  readonly #owner: string;
  readonly #host: RunHost;
  readonly #hash: string;
  readonly #queue: RunEvent[] = [];
  readonly #calls: RunCalls;
  #rev: number;
  readonly #attempts: number;
  #state: RunState;
  #definition?: WorkflowDefinition;
  #working?: Promise<void>;
  #dead = false;
  #cancelWake?: () => void;
  #cancelDelay?: () => void;

  constructor(run: StoredRun, owner: string, host: RunHost) {
    this.id = run.id;
    this.#owner = owner;
    this.#host = host;
    this.#calls = new RunCalls(host, run.id, event => this.push(event));
    this.#hash = run.definitionHash;
    this.#rev = run.rev;
    this.#attempts = run.attempts;
    this.#state = run.state;
  }

  /** Gives the run an event. */
  push(event: RunEvent): void {
    if (this.#dead) {
      return;
    }
    this.#queue.push(event);
    this.#working ??= this.#work();
  }

  /** Lets go of the run at once; what is not stored is forgotten, and calls under way are ended. */
  kill(): void {
    this.#dead = true;
    this.#cancelWake?.();
    this.#cancelDelay?.();
    this.#queue.length = 0;
    this.#calls.end();
  }

  /** Resolves once nothing is being stored. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#queue.length > 0 && !this.#dead) {
        await this.#drain(this.#queue.splice(0));
      }
    } catch (error) {
      if (!(error instanceof EvaluatorStoppedError)) {
        this.#host.logger.error(
          `Run ${this.id} cannot be taken on: ${describeError(error)}`,
        );
      }
      this.#release(undefined);
    } finally {
      this.#working = undefined;
    }
  }

  async #drain(events: readonly RunEvent[]): Promise<void> {
    const { clock } = this.#host;
    const drained = await this.#steps(events);
    if (drained === undefined || this.#dead) {
      return;
    }
    const { state } = drained;
    const busy = effects(state).length > 0;
    const commit: Commit = {
      id: this.id,
      rev: this.#rev,
      owner: this.#owner,
      before: this.#state.status,
      state,
      records: drained.records,
      results: drained.results,
      nextOwner: busy ? this.#owner : null,
      now: clock.now(),
    };
    const stored = await this.#persist('it cannot be stored yet', () =>
      this.#host.commit(commit),
    );
    if (!stored) {
      this.#release(undefined);
      return;
    }
    this.#rev += 1;
    this.#state = state;
    if (busy && this.#definition !== undefined) {
      this.#follow(this.#definition);
    } else {
      this.#release(wakeAt(state));
    }
  }

  /** Takes the steps of events, without storing anything. */
  async #steps(events: readonly RunEvent[]): Promise<Drained | undefined> {
    if (this.#attempts > MAX_ATTEMPTS) {
      return this.#failed(
        `The run was taken on ${MAX_ATTEMPTS} times, and did not get any further before the process was gone`,
      );
    }
    for (let tries = 1; !this.#dead; tries += 1) {
      try {
        const definition = await this.#load();
        if (definition === undefined) {
          return undefined;
        }
        const drained: Drained = {
          state: this.#state,
          records: [],
          results: [],
        };
        let { state } = drained;
        for (const event of events) {
          const result = await step(definition, state, event, {
            ...this.#host.context,
            runId: this.id,
          });
          state = result.state;
          drained.records.push(result.records);
          if (event.kind === 'result') {
            drained.results.push({ key: event.key, outcome: event.outcome });
          }
        }
        return { ...drained, state };
      } catch (error) {
        if (error instanceof EvaluatorStoppedError) {
          throw error;
        }
        if (error instanceof DefinitionFaultsError) {
          return this.#failed(
            `The definition of the run cannot run any more: ${error.message}`,
          );
        }
        this.#host.logger.error(
          `A step of run ${this.id} failed: ${describeError(error)}`,
        );
        if (tries >= MAX_TRIES) {
          return this.#failed('The engine could not take the run on');
        }
        await this.#pause(FIRST_DELAY_MS * 2 ** tries);
      }
    }
    return undefined;
  }

  async #load(): Promise<WorkflowDefinition | undefined> {
    this.#definition ??= await this.#persist(
      'its definition cannot be read yet',
      () => this.#host.definition(this.#hash),
    );
    return this.#definition;
  }

  /** The run in error, for a reason that is the engine's; its cause is in the log of the backend. */
  #failed(message: string): Drained {
    const node = this.#state.frame?.state ?? '';
    return {
      state: {
        ...this.#state,
        status: 'ERROR',
        error: { node, message },
      },
      records: [],
      results: [],
    };
  }

  /** Does something as often as it takes, unless the run is let go of: an error of the database is none of the run's. */
  async #persist<T>(
    trouble: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    for (
      let delay = FIRST_DELAY_MS;
      !this.#dead;
      delay = Math.min(delay * 2, MAX_DELAY_MS)
    ) {
      try {
        return await work();
      } catch (error) {
        if (
          error instanceof DefinitionFaultsError ||
          error instanceof EvaluatorStoppedError
        ) {
          throw error;
        }
        this.#host.logger.warn(
          `Run ${this.id}: ${trouble}: ${describeError(error)}`,
        );
        await this.#pause(delay);
      }
    }
    return undefined;
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#dead) {
      return;
    }
    await new Promise<void>(resolve => {
      const cancel = this.#host.clock.after(milliseconds, resolve);
      this.#cancelDelay = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Makes the calls that the state asks for, and watches the time. */
  #follow(definition: WorkflowDefinition): void {
    this.#calls.follow(definition, this.#state);
    this.#cancelWake?.();
    const time = wakeAt(this.#state);
    this.#cancelWake =
      time === undefined
        ? undefined
        : this.#host.clock.after(time - this.#host.clock.now(), () =>
            this.push({ kind: 'wake' }),
          );
  }

  #release(wake: number | undefined): void {
    this.kill();
    this.#host.released(this, wake);
  }
}
