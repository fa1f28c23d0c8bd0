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

import type { LoggerService } from '@backstage/backend-plugin-api';
import { randomUUID } from 'node:crypto';
import type { StepContext } from '../interpreter/Run';
import type { Outcome } from '../interpreter/RunState';
import type { WorkflowDefinition } from '../language/Definition';
import type { LeaseStore } from '../store/LeaseStore';
import type { Commit } from '../store/Commit';
import type { RunStore } from '../store/RunStore';
import type { StoredRun } from '../store/rows';
import type { Caller, PendingCall } from './Caller';
import type { Clock } from './clock';
import { describeError } from './describeError';
import { expireGone } from './expireGone';
import { describePlace } from './place';
import { RunActor } from './RunActor';
import type { RunHost } from './RunHost';

/** What a host is made of. */
export interface EngineHostOptions {
  readonly runs: RunStore;
  readonly leases: LeaseStore;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly context: Omit<StepContext, 'runId'>;
  readonly definition: (hash: string) => Promise<WorkflowDefinition>;
  /** Called after a state of a run has changed. */
  readonly changed: () => void;
  /** Milliseconds for which this process is taken for alive without a word of it. */
  readonly leaseMs: number;
  /** Milliseconds between looks for runs that are due. */
  readonly pollMs: number;
}

/** How long a stop waits for what is being stored; milliseconds. */
const STOP_PATIENCE_MS = 3_000;

/**
 * Waits, but not for ever: a statement on a connection that was taken away may never be answered, and what it would store is taken
 * on again after the next start.
 */
async function withinPatience(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, STOP_PATIENCE_MS);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}

/**
 * Takes runs on in this process: those that are started here, those that are due, and those of processes that are gone. Only runs
 * with something to do are in memory.
 */
