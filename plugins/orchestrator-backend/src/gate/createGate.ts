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
import type { FailureLimits } from '../limits/FailureLimits';
import type { GateMetrics } from '../metrics/GateMetrics';
import { Authenticator } from './Authenticator';
import { BackstagePrincipals } from './BackstagePrincipals';
import { BootstrapPrincipals } from './BootstrapPrincipals';
import { CallerRights } from './CallerRights';
import { Gate } from './Gate';
import { Memberships } from './Memberships';
import type { Operation } from './operations';
import { OperationTable } from './OperationTable';
import type { TokenUses } from './passage';
import type { Owners } from './Owners';
import { Ownership } from './Ownership';
import { OwnerSnapshots, type OwnerSnapshotStore } from './OwnerSnapshots';
import { PermissionPolicy } from './PermissionPolicy';
import type { PrincipalSource } from './PrincipalSource';
import { remembering } from './remembering';

/** Makes the gate: the sources of principals, the grants, the policy. */
export function createGate(deps: {
  auth: AuthService;
  catalog: CatalogService;
  config: AuthConfig;
  groupResolver?: OrchestratorGroupResolver;
  /** The groups whose tokens started runs, from the database. */
  groupsWithRuns: () => Promise<ReadonlySet<string>>;
  hasCustomExternalAccess: boolean;
  httpAuth: HttpAuthService;
  /** Whether the permission framework is on. */
  isPolicyAsked: boolean;
  limits: FailureLimits;
  logger: LoggerService;
  metrics: GateMetrics;
  operations: readonly Operation[];
  owners: Owners;
  permissions: PermissionsService;
  permissionsRegistry: PermissionsRegistryService;
  snapshots: OwnerSnapshotStore;
  /** The plugin's own kinds of credential, in the order in which they are asked; Backstage's follow. */
  sources: readonly PrincipalSource[];
  userInfo: UserInfoService;
  uses: TokenUses;
  now: () => number;
}): Gate {
  const { config, logger, now, owners } = deps;
  const rememberMs = config.rememberPolicyMs;
  const memberships = new Memberships({
    userInfo: deps.userInfo,
    owners,
    resolver: deps.groupResolver,
    rememberMs,
    now,
  });
  const policy = new PermissionPolicy({
    permissions: deps.permissions,
    registry: deps.permissionsRegistry,
    rememberMs,
    now,
  });
  const bootstrap = config.bootstrap
    ? [new BootstrapPrincipals({ config: config.bootstrap, logger, now })]
    : [];
  return new Gate({
    table: new OperationTable(deps.operations),
    authenticator: new Authenticator({
      sources: [...bootstrap, ...deps.sources, new BackstagePrincipals(deps)],
      mode: config.mode,
      rememberMs: config.rememberCredentialsMs,
      now,
      metrics: deps.metrics,
    }),
    rights: new CallerRights({
      book: new GrantBook(config, logger),
      memberships,
      owners,
      rememberMs,
      policyMaxAgeMs: deps.isPolicyAsked
        ? config.tokens.policyMaxAgeMs
        : undefined,
      now,
    }),
    sources: {
      policy,
      ownership: new Ownership({
        memberships,
        groupsWithRuns: remembering(deps.groupsWithRuns, rememberMs, now),
      }),
      snapshots: new OwnerSnapshots({
        store: deps.snapshots,
        policy,
        memberships,
        logger,
        rememberMs,
        now,
      }),
    },
    limits: deps.limits,
    uses: deps.uses,
  });
}
