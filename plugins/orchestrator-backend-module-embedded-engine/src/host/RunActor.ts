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
import {
  effects,
  openCalls,
  type RunState,
  wakeAt,
} from '../interpreter/RunState';
import type { RunEvent } from '../interpreter/step';
import { EvaluatorStoppedError } from '../jq/JqWorker';
import { actionAt } from '../language/Definition';
import type { Commit } from '../store/Commit';
import type { StoredRun } from '../store/rows';
import { describeError } from './describeError';
import { Mailbox } from './Mailbox';
import { Patience } from './Patience';
import { RunCalls } from './RunCalls';
import type { RunHost } from './RunHost';
import { type Drained, isOfRun, RunSteps } from './RunSteps';
import { traitsOf } from './traits';

/**
 * One run while it is taken on: it drains the run's events and its inbox, stores what they come to, and only then makes the calls that
 * the new state asks for. It lives only as long as there is something to do.
 */
export class RunActor {
  readonly id: string;
  readonly #run: StoredRun;
  readonly #owner: string;
  readonly #host: RunHost;
  readonly #queue: RunEvent[] = [];
  readonly #calls: RunCalls;
  readonly #mailbox: Mailbox;
  readonly #patience: Patience;
  readonly #steps: RunSteps;
  #rev: number;
  #journal: number;
  #state: RunState;
  #hasMore = false;
  #working?: Promise<void>;
  #isWorking = false;
  #dead = false;
  #cancelWake?: () => void;

  constructor(run: StoredRun, owner: string, host: RunHost) {
    this.id = run.id;
    this.#run = run;
    this.#owner = owner;
    this.#host = host;
    this.#calls = new RunCalls(
      host,
      run,
      event => this.push(event),
      () => this.#awake(),
    );
    this.#mailbox = new Mailbox(host.inbox, run);
    this.#patience = new Patience(host.clock);
    this.#steps = new RunSteps(host, run, this.#mailbox, this.#patience);
    this.#rev = run.rev;
    this.#journal = run.journal;
    this.#state = run.state;
  }

  /** How far its inbox was read. */
  get mailSeen(): number {
    return this.#mailbox.seen;
  }

  /** Gives the run an event. */
  push(event: RunEvent): void {
    if (!this.#dead) {
      this.#queue.push(event);
      this.#awake();
    }
  }

  /** Something is in the run's inbox. */
  mail(): void {
    this.#mailbox.arrived();
    this.#awake();
  }

  /** Lets go of the run at once; what is not stored is forgotten, and calls under way are ended. */
  kill(): void {
    this.#dead = true;
    this.#cancelWake?.();
    this.#patience.end();
    this.#queue.length = 0;
    this.#calls.end();
  }

  /** Resolves once nothing is being stored. */
  async idle(): Promise<void> {
    await this.#working;
  }

  #awake(): void {
    if (!this.#dead && !this.#isWorking) {
      this.#isWorking = true;
      this.#working = this.#work();
    }
  }

  async #work(): Promise<void> {
    try {
      while (!this.#dead) {
        if (this.#queue.length > 0 || this.#mailbox.isStale || this.#hasMore) {
          await this.#drain(this.#queue.splice(0));
        } else if (this.#calls.areParked || effects(this.#state).length === 0) {
          await this.#letGo();
        } else {
          break;
        }
      }
    } catch (error) {
      if (!(error instanceof EvaluatorStoppedError)) {
        this.#host.logger.error(
          `Run ${this.id} cannot be taken on: ${describeError(error)}`,
        );
      }
      this.#release(undefined);
    } finally {
      this.#isWorking = false;
    }
  }

  async #drain(events: readonly RunEvent[]): Promise<void> {
    const drained = await this.#steps.drain(this.#state, this.#journal, events);
    if (drained === undefined || this.#dead) {
      return;
    }
    const { hasMore, left, state } = drained;
    const { taken } = this.#mailbox;
    this.#hasMore = hasMore;
    if (events.length === 0 && taken.length === 0 && state === this.#state) {
      return;
    }
    const busy = hasMore || left.length > 0 || effects(state).length > 0;
    const commit = this.#commit(drained, taken, busy);
    const stored = await this.#persist('it cannot be stored yet', () =>
      this.#host.commit(commit),
    );
    if (!stored) {
      this.#release(undefined);
      return;
    }
    this.#mailbox.settle();
    this.#rev += 1;
    this.#journal = drained.journal;
    this.#state = state;
    this.#queue.unshift(...left);
    if (busy) {
      this.#follow();
    } else {
      this.#release(wakeAt(state));
    }
  }

  #commit(
    { journal, records, results, state }: Drained,
    taken: readonly number[],
    busy: boolean,
  ): Commit {
    const { definition } = this.#steps;
    const { definitionId, id, parent } = this.#run;
    return {
      id,
      definitionId,
      workspace: definition?.workspace,
      rev: this.#rev,
      owner: this.#owner,
      before: this.#state.status,
      state,
      records,
      results,
      nextOwner: busy ? this.#owner : null,
      now: this.#host.clock.now(),
      mail: this.#mailbox.seen,
      taken,
      journal,
      parent,
      // Without its definition it is better to look.
      isPlain: definition !== undefined && traitsOf(definition).isPlain,
      hasChildren: definition === undefined || traitsOf(definition).hasSubFlows,
      abandoned: this.#abandoned(
        state,
        results.map(({ key }) => key),
      ),
    };
  }

  /** Calls of sub-flows for which the run no longer waits, though they have not come to an end. */
  #abandoned(state: RunState, done: readonly string[]): string[] {
    const { definition } = this.#steps;
    if (definition === undefined || !traitsOf(definition).hasSubFlows) {
      return [];
    }
    const kept = new Set([...done, ...openCalls(state)]);
    return effects({ ...this.#state, status: 'ACTIVE' })
      .filter(
        ({ key, place, state: name }) =>
          !kept.has(key) &&
          actionAt(definition.states.get(name), place)?.call.kind === 'subFlow',
      )
      .map(({ key }) => key);
  }

  /** The run only waits for what comes into its inbox: it is a row, like others that wait. */
  async #letGo(): Promise<void> {
    const wake = wakeAt(this.#state);
    const run = {
      id: this.id,
      rev: this.#rev,
      owner: this.#owner,
      mail: this.#mailbox.seen,
    };
    const done = await this.#persist('it cannot be let go of yet', () =>
      this.#host.letGo(run, wake),
    );
    this.#release(done ? wake : undefined);
  }

  #persist<T>(trouble: string, work: () => Promise<T>): Promise<T | undefined> {
    return this.#patience.persist(work, isOfRun, error =>
      this.#host.logger.warn(
        `Run ${this.id}: ${trouble}: ${describeError(error)}`,
      ),
    );
  }

  /** Makes the calls that the state asks for, and watches the time. */
  #follow(): void {
    const { definition } = this.#steps;
    if (definition !== undefined) {
      this.#calls.follow(definition, this.#state);
    }
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
    const hasMail = this.#mailbox.isStale;
    this.kill();
    // What came while the run was being stored has made it due.
    this.#host.released(this, hasMail ? 0 : wake);
  }
}
