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

import {
  type BackstageCredentials,
  createExtensionPoint,
} from '@backstage/backend-plugin-api';

/**
 * Says what a user belongs to.
 *
 * @public
 */
export interface OrchestratorGroupResolver {
  /**
   * The entity refs through which a user owns things, groups among them.
   *
   * @throws any error where they cannot be had now; the caller is then answered 503
   */
  resolveGroups(request: {
    userEntityRef: string;
    /**
     * The user's own credentials; absent where the user is not there to be asked: for personal tokens, which then belong to
     * no more groups than their owner did when last seen.
     */
    credentials?: BackstageCredentials;
  }): Promise<readonly string[]>;
}

/**
 * Where a module replaces how memberships are resolved; by default Backstage's user info says.
 *
 * @public
 */
export interface OrchestratorGroupsExtensionPoint {
  /**
   * Sets the resolver.
   *
   * @throws Error where one is set already
   */
  setGroupResolver(resolver: OrchestratorGroupResolver): void;
}

/**
 * The extension point for memberships.
 *
 * @public
 */
export const orchestratorGroupsExtensionPoint =
  createExtensionPoint<OrchestratorGroupsExtensionPoint>({
    id: 'orchestrator.groups',
  });
