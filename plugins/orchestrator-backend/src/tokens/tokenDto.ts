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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { ListedToken } from '../database/TokenLists';
import { writeScope, type Grant } from '../grants/Grant';

type Schemas = components['schemas'];

/** A managed token as callers see it. */
export type TokenDto = Schemas['Token'];

function timeOf(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

/** The scopes of grants, sorted, each once. */
export function scopesOf(grants: readonly Grant[]): string[] {
  return [
    ...new Set(grants.flatMap(({ scopes }) => scopes.map(writeScope))),
  ].sort();
}

function workspacesOf(grants: readonly Grant[]): TokenDto['workspaces'] {
  const all = grants.some(({ workspaces }) => workspaces === undefined);
  return all
    ? 'all'
    : [...new Set(grants.flatMap(({ workspaces }) => workspaces ?? []))].sort();
}

/** Whether a token is neither revoked nor expired. */
export function isLive({ token }: ListedToken, now: number): boolean {
  return token.revokedAt === undefined && now < token.expiresAt;
}

function statusOf(
  listed: ListedToken,
  now: number,
  isSuspended: boolean,
): Schemas['TokenStatus'] {
  if (listed.token.revokedAt !== undefined) return 'revoked';
  if (!isLive(listed, now)) return 'expired';
  return isSuspended ? 'suspended' : 'active';
}

/**
 * Shows a token.
 *
 * @param now - milliseconds since the epoch
 * @param isSuspended - whether its owner keeps it from being of use, for now
 */
export function toTokenDto(
  listed: ListedToken,
  now: number,
  isSuspended: boolean,
): TokenDto {
  const { token, grants, previousExpiresAt } = listed;
  const hasPrevious =
    isLive(listed, now) &&
    previousExpiresAt !== undefined &&
    now < previousExpiresAt;
  return {
    id: token.id,
    kind: token.kind,
    name: token.name,
    description: token.description,
    owner: token.owner,
    createdBy: token.createdBy,
    createdAt: new Date(token.createdAt).toISOString(),
    scopes: scopesOf(grants),
    workspaces: workspacesOf(grants),
    workflowId: token.workflowId,
    allowedCidrs: token.allowedCidrs && [...token.allowedCidrs],
    expiresAt: timeOf(token.expiresAt),
    status: statusOf(listed, now, isSuspended),
    revokedAt: timeOf(token.revokedAt),
    revokedBy: token.revokedBy,
    revocationReason: token.revocationReason,
    lastUsedAt: timeOf(token.lastUsedAt),
    lastUsedFrom: token.lastUsedFrom,
    useCount: token.useCount,
    rotatedAt: timeOf(token.rotatedAt),
    previousSecretExpiresAt: hasPrevious
      ? timeOf(previousExpiresAt)
      : undefined,
    hint: token.hint,
  };
}
