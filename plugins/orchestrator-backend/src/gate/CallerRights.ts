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
import { OrchestratorError } from '../errors/OrchestratorError';
import { commonGrants } from '../grants/commonGrants';
import type { PrincipalFacts } from '../grants/facts';
import type { Grant } from '../grants/Grant';
import type { GrantBook } from '../grants/GrantBook';
import type { GrantLayers } from '../grants/GrantLayers';
import type { Caller } from './Authenticator';
import { rememberIn } from './credentialMemory';
import type { Memberships } from './Memberships';
import type { Owners } from './Owners';
import type { Principal, TokenFacts } from './Principal';
import { Rights } from './Rights';

/** How many principals are remembered at most whose rights depend on the configuration only. */
const MAX_REMEMBERED = 10_000;

/** The second step of the gate: from who calls to what the grants give. Worked out once, as long as it may be remembered. */
export class CallerRights {
  readonly #book: GrantBook;
  readonly #memberships: Memberships;
  readonly #owners: Owners;
  readonly #rememberMs: number;
  /** Milliseconds; absent where the permission framework is off. */
  readonly #policyMaxAgeMs?: number;
  readonly #now: () => number;
  readonly #constant = new LRUCache<string, Rights>({ max: MAX_REMEMBERED });

  constructor(options: {
    book: GrantBook;
    memberships: Memberships;
    owners: Owners;
    rememberMs: number;
    policyMaxAgeMs?: number;
    now: () => number;
  }) {
    this.#book = options.book;
    this.#memberships = options.memberships;
    this.#owners = options.owners;
    this.#rememberMs = options.rememberMs;
    this.#policyMaxAgeMs = options.policyMaxAgeMs;
    this.#now = options.now;
  }

  /**
   * What a caller may do now as far as grants go.
   *
   * @throws OrchestratorError `auth.policy_unavailable` where the catalog or memberships are needed and cannot be had,
   *   `auth.principal_not_allowed` for a token whose owner is gone, or was not seen for too long
   */
  async of(caller: Caller): Promise<Rights> {
    const { principal, memory } = caller;
    if (principal.type !== 'user' && !principal.token) {
      return this.#ofService(principal);
    }
    return rememberIn(
      memory,
      'rights',
      this.#lifeOf(principal),
      this.#now(),
      async () => new Rights(await this.#workOut(caller)),
    );
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

  #lifeOf({ type, token }: Principal): number {
    return type === 'user' || token?.owner !== undefined
      ? this.#rememberMs
      : Infinity;
  }

  async #workOut(caller: Caller): Promise<GrantLayers> {
    const { token } = caller.principal;
    if (!token) {
      return this.#book.resolve(await this.#factsOfUser(caller));
    }
    await this.#checkOwner(token);
    if (token.kind !== 'personal') {
      return { token: token.grants };
    }
    return { held: await this.#heldByOwner(caller), token: token.grants };
  }

  /**
   * What the owner of a personal token is granted, whichever is true of the memberships. To be in a group can take rights away,
   * since a grant takes the place of the defaults and an expression may ask who is not in it: a group that is not known for sure
   * must not give back what it took.
   */
  async #heldByOwner({ principal }: Caller): Promise<readonly Grant[]> {
    const [views, email] = await Promise.all([
      this.#book.needs.groups ? this.#memberships.viewsOf(principal) : [[]],
      this.#book.needs.email ? this.#memberships.emailOf(principal) : undefined,
    ]);
    const facts = { ...factsOf(principal), type: 'user', email } as const;
    return views
      .map(groups => this.#book.resolve({ ...facts, groups }).held ?? [])
      .reduce(commonGrants);
  }

  async #factsOfUser(caller: Caller): Promise<PrincipalFacts> {
    const { principal } = caller;
    const [groups, email] = await Promise.all([
      this.#book.needs.groups ? this.#memberships.of(caller) : [],
      this.#book.needs.email ? this.#memberships.emailOf(principal) : undefined,
    ]);
    return { ...factsOf(principal), groups, email };
  }

  /** Personal tokens live as long as their owner is there and comes by now and then, group tokens as long as the group. */
  async #checkOwner({ kind, owner, snapshot }: TokenFacts): Promise<void> {
    if ((kind !== 'personal' && kind !== 'group') || owner === undefined) {
      return;
    }
    if (!(await this.#owners.find(owner))) {
      throw notAllowed(
        'The owner of this token is not in the catalog any more',
      );
    }
    if (kind === 'group' || this.#policyMaxAgeMs === undefined) {
      return;
    }
    if (!snapshot || this.#now() - snapshot.takenAt > this.#policyMaxAgeMs) {
      throw notAllowed(
        'The owner of this token was not seen for too long: open the orchestrator page to renew',
      );
    }
  }
}

function notAllowed(message: string): OrchestratorError {
  return new OrchestratorError('auth.principal_not_allowed', message);
}

function factsOf(principal: Principal): Omit<PrincipalFacts, 'groups'> {
  const { type, ref, actor, accessRestrictions } = principal;
  return { type, ref, actor, accessRestrictions };
}
