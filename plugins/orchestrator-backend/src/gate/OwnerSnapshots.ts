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
import { withinTime } from '../database/withinTime';
import type { PolicyDecisions } from '../grants/PolicyDecisions';
import type { Caller } from './Authenticator';
import type { Memberships } from './Memberships';
import type { PermissionPolicy } from './PermissionPolicy';
import type { OwnerSnapshot, Principal } from './Principal';

/** How often the snapshot of a user who is seen is renewed at most; milliseconds. */
const INTERVAL = 5_000;

/** How long a request waits at most for the snapshot of its caller; milliseconds. */
const PATIENCE = 2_000;

/** Where snapshots are kept. */
export interface OwnerSnapshotStore {
  /** Whether there is a snapshot of a user, which is so for owners of tokens only. */
  has(owner: string): Promise<boolean>;
  /**
   * Keeps a snapshot if it is newer than the one that is there, and makes every replica forget that one where it says something
   * else. Does nothing where there is none, unless it may make one.
   */
  save(
    owner: string,
    snapshot: OwnerSnapshot,
    options: { create: boolean },
  ): Promise<void>;
}

/**
 * Renews what is known of users for the time when only their personal tokens are there: what they belong to, and what the
 * permission policy decides for them.
 */
export class OwnerSnapshots {
  readonly #store: OwnerSnapshotStore;
  readonly #policy: PermissionPolicy;
  readonly #memberships: Memberships;
  readonly #logger: LoggerService;
  readonly #intervalMs: number;
  readonly #now: () => number;
  #isFailing = false;

  constructor(options: {
    store: OwnerSnapshotStore;
    policy: PermissionPolicy;
    memberships: Memberships;
    logger: LoggerService;
    /** How long the policy's decisions may be remembered; milliseconds. */
    rememberMs: number;
    now: () => number;
  }) {
    this.#store = options.store;
    this.#policy = options.policy;
    this.#memberships = options.memberships;
    this.#logger = options.logger;
    this.#intervalMs = Math.min(INTERVAL, options.rememberMs);
    this.#now = options.now;
  }

  /** Notes that a user was seen with a Backstage token. Never throws: what cannot be renewed now grows older. */
  async seen({ principal, memory }: Caller): Promise<void> {
    if (!isPresent(principal)) {
      return;
    }
    if (memory.seenUntil !== undefined && this.#now() < memory.seenUntil) {
      return;
    }
    memory.seenUntil = this.#now() + this.#intervalMs;
    try {
      await withinTime(
        this.#renewKnown(principal),
        PATIENCE,
        () => new Error('timed out'),
      );
      this.#isFailing = false;
    } catch {
      memory.seenUntil = this.#now() + INTERVAL;
      if (!this.#isFailing) {
        this.#logger.warn(
          'What is known of the owners of personal tokens cannot be renewed at the moment',
        );
      }
      this.#isFailing = true;
    }
  }

  async #renewKnown(principal: Principal): Promise<void> {
    if (await this.#store.has(principal.ref)) {
      await this.#renew(principal, false);
    }
  }

  /**
   * Takes a snapshot of a user who mints a token.
   *
   * @returns what the policy decides for the principal now; undefined where it cannot be asked for it
   * @throws OrchestratorError where it cannot be taken
   */
  async taken(principal: Principal): Promise<PolicyDecisions | undefined> {
    return isPresent(principal)
      ? this.#renew(principal, true)
      : this.#policy.decisions(principal);
  }

  async #renew(
    principal: Principal,
    create: boolean,
  ): Promise<PolicyDecisions> {
    const takenAt = this.#now();
    const [decisions, refs] = await Promise.all([
      this.#policy.decisions(principal),
      this.#memberships.groupsOf(principal),
    ]);
    await this.#store.save(
      principal.ref,
      { decisions: decisions!, refs: [...refs].sort(), takenAt },
      { create },
    );
    return decisions!;
  }
}

/** Through a plugin a user is seen as well, but the policy may decide otherwise for the plugin's sake. */
function isPresent(principal: Principal): boolean {
  return (
    principal.type === 'user' &&
    principal.actor === undefined &&
    principal.credentials !== undefined
  );
}
