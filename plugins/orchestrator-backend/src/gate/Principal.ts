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

import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { OrchestratorTokenKind } from '@flowgate/backstage-plugin-orchestrator-common';
import type { AddressRanges } from '../addresses/AddressRanges';
import type { Grant } from '../grants/Grant';
import type { PolicyDecisions } from '../grants/PolicyDecisions';

/** The kinds of caller. Issuers and sessions of the plugin's own join here. */
export type PrincipalType =
  | 'user'
  | 'plugin'
  | 'external'
  | 'token'
  | 'anonymous';

/** What a user was when last seen with a Backstage token. */
export interface OwnerSnapshot {
  /** The refs through which the user owned things. */
  readonly refs: readonly string[];
  readonly decisions: PolicyDecisions;
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
}

/** What a managed token brings with it. */
export interface TokenFacts {
  readonly kind: OrchestratorTokenKind | 'bootstrap';
  /** The ref of whose token it is; absent for service tokens. */
  readonly owner?: string;
  /** The triples stored with the secret that was presented. */
  readonly grants: readonly Grant[];
  /** What the permission policy decided for who minted the secret; absent where it could not be asked. Of no meaning for personal tokens. */
  readonly decisions?: PolicyDecisions;
  /** Of personal tokens: the newest snapshot of the owner; absent where there is none. */
  readonly snapshot?: OwnerSnapshot;
  /** The networks that may use it; absent for all. */
  readonly allowed?: AddressRanges;
}

/** What Backstage says an external token is restricted to, at this plugin. */
export interface AccessRestrictions {
  readonly permissionNames?: readonly string[];
  readonly permissionAttributes?: { readonly action?: readonly string[] };
}

/** Who a caller is. */
export interface Principal {
  readonly type: PrincipalType;
  /** Stored as the initiator of runs; no two callers of different kinds share one. */
  readonly ref: string;
  /** The plugin that calls on the principal's behalf. */
  readonly actor?: string;
  /** Of external tokens only. An empty object restricts nothing here but names this plugin. */
  readonly accessRestrictions?: AccessRestrictions;
  /** Of managed tokens, and runs started with them: the id of the token. */
  readonly tokenId?: string;
  /** Of managed tokens only. */
  readonly token?: TokenFacts;
  /** When the credential ends; milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** What Backstage verified, for its own services; absent for anonymous callers. */
  readonly credentials?: BackstageCredentials;
}
