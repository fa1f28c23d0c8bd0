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
  OrchestratorTokenKind,
  ParsedScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { PrincipalExpression } from '../grants/expression';

/** What a principal must be for a grant to hold; everything that is present must hold. */
export interface GrantMatch {
  readonly user?: string;
  readonly group?: string;
  readonly plugin?: string;
  readonly external?: string;
  readonly anonymous?: true;
  readonly expression?: PrincipalExpression;
}

/** One entry of `orchestrator.auth.grants`. */
export interface GrantRule {
  readonly name: string;
  readonly match: GrantMatch;
  readonly scopes: readonly ParsedScope[];
  readonly workspaces?: readonly string[];
}

/** Whether a caller must present a credential. */
export type AuthMode = 'required' | 'optional' | 'disabled';

/** How long managed tokens live; milliseconds. */
export interface TokenConfig {
  readonly kinds: Readonly<
    Record<
      OrchestratorTokenKind,
      {
        /** Where the request says nothing. */
        readonly defaultExpiryMs: number;
        readonly maxExpiryMs: number;
      }
    >
  >;
  /** How long tokens are kept that are expired or revoked. */
  readonly retentionMs: number;
  /** How old the snapshot of an owner may be; only where the permission framework is on. */
  readonly policyMaxAgeMs: number;
}

/** How many refusals are answered with 401 in a window. */
export interface RateLimit {
  /** 0 for no limit. */
  readonly failures: number;
  readonly windowMs: number;
}

/** The token that the configuration brings for the first steps. */
export interface BootstrapConfig {
  /** SHA-256 of the token. */
  readonly hash: Buffer;
  readonly scopes: readonly ParsedScope[];
  /** Milliseconds since the epoch; absent where it has no end. */
  readonly expiresAt?: number;
}

/** The configuration under `orchestrator.auth`, checked. */
export interface AuthConfig {
  readonly mode: AuthMode;
  /** Refs of users and groups that hold every scope. */
  readonly admins: readonly string[];
  /** Whether the built-in defaults hold for whom no grant matches. */
  readonly defaults: boolean;
  /** What may be done through a plugin on behalf of users, by plugin id; no entry, no cap. */
  readonly actors: ReadonlyMap<string, readonly ParsedScope[]>;
  readonly grants: readonly GrantRule[];
  /** For how long a credential that verified is remembered; milliseconds. */
  readonly rememberCredentialsMs: number;
  /** For how long decisions of the permission policy and memberships are remembered; milliseconds. */
  readonly rememberPolicyMs: number;
  readonly tokens: TokenConfig;
  readonly rateLimit: {
    readonly ip: RateLimit;
    readonly identity: RateLimit;
  };
  readonly bootstrap?: BootstrapConfig;
}
