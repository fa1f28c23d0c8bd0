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
import type { StepContext } from '../interpreter/Run';
import type { WorkflowDefinition } from '../language/Definition';
import type { Commit } from '../store/Commit';
import type { InboxReader } from '../store/InboxReader';
import { CLAIM_BATCH, type HeldRun } from '../store/LeaseStore';
import type { StoredRun } from '../store/rows';
import type { Clock } from './clock';
import { describeError } from './describeError';
import { DueRuns } from './DueRuns';
import type { EngineHostOptions } from './EngineHostOptions';
import { Heartbeat } from './Heartbeat';
import { OwnLease } from './OwnLease';
import { RunActor } from './RunActor';
import type { CallEnd, HostOutlets, RunCall, RunHost } from './RunHost';
import { withinPatience } from './withinPatience';

/** Milliseconds between tries to get a lease for a call that waits. */
const LEASE_RETRY_MS = 250;

/**
 * Takes runs on in this process: those that are started here, those that are due or have mail, and those of processes that are gone.
 * Only runs with something to do are in memory.
 */
export class EngineHost implements RunHost {
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly context: Omit<StepContext, 'runId'>;
  readonly inbox: InboxReader;
  readonly maxJournal: number;
  readonly #options: EngineHostOptions;
  readonly #lease: OwnLease;
  readonly #heartbeat: Heartbeat;
  readonly #due: DueRuns;
  readonly #actors = new Map<string, RunActor>();
  /** Runs that were found to be ours but not in memory, at the last look. */
  #strays = new Map<string, number>();
  #comparedAt = -Infinity;
  #stopped = false;
  #outlets?: HostOutlets;

  constructor(options: EngineHostOptions) {
    const { clock, inboxes, leaseMs, leases, logger, pollMs } = options;
    this.#options = options;
    this.clock = clock;
    this.logger = logger;
    this.context = options.context;
    this.inbox = options.inbox;
    this.maxJournal = options.maxJournal;
    this.#lease = new OwnLease(leases, leaseMs);
    this.#heartbeat = new Heartbeat(
      this.#lease,
      { leases, clock, logger, intervalMs: leaseMs / 3 },
      {
        lost: () => this.#lost(),
        reconcile: owner => this.#reconcile(owner),
        accept: (run, owner) => this.accept(run, owner),
      },
    );
    this.#due = new DueRuns(clock, pollMs, () => this.#takeDue());
    inboxes.onPut(ids => this.#rung(ids));
  }

  /** How many runs are in memory. */
  get active(): number {
    return this.#actors.size;
  }

  /** Says where it turns to; once, before it takes runs on. Those who make calls start runs here, so they come later than it. */
  connect(outlets: HostOutlets): void {
    this.#outlets = outlets;
  }

  /** Who takes runs on here; registered with a lease once it resolves. */
  owner(): Promise<string> {
    return this.#lease.owner();
  }

  /** Takes runs on from now. */
  async begin(): Promise<void> {
    await this.#heartbeat.begin();
    await this.#due.begin();
  }

  /** Takes on a run that is stored as this process's. */
  accept(run: StoredRun, owner: string): void {
    if (this.#stopped || owner !== this.#lease.id) {
      // The lease was lost since: another process takes it on, or this one under its new name.
      return;
    }
    this.#actors.get(run.id)?.kill();
    const actor = new RunActor(run, owner, this);
    this.#actors.set(run.id, actor);
    actor.push({ kind: 'wake' });
  }

  /** Lets go of runs that were ended from outside. */
  drop(ids: readonly string[]): void {
    for (const id of ids) {
      this.#actors.get(id)?.kill();
      this.#actors.delete(id);
    }
  }

