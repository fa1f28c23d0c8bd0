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

import { orchestratorScopes } from '@flowgate/backstage-plugin-orchestrator-common';
import type { GrantedAccess } from '../gate/GrantedAccess';
import type { OperationHandlers } from './OperationHandler';
import { sendUncached } from './sendUncached';

/** The operations that tell callers who they are and what they may do. */
export function createCallerRoutes(): OperationHandlers {
  return {
    async getWhoami({ access, res }) {
      const { principal, rights } = access as GrantedAccess;
      sendUncached(res, {
        authenticated: principal.type !== 'anonymous',
        principal: {
          type: principal.type,
          ref: principal.ref,
          actor: principal.actor,
          tokenId: principal.tokenId,
        },
        ...rights.summary,
        expiresAt:
          principal.expiresAt === undefined
            ? undefined
            : new Date(principal.expiresAt).toISOString(),
      });
    },

    async getScopes({ access, res }) {
      const { rights } = access as GrantedAccess;
      sendUncached(res, {
        scopes: orchestratorScopes.map(
          ({ scope, description, permission }) => ({
            scope,
            description,
            permission: permission.name,
            held: rights.gives(scope),
          }),
        ),
      });
    },
  };
}
