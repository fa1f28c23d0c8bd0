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
import type { RequestOrigin } from '../gate/Access';
import type { Principal } from '../gate/Principal';
import type { JsonObject } from '@backstage/types';

/** Something that happened and is recorded. */
export interface AuditEvent {
  /** The id of the event in Backstage's auditor; the ids of Red Hat's orchestrator where it has one. */
  readonly eventId: string;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  /** Absent where nobody was authenticated. */
  readonly principal?: Principal;
  readonly origin?: RequestOrigin;
  readonly meta?: JsonObject;
}

/** Writes the audit trail; the one place that does. */
export interface AuditTrail {
  /**
   * Records an operation around the work that it does. What cannot be recorded as begun is not done: the error of the sink
   * is thrown as 503 before the work starts. The outcome is recorded afterwards; a sink that fails then is logged.
   *
   * @param work - gives the result and, beside it, what the recorded success should add
   */
  around<T>(
    event: AuditEvent,
    work: () => Promise<{ result: T; meta?: JsonObject }>,
  ): Promise<T>;
  /** Records a refusal. Never throws. */
  denied(event: AuditEvent, error: OrchestratorError): Promise<void>;
}
