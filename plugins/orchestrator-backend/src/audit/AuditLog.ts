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
import type {
  AuditFilter,
  AuditPages,
  AuditPlace,
} from '../database/AuditPages';
import type { AuditRow } from '../database/AuditRow';
import type { Access } from '../gate/Access';
import type { AuditTrail } from './AuditTrail';
import type { AuditVerification, AuditVerifier } from './AuditVerifier';

/** The audit log, for those who may read it. Each look at it is itself recorded, before anything is told. */
export class AuditLog {
  readonly #trail: AuditTrail;
  readonly #pages: AuditPages;
  readonly #verifier: AuditVerifier;

  constructor(options: {
    trail: AuditTrail;
    pages: AuditPages;
    verifier: AuditVerifier;
  }) {
    this.#trail = options.trail;
    this.#pages = options.pages;
    this.#verifier = options.verifier;
  }

  /** A page of events, newest first, and whether there are more. */
  async page(
    access: Access,
    filter: AuditFilter,
    limit: number,
    after?: AuditPlace,
  ): Promise<{ rows: AuditRow[]; hasMore: boolean }> {
    // What was asked for is whatever the caller wrote: only by what is kept.
    const filters = Object.entries(filter)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => name);
    await this.#record(access, 'read-audit', filters.length ? { filters } : {});
    const rows = await this.#pages.page(filter, limit + 1, after);
    return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
  }

  /** Checks the chain. */
  async verify(access: Access): Promise<AuditVerification> {
    await this.#record(access, 'verify-audit', { isVerification: true });
    return this.#verifier.verify();
  }

  async #record(
    { principal, origin }: Access,
    eventId: string,
    meta: JsonObject,
  ): Promise<void> {
    await this.#trail.recorded({
      eventId,
      severity: 'medium',
      principal,
      origin,
      record: { event: 'audit.read', meta },
    });
  }
}
