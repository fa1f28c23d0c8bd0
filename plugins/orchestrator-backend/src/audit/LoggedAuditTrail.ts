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

import { randomUUID } from 'node:crypto';
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import type { AuditEntry, AuditOutcome } from '../database/AuditEntry';
import type {
  AuditSettlement,
  AuditStore,
  OpenAuditEntry,
} from '../database/AuditStore';
import type { IndexDatabase } from '../database/IndexDatabase';
import { OrchestratorError } from '../errors/OrchestratorError';
import { auditEntryOf } from './auditEntry';
import type {
  AuditEvent,
  AuditRecordedEvent,
  AuditRefusal,
  AuditTrail,
} from './AuditTrail';
import type { BackstageAuditTrail } from './BackstageAuditTrail';
import type { RefusalCounter } from './RefusalCounter';

/** How long an operation may be under way before its outcome counts as lost; milliseconds, longer than any operation takes. */
const PATIENCE = 120_000;

type Recorded = AuditEvent & { readonly record: AuditRecordedEvent };

/** The audit trail: Backstage's auditor and the audit log of the plugin. */
export class LoggedAuditTrail implements AuditTrail {
  readonly #auditor: BackstageAuditTrail;
  readonly #database: IndexDatabase;
  readonly #store: AuditStore;
  readonly #refusals: RefusalCounter;
  readonly #logger: LoggerService;
  readonly #now: () => number;

  constructor(options: {
    auditor: BackstageAuditTrail;
    database: IndexDatabase;
    store: AuditStore;
    refusals: RefusalCounter;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#auditor = options.auditor;
    this.#database = options.database;
    this.#store = options.store;
    this.#refusals = options.refusals;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  async around<T>(
    event: AuditEvent,
    work: () => Promise<{ result: T; meta?: JsonObject }>,
  ): Promise<T> {
    const records = event.records ?? (event.record ? [event.record] : []);
    return this.#auditor.around(
      event,
      records.length > 0 ? () => this.#logged(event, records, work) : work,
    );
  }

  async recorded(event: Recorded): Promise<void> {
    await this.#auditor.around(event, async () => {
      await this.#add(entryOf(event, 'succeeded'));
      return { result: undefined };
    });
  }

  async denied(refusal: AuditRefusal, error: OrchestratorError): Promise<void> {
    const { meta, principal, tokenId = principal?.tokenId } = refusal;
    const entry = auditEntryOf(
      {
        event: eventOf(error, tokenId),
        tokenId,
        outcome: 'denied',
        code: error.code,
      },
      refusal,
    );
    // Anybody can cause as many refusals as they like; Backstage's auditor need not hear of each.
    if (this.#refusals.count(entry)) {
      await this.#auditor.denied(
        {
          ...refusal,
          meta: tokenId === undefined ? meta : { ...meta, tokenId },
        },
        error,
      );
    }
  }

  /** The rows are there before the work begins, and are settled when it has ended. */
  async #logged<T>(
    event: AuditEvent,
    records: readonly AuditRecordedEvent[],
    work: () => Promise<{ result: T; meta?: JsonObject }>,
  ): Promise<{ result: T; meta?: JsonObject }> {
    const begun = this.#now();
    const until = begun + PATIENCE;
    const opened = records.map(record => {
      const { outcome, ...entry } = entryOf({ ...event, record }, 'succeeded');
      return { entry, key: `operation:${randomUUID()}` };
    });
    await this.#database.transaction(trx =>
      this.#store.openAll(trx, opened, until, begun),
    );
    let done: { result: T; meta?: JsonObject };
    try {
      done = await work();
    } catch (error) {
      const code =
        error instanceof OrchestratorError ? error.code : 'service.failed';
      await this.#settle(opened, { outcome: 'failed', code });
      throw error;
    }
    await this.#settle(opened, { outcome: 'succeeded' });
    return done;
  }

  /** What was done cannot be undone because its outcome cannot be written: it is unknown then. */
  async #settle(
    opened: readonly { readonly entry: OpenAuditEntry; readonly key: string }[],
    settlement: Pick<AuditSettlement, 'outcome' | 'code'>,
  ): Promise<void> {
    try {
      await this.#database.transaction(async trx => {
        const late = await this.#store.settleAll(trx, opened, settlement);
        const entries = late.map(({ entry }) => ({ ...entry, ...settlement }));
        await this.#store.addAll(trx, entries, this.#now());
      });
    } catch {
      this.#logger.error(
        'The outcome of an operation could not be written to the audit log',
      );
    }
  }

  async #add(entry: AuditEntry): Promise<void> {
    await this.#database.transaction(trx =>
      this.#store.add(trx, entry, this.#now()),
    );
  }
}

function entryOf(event: Recorded, outcome: AuditOutcome): AuditEntry {
  return auditEntryOf({ ...event.record, outcome }, event);
}

function eventOf(error: OrchestratorError, tokenId?: string) {
  if (error.status === 429) return 'auth.rate_limited';
  return tokenId === undefined ? 'auth.denied' : 'token.used_denied';
}
