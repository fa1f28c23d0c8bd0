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

import type { UserInfoService } from '@backstage/backend-plugin-api';
import type { OrchestratorGroupResolver } from '@flowgate/backstage-plugin-orchestrator-node';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Caller } from './Authenticator';
import { rememberIn } from './credentialMemory';
import type { Owners } from './Owners';
import type { Principal } from './Principal';

/** Seconds after which a caller may try again when memberships cannot be had. */
const RETRY_AFTER = 5;

/** What users belong to, and what the catalog says of them. One place asks; an extension point can replace the answer. */
export class Memberships {
  readonly #userInfo: UserInfoService;
  readonly #owners: Owners;
  readonly #resolver?: OrchestratorGroupResolver;
  readonly #rememberMs: number;
  readonly #now: () => number;

  constructor(deps: {
    userInfo: UserInfoService;
    owners: Owners;
    resolver?: OrchestratorGroupResolver;
    /** Milliseconds. */
    rememberMs: number;
    now: () => number;
  }) {
    this.#userInfo = deps.userInfo;
    this.#owners = deps.owners;
    this.#resolver = deps.resolver;
    this.#rememberMs = deps.rememberMs;
    this.#now = deps.now;
  }

  /**
   * The entity refs through which a caller owns things, remembered beside its credential.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  of({ principal, memory }: Caller): Promise<readonly string[]> {
    return rememberIn(memory, 'groups', this.#rememberMs, this.#now(), () =>
      this.groupsOf(principal),
    );
  }

  /**
   * The entity refs through which a user owns things. For a personal token, whose owner is not there to be asked: what the catalog
   * says now, as far as it held when the owner was last seen.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async groupsOf(principal: Principal): Promise<readonly string[]> {
    if (principal.token?.kind === 'personal') {
      const [both] = await this.viewsOf(principal);
      return both;
    }
    if (principal.type !== 'user') {
      return [];
    }
    if (!principal.credentials) {
      return this.#withoutUser(principal.ref);
    }
    const { credentials, ref } = principal;
    return this.#ask(async () => {
      if (this.#resolver) {
        return this.#resolver.resolveGroups({
          userEntityRef: ref,
          credentials,
        });
      }
      const { ownershipEntityRefs } = await this.#userInfo.getUserInfo(
        credentials,
      );
      return ownershipEntityRefs;
    });
  }

  /**
   * What can be said of the memberships of a personal token's owner, who is not there to be asked: what held when the owner was
   * last seen as well as in the catalog now, then each of the two.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async viewsOf({
    ref: owner,
    token,
  }: Principal): Promise<readonly (readonly string[])[]> {
    const then = token?.snapshot?.refs ?? [];
    const now = [owner, ...(await this.#withoutUser(owner))];
    return [then.filter(ref => now.includes(ref)), then, now];
  }

  /**
   * The e-mail address that the catalog has of a user, or of the owner of a personal token.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async emailOf(principal: Principal): Promise<string | undefined> {
    return (await this.#owners.find(principal.ref))?.email;
  }

  async #withoutUser(userEntityRef: string): Promise<readonly string[]> {
    if (this.#resolver) {
      return this.#ask(() => this.#resolver!.resolveGroups({ userEntityRef }));
    }
    return (await this.#owners.find(userEntityRef))?.memberOf ?? [];
  }

  async #ask(
    work: () => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    try {
      return await work();
    } catch (error) {
      throw new OrchestratorError(
        'auth.policy_unavailable',
        'The memberships of the caller cannot be read at the moment',
        { cause: error, retryAfter: RETRY_AFTER },
      );
    }
  }
}
