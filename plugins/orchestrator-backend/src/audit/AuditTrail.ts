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

import type { OrchestratorError } from '../errors/OrchestratorError';
import type { AuditEntry } from '../database/AuditEntry';
import type { RequestOrigin } from '../gate/Access';
import type { Principal } from '../gate/Principal';
import type { JsonObject } from '@backstage/types';

/** What the audit log says of an event, beside who caused it. */
export type AuditRecordedEvent = Pick<
  AuditEntry,
  'event' | 'tokenId' | 'workflowId' | 'instanceId' | 'meta'
>;

/** Something that happened and is recorded. */
export interface AuditEvent {
  /** The id of the event in Backstage's auditor; the ids of Red Hat's orchestrator where it has one. */
  readonly eventId: string;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  /** Absent where nobody was authenticated. */
  readonly principal?: Principal;
  readonly origin?: RequestOrigin;
  readonly meta?: JsonObject;
  /** Absent where the audit log gets its row with the change itself, in one transaction. */
  readonly record?: AuditRecordedEvent;
  /** In place of `record`: several that are one operation, each of another run. */
  readonly records?: readonly AuditRecordedEvent[];
}

/** A refusal that is recorded. */
export interface AuditRefusal extends Omit<AuditEvent, 'record' | 'records'> {
  /** A managed token that was known for what it is but is of no use, so that nobody was authenticated by it. */
  readonly tokenId?: string;
}

/** Writes the audit trail, in Backstage's auditor and in the audit log of the plugin; the one place that does. */
export interface AuditTrail {
  /**
   * Records an operation around the work that it does. What cannot be recorded as begun is not done: the error of the sink
   * is thrown as 503 before the work starts. The outcome is recorded afterwards; a sink that fails then is logged, and the
   * audit log closes the event by itself, with an unknown outcome.
   *
   * @param work - gives the result and, beside it, what the recorded success should add
   */
  around<T>(
    event: AuditEvent,
    work: () => Promise<{ result: T; meta?: JsonObject }>,
  ): Promise<T>;
  /**
   * Records something that is done at once, before it counts as done.
   *
   * @throws OrchestratorError `service.unavailable` where it cannot be recorded
   */
  recorded(
    event: AuditEvent & { readonly record: AuditRecordedEvent },
  ): Promise<void>;
  /** Records a refusal, counted with others of the same caller, code and minute. Never throws. */
  denied(refusal: AuditRefusal, error: OrchestratorError): Promise<void>;
}
