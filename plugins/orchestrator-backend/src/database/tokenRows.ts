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
import type { OwnerSnapshot } from '../gate/Principal';
import { readDecisions, writeDecisions } from '../grants/PolicyDecisions';
import { readGrants, writeGrants } from '../grants/storedGrants';
import type { StoredSecret, StoredToken } from '../tokens/StoredToken';

export const TOKENS = 'orchestrator_tokens';
export const TOKEN_SECRETS = 'orchestrator_token_secrets';
export const OWNER_SNAPSHOTS = 'orchestrator_owner_snapshots';

/** A whole number as a driver gives it: that of PostgreSQL gives large ones as text. */
export type StoredNumber = number | string;

/** A row of {@link TOKENS} as a driver gives it. */
export interface TokenRow {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly description: string;
  readonly owner: string | null;
  readonly created_by: string;
  readonly created_at: StoredNumber;
  readonly workflow_id: string | null;
  readonly allowed_cidrs: string | null;
  readonly version: number;
  readonly hint: string;
  readonly expires_at: StoredNumber;
  readonly rotated_at: StoredNumber | null;
  readonly revoked_at: StoredNumber | null;
  readonly revoked_by: string | null;
  readonly revocation_reason: string | null;
  readonly last_used_at: StoredNumber | null;
  readonly last_used_from: string | null;
  readonly use_count: StoredNumber;
}

/** A row of {@link TOKEN_SECRETS} as a driver gives it. */
export interface TokenSecretRow {
  readonly token_id: string;
  readonly version: number;
  readonly hash: string;
  readonly grants: string;
  readonly decisions: string | null;
  readonly created_at: StoredNumber;
  readonly expires_at: StoredNumber;
}

/** A row of {@link OWNER_SNAPSHOTS} as a driver gives it. */
export interface OwnerSnapshotRow {
  readonly owner: string;
  readonly refs: string;
  readonly decisions: string;
  readonly taken_at: StoredNumber;
}

function numberOf(value: StoredNumber | null): number | undefined {
  return value === null ? undefined : Number(value);
}

/** The row of a token. */
export function toTokenRow(token: StoredToken): TokenRow {
  return {
    id: token.id,
    kind: token.kind,
    name: token.name,
    description: token.description,
    owner: token.owner ?? null,
    created_by: token.createdBy,
    created_at: token.createdAt,
    workflow_id: token.workflowId ?? null,
    allowed_cidrs: token.allowedCidrs
      ? JSON.stringify(token.allowedCidrs)
      : null,
    version: token.version,
    hint: token.hint,
    expires_at: token.expiresAt,
    rotated_at: token.rotatedAt ?? null,
    revoked_at: token.revokedAt ?? null,
    revoked_by: token.revokedBy ?? null,
    revocation_reason: token.revocationReason ?? null,
    last_used_at: token.lastUsedAt ?? null,
    last_used_from: token.lastUsedFrom ?? null,
    use_count: token.useCount,
  };
}

/** The token of a row. */
export function fromTokenRow(row: TokenRow): StoredToken {
  return {
    id: row.id,
    kind: row.kind as OrchestratorTokenKind,
    name: row.name,
    description: row.description,
    owner: row.owner ?? undefined,
    createdBy: row.created_by,
    createdAt: Number(row.created_at),
    workflowId: row.workflow_id ?? undefined,
    allowedCidrs:
      row.allowed_cidrs === null ? undefined : JSON.parse(row.allowed_cidrs),
    version: row.version,
    hint: row.hint,
    expiresAt: Number(row.expires_at),
    rotatedAt: numberOf(row.rotated_at),
    revokedAt: numberOf(row.revoked_at),
    revokedBy: row.revoked_by ?? undefined,
    revocationReason: row.revocation_reason ?? undefined,
    lastUsedAt: numberOf(row.last_used_at),
    lastUsedFrom: row.last_used_from ?? undefined,
    useCount: Number(row.use_count),
  };
}

/** The row of a secret of a token. */
export function toSecretRow(
  tokenId: string,
  secret: StoredSecret,
): TokenSecretRow {
  return {
    token_id: tokenId,
    version: secret.version,
    hash: secret.hash,
    grants: writeGrants(secret.grants),
    decisions: secret.decisions ? writeDecisions(secret.decisions) : null,
    created_at: secret.createdAt,
    expires_at: secret.expiresAt,
  };
}

/** The secret of a row. */
export function fromSecretRow(
  row: Omit<TokenSecretRow, 'token_id'>,
): StoredSecret {
  return {
    version: row.version,
    hash: row.hash,
    grants: readGrants(row.grants),
    decisions:
      row.decisions === null ? undefined : readDecisions(row.decisions),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
  };
}

/** The row of what an owner was when last seen. */
export function toSnapshotRow(
  owner: string,
  snapshot: OwnerSnapshot,
): OwnerSnapshotRow {
  return {
    owner,
    refs: JSON.stringify(snapshot.refs),
    decisions: writeDecisions(snapshot.decisions),
    taken_at: snapshot.takenAt,
  };
}

/** What an owner was, of a row. */
export function fromSnapshotRow(
  row: Omit<OwnerSnapshotRow, 'owner'>,
): OwnerSnapshot {
  return {
    refs: JSON.parse(row.refs),
    decisions: readDecisions(row.decisions),
    takenAt: Number(row.taken_at),
  };
}
