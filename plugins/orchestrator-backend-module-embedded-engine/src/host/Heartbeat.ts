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
import type { LeaseStore } from '../store/LeaseStore';
import type { StoredRun } from '../store/rows';
import type { Clock } from './clock';
import { describeError } from './describeError';
import { expireGone } from './expireGone';
import type { OwnLease } from './OwnLease';

/** What a heartbeat tells its host. */
export interface HeartbeatListener {
  /** Others may have taken all runs. */
  lost(): void;
  /** Makes memory and database agree. */
  reconcile(owner: string): Promise<void>;
  /** Runs of a process that is gone are this one's now. */
  accept(run: StoredRun, owner: string): void;
}

/** Keeps the lease of this process, and looks after the runs of those that have lost theirs. */
export class Heartbeat {
  readonly #lease: OwnLease;
  readonly #leases: LeaseStore;
  readonly #clock: Clock;
  readonly #logger: LoggerService;
  readonly #intervalMs: number;
  readonly #listener: HeartbeatListener;
  #isRunning = false;
  #renewing?: Promise<void>;
  #looking?: Promise<void>;
  #cancelRenewal?: () => void;
  #cancelLook?: () => void;

  constructor(
    lease: OwnLease,
    options: {
      readonly leases: LeaseStore;
      readonly clock: Clock;
      readonly logger: LoggerService;
      /** Milliseconds between two beats. */
      readonly intervalMs: number;
    },
    listener: HeartbeatListener,
  ) {
    this.#lease = lease;
    this.#leases = options.leases;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#intervalMs = options.intervalMs;
    this.#listener = listener;
  }

  /** Beats from now; resolves after the first beat. */
  async begin(): Promise<void> {
    this.#isRunning = true;
    await this.#renewals();
    await this.#looks();
  }

  /** Beats no more; what is under way goes on until `settled`. */
  end(): void {
    this.#isRunning = false;
    this.#cancelRenewal?.();
    this.#cancelLook?.();
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#renewing, this.#looking]);
  }

  /** Renews the lease now. It waits for nothing else: not for runs that another process has locked. */
  async renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  async #renew(): Promise<void> {
    try {
      if (await this.#lease.renew()) {
        return;
      }
    } catch (error) {
      this.#troubled(error);
      if (this.#lease.holds || !this.#lease.isRegistered) {
        return;
      }
    }
    this.#logger.warn(
      'The lease of this process ran out; it lets go of its runs and begins anew',
    );
    this.#lease.begin();
    this.#listener.lost();
    try {
      await this.#lease.owner();
    } catch (error) {
      this.#troubled(error);
    }
  }

  async #renewals(): Promise<void> {
    await this.renew();
    if (this.#isRunning) {
      this.#cancelRenewal = this.#clock.after(this.#intervalMs, () => {
        this.#renewals();
      });
    }
  }

  async #looks(): Promise<void> {
    this.#looking = this.#look();
    await this.#looking;
    if (this.#isRunning) {
      this.#cancelLook = this.#clock.after(this.#intervalMs, () => {
        this.#looks();
      });
    }
  }

  async #look(): Promise<void> {
    try {
      const owner = await this.#lease.owner();
      await this.#listener.reconcile(owner);
      await expireGone(this.#leases, owner);
      while (this.#isRunning) {
        const runs = await this.#leases.takeOver(owner);
        if (runs.length === 0) {
          break;
        }
        this.#logger.info(
          `${runs.length} runs are taken over from a process that is gone`,
        );
        runs.forEach(run => this.#listener.accept(run, owner));
      }
      await this.#leases.forget();
    } catch (error) {
      this.#troubled(error);
    }
  }

  #troubled(error: unknown): void {
    this.#logger.warn(
      `The engine cannot reach its database: ${describeError(error)}`,
    );
  }
}
