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
import { randomUUID } from 'node:crypto';
import type { Clock } from '../host/clock';
import { describeError } from '../host/describeError';
import { withinPatience } from '../host/withinPatience';
import type { WorkLeases } from '../store/WorkLeases';
import type { RareWarnings } from './RareWarnings';

/** Milliseconds for which a silent process is waited for. */
const LEASE_MS = 15_000;
/** Milliseconds between looks for work that nobody told of. */
const POLL_MS = 1_000;

/** Work that one process does at a time. */
export interface LeasedWork {
  /** Names the work among all processes. */
  readonly name: string;
  /** Whether there is anything to do; it costs little. */
  isPending(): Promise<boolean>;
  /**
   * Does a part of it.
   *
   * @param holds - whether the work is this process's still; what is slow asks before each thing that others can see
   * @param signal - ends what is slow
   * @returns false where nothing more can be done now
   */
  work(holds: () => boolean, signal: AbortSignal): Promise<boolean>;
}

/** What a loop is made of. */
export interface LeasedLoopParts {
  readonly leases: WorkLeases;
  readonly clock: Clock;
  readonly warnings: RareWarnings;
  readonly leaseMs?: number;
  readonly pollMs?: number;
}

/**
 * Does work whenever there is some and no other process does it. The lease is held only while there is something to do, so that an
 * idle process writes nothing.
 */
export class LeasedLoop {
  readonly #task: LeasedWork;
  readonly #parts: LeasedLoopParts;
  readonly #holder = randomUUID();
  readonly #ended = new AbortController();
  /** Until when the lease surely holds, by the clock of this process. */
  #holdsUntil = 0;
  #begun = false;
  #working?: Promise<void>;
  /** Something came up while it was at work. */
  #again = false;
  #cancelPoll?: () => void;

  constructor(task: LeasedWork, parts: LeasedLoopParts) {
    this.#task = task;
    this.#parts = parts;
  }

  /** Looks for work from now on. */
  begin(): void {
    this.#begun = true;
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    if (!this.#begun || this.#ended.signal.aborted) {
      return;
    }
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    this.#cancelPoll?.();
    this.#working = this.#turn().finally(() => {
      this.#working = undefined;
      this.#rest();
    });
  }

  /** Ends the work, and gives the lease back. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#cancelPoll?.();
    await withinPatience(Promise.resolve(this.#working));
  }

  #rest(): void {
    if (this.#ended.signal.aborted) {
      return;
    }
    if (this.#again) {
      this.#again = false;
      this.wake();
      return;
    }
    this.#cancelPoll = this.#parts.clock.after(
      this.#parts.pollMs ?? POLL_MS,
      () => this.wake(),
    );
  }

  async #turn(): Promise<void> {
    const { leases, warnings } = this.#parts;
    const { name } = this.#task;
    try {
      if (!(await this.#task.isPending()) || !(await this.#acquire())) {
        return;
      }
      const cancel = this.#renewals();
      try {
        await this.#work();
      } finally {
        cancel();
        this.#holdsUntil = 0;
        await leases.release(name, this.#holder);
      }
    } catch (error) {
      if (this.#ended.signal.aborted) {
        return;
      }
      warnings.warn(
        name,
        `The engine cannot do its work on ${name}, and tries again: ${describeError(
          error,
        )}`,
      );
    }
  }

  async #work(): Promise<void> {
    const { signal } = this.#ended;
    const holds = () =>
      !signal.aborted && this.#parts.clock.now() < this.#holdsUntil;
    while (holds()) {
      this.#again = false;
      if (!(await this.#task.work(holds, signal))) {
        return;
      }
    }
  }

  async #acquire(): Promise<boolean> {
    const { clock, leaseMs = LEASE_MS, leases } = this.#parts;
    // From before the question: it may take a while.
    const until = clock.now() + leaseMs;
    const acquired = await leases.acquire(
      this.#task.name,
      this.#holder,
      leaseMs,
    );
    this.#holdsUntil = acquired ? until : 0;
    return acquired;
  }

  /** Renews the lease until it is told to stop. */
  #renewals(): () => void {
    const { clock, leaseMs = LEASE_MS } = this.#parts;
    let cancel = () => {};
    let isOver = false;
    const renew = async () => {
      try {
        await this.#acquire();
      } catch {
        // The lease holds a while still, and the work itself tells of a database that is away.
      }
      if (!isOver) {
        cancel = clock.after(leaseMs / 3, renew);
      }
    };
    cancel = clock.after(leaseMs / 3, renew);
    return () => {
      isOver = true;
      cancel();
    };
  }
}
