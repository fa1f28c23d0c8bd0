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

import type { JsonObject } from '@backstage/types';
import type { AuditEvent } from '../audit/AuditTrail';
import type { Access } from '../gate/Access';
import type { Grant } from '../grants/Grant';
import type { StoredToken } from './StoredToken';
import { scopesOf } from './tokenDto';

/** A row of the audit log stays small. */
const MAX_RECORDED_SCOPES = 10;

/** The scopes of grants, as far as a row of the audit log names them. */
export function recordedScopes(grants: readonly Grant[]): string[] {
  return scopesOf(grants).slice(0, MAX_RECORDED_SCOPES);
}

/** The event of Backstage's auditor for an operation on a token. */
export function tokenEvent(
  { principal, origin }: Access,
  eventId: string,
  severity: AuditEvent['severity'],
  token?: Pick<StoredToken, 'id' | 'kind'>,
): AuditEvent {
  const meta: JsonObject = token ? { token: token.id, kind: token.kind } : {};
  return { eventId, severity, principal, origin, meta };
}
