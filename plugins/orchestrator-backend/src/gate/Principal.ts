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

/** The kinds of caller. Tokens, issuers and sessions of the plugin's own join here. */
export type PrincipalType = 'user' | 'plugin' | 'external' | 'anonymous';

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
  /** When the credential ends; milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** What Backstage verified, for its own services; absent for anonymous callers. */
  readonly credentials?: BackstageCredentials;
}
