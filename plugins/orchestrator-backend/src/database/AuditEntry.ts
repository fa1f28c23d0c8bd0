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

/** What the audit log tells of. */
export type AuditEventName =
  | 'token.created'
  | 'token.renamed'
  | 'token.rotated'
  | 'token.revoked'
  | 'token.used_denied'
  | 'bootstrap.used'
  | 'run.started'
  | 'run.aborted'
  | 'run.retriggered'
  | 'run.signalled'
  | 'definition.created'
  | 'definition.updated'
  | 'definition.deleted'
  | 'auth.denied'
  | 'auth.rate_limited'
  | 'grants.changed'
  | 'audit.read';

/** How it ended. */
export type AuditOutcome = 'succeeded' | 'failed' | 'denied';

/** An event for the audit log. It never holds a secret, a header or a query. */
export interface AuditEntry {
  readonly event: AuditEventName;
  /** The ref of who did it: the plugin where one acted for somebody else. */
  readonly actor?: string;
  /** The ref of for whom a plugin acted. */
  readonly onBehalfOf?: string;
  /** The managed token that was used, or that the event is about. */
  readonly tokenId?: string;
  readonly workflowId?: string;
  readonly instanceId?: string;
  readonly outcome: AuditOutcome;
  /** The code of the failure or the refusal. */
  readonly code?: string;
  readonly address?: string;
  /** What else is to be known; small. */
  readonly meta?: JsonObject;
}
