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
import type { LeaseStore } from '../store/LeaseStore';
import { describePlace } from './place';

/** The lease of this process on the runs that it takes on. */
export class OwnLease {
  readonly #leases: LeaseStore;
  readonly #leaseMs: number;
  readonly #monotonic: () => number;
  #owner = randomUUID();
  #registered?: Promise<void>;
  /** By a clock that nobody sets, and that goes on while the process is stopped. */
  #until = 0;

  /**
   * @param leaseMs - milliseconds for which this process is taken for alive without a word of it
   * @param monotonic - milliseconds that only grow
   */
  constructor(
    leases: LeaseStore,
    leaseMs: number,
    monotonic: () => number = () => performance.now(),
  ) {
    this.#leases = leases;
    this.#leaseMs = leaseMs;
    this.#monotonic = monotonic;
  }

  /** The name of this process, whether it is registered or not. */
  get id(): string {
    return this.#owner;
  }

  get isRegistered(): boolean {
    return this.#registered !== undefined;
  }

  /** Whether nobody else can have taken runs of this process: it is false before the lease is over for others. */
  get holds(): boolean {
    return this.#monotonic() < this.#until;
  }

  /** The name of this process; registered with a lease once it resolves. */
  async owner(): Promise<string> {
    this.#registered ??= this.#register().catch(error => {
      this.#registered = undefined;
      throw error;
    });
    await this.#registered;
    return this.#owner;
  }

  async #register(): Promise<void> {
    // The time before the statement: its answer may come late.
    const until = this.#monotonic() + this.#leaseMs;
    await this.#leases.register(this.#owner, describePlace(), this.#leaseMs);
    this.#until = until;
  }

  /** Renews the lease; false where it had run out, and others may have taken runs. */
  async renew(): Promise<boolean> {
    const owner = await this.owner();
    const until = this.#monotonic() + this.#leaseMs;
    if (!(await this.#leases.renew(owner, this.#leaseMs))) {
      return false;
    }
    if (owner === this.#owner) {
      this.#until = until;
    }
    return true;
  }

  /** Goes on under another name, under which nothing is held yet. */
  begin(): void {
    this.#owner = randomUUID();
    this.#registered = undefined;
    this.#until = 0;
  }
}
