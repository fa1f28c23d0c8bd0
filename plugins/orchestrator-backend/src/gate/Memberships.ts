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

import type {
  AuthService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { OrchestratorGroupResolver } from '@flowgate/backstage-plugin-orchestrator-node';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Principal } from './Principal';

/** Seconds after which a caller may try again when memberships cannot be had. */
const RETRY_AFTER = 5;

function unavailable(cause: unknown): OrchestratorError {
  return new OrchestratorError(
    'auth.policy_unavailable',
    'The memberships of the caller cannot be read at the moment',
    { cause, retryAfter: RETRY_AFTER },
  );
}

/** What a user belongs to, and what the catalog says of a user. One place asks; an extension point can replace the answer. */
export class Memberships {
  readonly #userInfo: UserInfoService;
  readonly #auth: AuthService;
  readonly #catalog: CatalogService;
  readonly #resolver?: OrchestratorGroupResolver;

  constructor(deps: {
    userInfo: UserInfoService;
    auth: AuthService;
    catalog: CatalogService;
    resolver?: OrchestratorGroupResolver;
  }) {
    this.#userInfo = deps.userInfo;
    this.#auth = deps.auth;
    this.#catalog = deps.catalog;
    this.#resolver = deps.resolver;
  }

  /**
   * The entity refs through which a user owns things.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async groupsOf(principal: Principal): Promise<readonly string[]> {
    if (principal.type !== 'user' || !principal.credentials) {
      return [];
    }
    try {
      if (this.#resolver) {
        return await this.#resolver.resolveGroups({
          userEntityRef: principal.ref,
          credentials: principal.credentials,
        });
      }
      const { ownershipEntityRefs } = await this.#userInfo.getUserInfo(
        principal.credentials,
      );
      return ownershipEntityRefs;
    } catch (error) {
      throw unavailable(error);
    }
  }

  /**
   * The e-mail address that the catalog has of a user.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async emailOf(principal: Principal): Promise<string | undefined> {
    if (principal.type !== 'user') {
      return undefined;
    }
    try {
      const entity = await this.#catalog.getEntityByRef(principal.ref, {
        credentials: await this.#auth.getOwnServiceCredentials(),
      });
      const profile = entity?.spec?.profile as { email?: unknown } | undefined;
      return typeof profile?.email === 'string' ? profile.email : undefined;
    } catch (error) {
      throw unavailable(error);
    }
  }
}
