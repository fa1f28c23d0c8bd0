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
  AuditorService,
  AuditorServiceEvent,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import type { Request } from 'express';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { RequestOrigin } from '../gate/Access';
import type { AuditCheckpoint } from '../database/AuditChain';
import type { AuditEvent } from './AuditTrail';

/**
 * What the auditor may see of a request. It authenticates the request that it is given once more, and throws on a bearer
 * that it does not know; so it is given one without credentials, and the caller is named beside it.
 */
function withoutCredentials(origin: RequestOrigin): Request {
  const headers: Record<string, string> = origin.userAgent
    ? { 'user-agent': origin.userAgent }
    : {};
  const view = {
    method: origin.method,
    originalUrl: origin.path,
    url: origin.path,
    path: origin.path,
    ip: origin.address,
    hostname: undefined,
    headers,
    rawHeaders: [],
    get: (name: string) => headers[name.toLowerCase()],
    header: (name: string) => headers[name.toLowerCase()],
  };
  return view as unknown as Request;
}

function metaOf(event: AuditEvent): JsonObject {
  const { principal, origin } = event;
  const meta: JsonObject = { ...event.meta };
  if (principal) {
    meta.principalType = principal.type;
    // Whoever makes the call is the actor; a plugin that calls for a user does so on the user's behalf.
    meta.actor = principal.actor ?? principal.ref;
    if (principal.actor) meta.onBehalfOf = principal.ref;
    // An event that is about a token names that one.
    if (principal.tokenId) meta.tokenId ??= principal.tokenId;
  }
  if (origin?.address) meta.address = origin.address;
  return meta;
}

/** The part of the audit trail that is in Backstage's auditor. */
export class BackstageAuditTrail {
  readonly #auditor: AuditorService;
  readonly #logger: LoggerService;

  constructor(auditor: AuditorService, logger: LoggerService) {
    this.#auditor = auditor;
    this.#logger = logger;
  }

  /**
   * Records an operation around the work that it does.
   *
   * @throws OrchestratorError `service.unavailable` where it cannot be recorded as begun; the work is not done then
   */
  async around<T>(
    event: AuditEvent,
    work: () => Promise<{ result: T; meta?: JsonObject }>,
  ): Promise<T> {
    let begun: AuditorServiceEvent;
    try {
      begun = await this.#begin(event);
    } catch (error) {
      throw new OrchestratorError(
        'service.unavailable',
        'The operation cannot be recorded in the audit trail at the moment, so it was not done',
        { cause: error, retryAfter: 5 },
      );
    }
    let done: { result: T; meta?: JsonObject };
    try {
      done = await work();
    } catch (error) {
      await this.#settle(() => begun.fail(failureOf(error)));
      throw error;
    }
    await this.#settle(() => begun.success({ meta: done.meta }));
    return done.result;
  }

  /** Records a refusal. Never throws. */
  async denied(event: AuditEvent, error: OrchestratorError): Promise<void> {
    await this.#settle(async () => {
      const begun = await this.#begin(event);
      await begun.fail(failureOf(error));
    });
  }

  /** Tells what the chain of the audit log has come to, so that a shorter or another one is found by who has only the log. */
  async checkpoint({ seq, hash, at }: AuditCheckpoint): Promise<void> {
    await this.#settle(async () => {
      const begun = await this.#begin({
        eventId: 'audit-checkpoint',
        severity: 'low',
        meta: { seq, hash, time: new Date(at).toISOString() },
      });
      await begun.success();
    });
  }

  #begin(event: AuditEvent): Promise<AuditorServiceEvent> {
    return this.#auditor.createEvent({
      eventId: event.eventId,
      severityLevel: event.severity,
      request: event.origin && withoutCredentials(event.origin),
      meta: metaOf(event),
    });
  }

  /** What happened cannot be undone, nor a refusal be changed, because the sink fails: that is logged. */
  async #settle(record: () => Promise<void>): Promise<void> {
    try {
      await record();
    } catch (error) {
      this.#logger.error('Failed to write to the audit trail', error as Error);
    }
  }
}

/** A failure without the stack and the cause, which may hold what the trail must not. */
function failureOf(error: unknown): { error: Error; meta: JsonObject } {
  const known = error instanceof OrchestratorError;
  const shown = new Error(known ? error.message : 'The operation failed');
  shown.name = known ? error.name : 'Error';
  shown.stack = undefined;
  return {
    error: shown,
    meta: { code: known ? error.code : 'service.failed' },
  };
}
