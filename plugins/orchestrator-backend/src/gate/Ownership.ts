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

import type { RunCriteria, RunFacts } from '../grants/criteria';
import type { Caller } from './Authenticator';
import type { Memberships } from './Memberships';

/** The runs that are somebody's own: by whose they are, or by who started them. */
export type OwnRuns = Pick<RunCriteria, 'owners' | 'initiators'>;

/** Says what is a caller's own: by itself, through a token of its own, or through a group. */
export class Ownership {
  readonly #memberships: Memberships;
  readonly #groupsWithRuns: () => Promise<ReadonlySet<string>>;

  /** @param options - `groupsWithRuns`: the groups whose tokens started runs; it may be some seconds old */
  constructor(options: {
    memberships: Memberships;
    groupsWithRuns: () => Promise<ReadonlySet<string>>;
  }) {
    this.#memberships = options.memberships;
    this.#groupsWithRuns = options.groupsWithRuns;
  }

  /**
   * The refs through which a caller owns things: its own and, for users and their personal tokens, those of their groups.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async refsOf(caller: Caller): Promise<readonly string[]> {
    const { ref } = caller.principal;
    return isPerson(caller)
      ? [...new Set([ref, ...(await this.#memberships.of(caller))])]
      : [ref];
  }

  /**
   * The runs that are a caller's own: those that it started, and those of tokens that it or a group of its owns.
   *
   * @param runs - those that it is asked for; absent for lists, where a group whose first run is some seconds old may be missing
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async runsOf(caller: Caller, runs?: readonly RunFacts[]): Promise<OwnRuns> {
    const { ref, token } = caller.principal;
    if (!isPerson(caller)) {
      // What an owned token started is its owner's; what tokens of its own started is its own.
      const isOwned = token?.owner !== undefined;
      return { owners: [ref], initiators: isOwned ? [ref] : [] };
    }
    const candidates = runs
      ? new Set(
          runs
            .map(run => run.owner)
            .filter(owner => owner.startsWith('group:')),
        )
      : await this.#groupsWithRuns();
    const groups =
      candidates.size === 0 ? [] : await this.#memberships.of(caller);
    return {
      owners: [ref, ...groups.filter(group => candidates.has(group))],
      initiators: [],
    };
  }
}

/** A user, or a token that acts as one. */
function isPerson({ principal: { type, token } }: Caller): boolean {
  return type === 'user' || token?.kind === 'personal';
}
