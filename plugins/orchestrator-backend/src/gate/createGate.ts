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
  HttpAuthService,
  LoggerService,
  PermissionsRegistryService,
  PermissionsService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { OrchestratorGroupResolver } from '@flowgate/backstage-plugin-orchestrator-node';
import type { AuthConfig } from '../config/AuthConfig';
import { GrantBook } from '../grants/GrantBook';
import type { GateMetrics } from '../metrics/GateMetrics';
import { Authenticator } from './Authenticator';
import { BackstagePrincipals } from './BackstagePrincipals';
import { CallerRights } from './CallerRights';
import { Gate } from './Gate';
import { Memberships } from './Memberships';
import type { Operation } from './operations';
import { OperationTable } from './OperationTable';
import { PermissionPolicy } from './PermissionPolicy';

/** Makes the gate: the sources of principals, the grants, the policy. */
export function createGate(deps: {
  auth: AuthService;
  catalog: CatalogService;
  config: AuthConfig;
  groupResolver?: OrchestratorGroupResolver;
  hasCustomExternalAccess: boolean;
  httpAuth: HttpAuthService;
  logger: LoggerService;
  metrics: GateMetrics;
  operations: readonly Operation[];
  permissions: PermissionsService;
  permissionsRegistry: PermissionsRegistryService;
  userInfo: UserInfoService;
  now?: () => number;
}): Gate {
  const { config, now = Date.now } = deps;
  return new Gate({
    table: new OperationTable(deps.operations),
    authenticator: new Authenticator({
      sources: [new BackstagePrincipals(deps)],
      mode: config.mode,
      rememberMs: config.rememberCredentialsMs,
      now,
      metrics: deps.metrics,
    }),
    rights: new CallerRights({
      book: new GrantBook(config, deps.logger),
      memberships: new Memberships({
        userInfo: deps.userInfo,
        auth: deps.auth,
        catalog: deps.catalog,
        resolver: deps.groupResolver,
      }),
      rememberMs: config.rememberPolicyMs,
      now,
    }),
    policy: new PermissionPolicy({
      permissions: deps.permissions,
      registry: deps.permissionsRegistry,
      rememberMs: config.rememberPolicyMs,
      now,
    }),
  });
}
