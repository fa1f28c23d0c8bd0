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

import { LRUCache } from 'lru-cache';
import type { PrincipalFacts } from '../grants/facts';
import type { GrantBook } from '../grants/GrantBook';
import type { Caller } from './Authenticator';
import type { Memberships } from './Memberships';
import type { Principal } from './Principal';
import { Rights } from './Rights';

/** How many principals are remembered at most whose rights depend on the configuration only. */
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly until: number;
  readonly rights: Promise<Rights>;
}

/** The second step of the gate: from who calls to what the grants give. Worked out once, as long as it may be remembered. */
export class CallerRights {
  readonly #book: GrantBook;
  readonly #memberships: Memberships;
  readonly #rememberMs: number;
  readonly #now: () => number;
  readonly #constant = new LRUCache<string, Rights>({ max: MAX_REMEMBERED });

  constructor(options: {
    book: GrantBook;
    memberships: Memberships;
    rememberMs: number;
    now: () => number;
  }) {
    this.#book = options.book;
    this.#memberships = options.memberships;
    this.#rememberMs = options.rememberMs;
    this.#now = options.now;
  }

  /**
   * What the grants give a caller now.
   *
   * @throws OrchestratorError `auth.policy_unavailable` where memberships are needed and cannot be had
   */
  async of(caller: Caller): Promise<Rights> {
    const { principal } = caller;
    if (principal.type !== 'user') {
      return this.#ofService(principal);
    }
    const known = caller.memory.rights as Remembered | undefined;
    if (known && this.#now() < known.until) {
      return known.rights;
    }
    const remembered: Remembered = {
      until: this.#now() + this.#rememberMs,
      rights: this.#ofUser(principal),
    };
    if (this.#rememberMs > 0) {
      caller.memory.rights = remembered;
      // A failure is not remembered: whoever comes next asks again.
      remembered.rights.catch(() => {
        if (caller.memory.rights === remembered)
          caller.memory.rights = undefined;
      });
    }
    return remembered.rights;
  }

  /** Without memberships, rights are a function of the configuration, which does not change while the plugin runs. */
  #ofService(principal: Principal): Rights {
    const key = JSON.stringify([
      principal.ref,
      principal.accessRestrictions ?? null,
    ]);
    let rights = this.#constant.get(key);
    if (!rights) {
      rights = new Rights(
        this.#book.resolve({ ...factsOf(principal), groups: [] }),
      );
      this.#constant.set(key, rights);
    }
    return rights;
  }

  async #ofUser(principal: Principal): Promise<Rights> {
    const [groups, email] = await Promise.all([
      this.#book.needs.groups ? this.#memberships.groupsOf(principal) : [],
      this.#book.needs.email ? this.#memberships.emailOf(principal) : undefined,
    ]);
    return new Rights(
      this.#book.resolve({ ...factsOf(principal), groups, email }),
    );
  }
}

function factsOf(principal: Principal): Omit<PrincipalFacts, 'groups'> {
  const { type, ref, actor, accessRestrictions } = principal;
  return { type, ref, actor, accessRestrictions };
}