  /** Lets go of all runs, so that another process can take them on at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#heartbeat.end();
    this.#due.end();
    const actors = [...this.#actors.values()];
    actors.forEach(actor => actor.kill());
    await withinPatience(
      Promise.allSettled([
        this.#heartbeat.settled(),
        this.#due.settled(),
        ...actors.map(actor => actor.idle()),
      ]),
    );
    this.#actors.clear();
    if (this.#lease.isRegistered) {
      try {
        await this.#options.leases.handBack(this.#lease.id);
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

  unsent(runId: string): Promise<number> {
    return this.#options.unsent(runId);
  }

  async commit(commit: Commit): Promise<boolean> {
    const { changed, runs } = this.#options;
    const { ended, stored } = await runs.commit(commit);
    if (stored) {
      this.drop(ended);
      if (commit.state.status !== commit.before || ended.length > 0) {
        changed();
      }
      if (commit.records.some(records => records.produced.length > 0)) {
        this.#outlets?.produced();
      }
    }
    return stored;
  }

  letGo(
    run: Pick<Commit, 'id' | 'mail' | 'owner' | 'rev'>,
    wake: number | undefined,
  ): Promise<boolean> {
    return this.#options.runs.letGo(run, wake);
  }

  /**
   * Makes a call, but not for a run that another process may have taken: the lease is looked at before it is prepared, and again
   * right before it is sent.
   */
  async call(call: RunCall): Promise<CallEnd> {
    const mayBeSent = () => this.#mayCall(call.signal);
    return (await mayBeSent())
      ? this.#outlets?.call({ ...call, mayBeSent })
      : undefined;
  }

  /** Waits until the lease of this process holds; false where the call is ended. */
  async #mayCall(signal: AbortSignal): Promise<boolean> {
    while (!this.#lease.holds) {
      await this.#heartbeat.renew();
      if (signal.aborted || this.#stopped) {
        return false;
      }
      if (!this.#lease.holds) {
        await new Promise<void>(resolve => {
          this.clock.after(LEASE_RETRY_MS, resolve);
        });
      }
    }
    return !signal.aborted;
  }

  released(actor: RunActor, wake: number | undefined): void {
    if (this.#actors.get(actor.id) === actor) {
      this.#actors.delete(actor.id);
    }
    if (wake !== undefined) {
      this.#due.by(wake);
    }
  }

  /** Runs have mail: those in memory read it, others are due now. */
  #rung(ids: readonly string[]): void {
    for (const id of ids) {
      const actor = this.#actors.get(id);
      if (actor !== undefined) {
        actor.mail();
      } else {
        this.#due.by(0);
      }
    }
  }

  /** The lease ran out: what is in memory may be another's by now. */
  #lost(): void {
    this.#actors.forEach(actor => actor.kill());
    this.#actors.clear();
    this.#strays.clear();
  }

  /** Makes memory and database agree: on runs that were ended elsewhere, and on those whose storing was reported wrongly. */
  async #reconcile(owner: string): Promise<void> {
    const held = await this.#compare(owner);
    const strays = new Map(
      [...held]
        .filter(([id]) => !this.#actors.has(id))
        .map(([id, { rev }]) => [id, rev]),
    );
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

  /** Lets go of runs that are not this process's any more, and gives those in memory the mail that others have put into their inboxes. */
  async #compare(owner: string): Promise<Map<string, HeldRun>> {
    const before = new Map(this.#actors);
    const held = await this.#options.leases.held(owner);
    for (const [id, actor] of before) {
      const run = held.get(id);
      if (this.#actors.get(id) !== actor) {
        continue;
      }
      if (run === undefined) {
        this.drop([id]);
      } else if (run.mail > actor.mailSeen) {
        actor.mail();
      }
    }
    return held;
  }

  async #takeDue(): Promise<number | undefined> {
    const { leases, pollMs } = this.#options;
    try {
      const owner = await this.owner();
      let count = CLAIM_BATCH;
      while (count === CLAIM_BATCH && !this.#stopped) {
        const runs = await leases.takeDue(owner, this.clock.now());
        runs.forEach(run => this.accept(run, owner));
        count = runs.length;
      }
      // Looks come as often as there is mail; what others have done is looked at now and then.
      const now = performance.now();
      if (this.#actors.size > 0 && now >= this.#comparedAt + pollMs / 2) {
        this.#comparedAt = now;
        await this.#compare(owner);
      }
      return await leases.nextDue();
    } catch (error) {
      this.logger.warn(
        `The engine cannot look for runs that are due: ${describeError(error)}`,
      );
      return undefined;
    }
  }
}