export class EngineHost implements RunHost {
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly context: Omit<StepContext, 'runId'>;
  readonly #options: EngineHostOptions;
  readonly #actors = new Map<string, RunActor>();
  /** Runs that were found to be ours but not in memory, at the last look. */
  #strays = new Map<string, number>();
  #owner = randomUUID();
  #registered?: Promise<void>;
  #running = false;
  #stopped = false;
  #cancelHeartbeat?: () => void;
  #cancelPoll?: () => void;
  #pollAt = Number.POSITIVE_INFINITY;
  #polling?: Promise<void>;
  #beating?: Promise<void>;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.logger = options.logger;
    this.context = options.context;
  }

  /** How many runs are in memory. */
  get active(): number {
    return this.#actors.size;
  }

  /** Who takes runs on here; registered with a lease once it resolves. */
  async owner(): Promise<string> {
    this.#registered ??= this.#options.leases
      .register(this.#owner, describePlace(), this.#options.leaseMs)
      .catch(error => {
        this.#registered = undefined;
        throw error;
      });
    await this.#registered;
    return this.#owner;
  }

  /** Takes runs on from now. */
  async begin(): Promise<void> {
    this.#running = true;
    await this.#heartbeat();
    await this.#poll();
  }

  /** Takes on a run that is stored as this process's. */
  accept(run: StoredRun, owner: string): void {
    if (this.#stopped || owner !== this.#owner) {
      // The lease was lost since: another process takes it on, or this one under its new name.
      return;
    }
    this.#actors.get(run.id)?.kill();
    const actor = new RunActor(run, owner, this);
    this.#actors.set(run.id, actor);
    actor.push({ kind: 'wake' });
  }

  /** Lets go of a run that was ended from outside. */
  drop(id: string): void {
    this.#actors.get(id)?.kill();
    this.#actors.delete(id);
  }

  /** Lets go of all runs, so that another process can take them on at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#running = false;
    this.#cancelHeartbeat?.();
    this.#cancelPoll?.();
    const actors = [...this.#actors.values()];
    actors.forEach(actor => actor.kill());
    await withinPatience(
      Promise.allSettled([
        this.#beating,
        this.#polling,
        ...actors.map(actor => actor.idle()),
      ]),
    );
    this.#actors.clear();
    if (this.#registered !== undefined) {
      try {
        await this.#options.leases.handBack(this.#owner);
      } catch (error) {
        this.logger.warn(
          `The runs of this process could not be handed back; others take them on when its lease ends: ${describeError(
            error,
          )}`,
        );
      }
    }
  }

  definition(hash: string): Promise<WorkflowDefinition> {
    return this.#options.definition(hash);
  }

  async commit(commit: Commit): Promise<boolean> {
    const stored = await this.#options.runs.commit(commit);
    if (stored && commit.state.status !== commit.before) {
      this.#options.changed();
    }
    return stored;
  }

  call(pending: PendingCall): Promise<Outcome | undefined> {
    return this.#options.caller.call(pending);
  }

  released(actor: RunActor, wake: number | undefined): void {
    if (this.#actors.get(actor.id) === actor) {
      this.#actors.delete(actor.id);
    }
    if (wake !== undefined) {
      this.#pollBy(wake);
    }
  }

  async #heartbeat(): Promise<void> {
    this.#beating = this.#beat();
    await this.#beating;
    if (this.#running) {
      this.#cancelHeartbeat = this.clock.after(
        this.#options.leaseMs / 3,
        () => {
          this.#heartbeat();
        },
      );
    }
  }

  async #beat(): Promise<void> {
    const { leases, leaseMs } = this.#options;
    try {
      const owner = await this.owner();
      if (!(await leases.renew(owner, leaseMs))) {
        await this.#lost();
        return;
      }
      await this.#reconcile(owner);
      await expireGone(leases, owner);
      for (
        let runs = await leases.takeOver(owner);
        runs.length > 0;
        runs = await leases.takeOver(owner)
      ) {
        this.logger.info(
          `${runs.length} runs are taken over from a process that is gone`,
        );
        runs.forEach(run => this.accept(run, owner));
      }
      await leases.forget();
    } catch (error) {
      this.logger.warn(
        `The engine cannot reach its database: ${describeError(error)}`,
      );
    }
  }

  /** The lease ran out: what is in memory may be another's by now. */
  async #lost(): Promise<void> {
    this.logger.warn(
      'The lease of this process ran out; it lets go of its runs and begins anew',
    );
    this.#actors.forEach(actor => actor.kill());
    this.#actors.clear();
    this.#strays.clear();
    this.#owner = randomUUID();
    this.#registered = undefined;
    await this.owner();
  }

  /** Makes memory and database agree: on runs that were ended elsewhere, and on those whose storing was reported wrongly. */
  async #reconcile(owner: string): Promise<void> {
    const before = new Map(this.#actors);
    const held = await this.#options.leases.held(owner);
    for (const [id, actor] of before) {
      if (!held.has(id) && this.#actors.get(id) === actor) {
        this.drop(id);
      }
    }
    const strays = new Map([...held].filter(([id]) => !this.#actors.has(id)));
    for (const [id, rev] of strays) {
      // One look is not enough: the run may be about to be taken on.
      if (this.#strays.get(id) === rev && !this.#actors.has(id)) {
        const run = await this.#options.leases.retake(owner, id, rev);
        if (run !== undefined) {
          this.accept(run, owner);
        }
      }
    }
    this.#strays = strays;
  }

  #pollBy(time: number): void {
    if (!this.#running || time >= this.#pollAt) {
      return;
    }
    this.#cancelPoll?.();
    this.#pollAt = time;
    this.#cancelPoll = this.clock.after(time - this.clock.now(), () => {
      this.#pollAt = Number.POSITIVE_INFINITY;
      this.#poll();
    });
  }

  async #poll(): Promise<void> {
    if (this.#polling !== undefined) {
      await this.#polling;
      return;
    }
    this.#polling = this.#takeDue();
    await this.#polling;
    this.#polling = undefined;
    this.#pollBy(this.clock.now() + this.#options.pollMs);
  }

  async #takeDue(): Promise<void> {
    const { leases } = this.#options;
    try {
      const owner = await this.owner();
      for (;;) {
        const runs = this.#running
          ? await leases.takeDue(owner, this.clock.now())
          : [];
        runs.forEach(run => this.accept(run, owner));
        if (runs.length === 0) {
          break;
        }
      }
      const next = await leases.nextDue();
      if (next !== undefined) {
        this.#pollBy(Math.max(next, this.clock.now() + 1));
      }
    } catch (error) {
      this.logger.warn(
        `The engine cannot look for runs that are due: ${describeError(error)}`,
      );
    }
  }
}
