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

import type { OrchestratorTokenKind } from '@flowgate/backstage-plugin-orchestrator-common';
import type { Grant } from '../grants/Grant';
import type { PolicyDecisions } from '../grants/PolicyDecisions';
import type { OwnerSnapshot } from '../gate/Principal';

/** A managed token without its secrets. Times are milliseconds since the epoch. */
export interface StoredToken {
  readonly id: string;
  readonly kind: OrchestratorTokenKind;
  readonly name: string;
  readonly description: string;
  /** The ref of a user or a group, or of a token that minted a trigger token; absent for service tokens. */
  readonly owner?: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly workflowId?: string;
  readonly allowedCidrs?: readonly string[];
  /** The number of the newest secret. */
  readonly version: number;
  readonly hint: string;
  /** When the newest secret ends. */
  readonly expiresAt: number;
  readonly rotatedAt?: number;
  readonly revokedAt?: number;
  readonly revokedBy?: string;
  readonly revocationReason?: string;
  readonly lastUsedAt?: number;
  readonly lastUsedFrom?: string;
  readonly useCount: number;
}

/** One secret of a managed token. */
export interface StoredSecret {
  readonly version: number;
  /** SHA-256 in hex over the ASCII of the whole text of the token. */
  readonly hash: string;
  readonly grants: readonly Grant[];
  readonly decisions?: PolicyDecisions;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A token with everything that decides whether a secret opens it; read in one query. */
export interface TokenRecord {
  readonly token: StoredToken;
  /** The newest first; at most two can be alive. */
  readonly secrets: readonly StoredSecret[];
  /** Of personal tokens: the newest snapshot of the owner. */
  readonly snapshot?: OwnerSnapshot;
}

/** Reads a token, with all that decides on it, from the database. */
export type FindRecord = (id: string) => Promise<TokenRecord | undefined>;
