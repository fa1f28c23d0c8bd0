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
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { AuditTrail } from '../audit/AuditTrail';
import type { TokenConfig } from '../config/AuthConfig';
import { AuditStore } from '../database/AuditStore';
import type { IndexDatabase } from '../database/IndexDatabase';
import type { TokenChangeStore } from '../database/TokenChangeStore';
import { TokenCleanup } from '../database/TokenCleanup';
import { TokenRecordStore } from '../database/TokenRecordStore';
import type { TokenMetrics } from '../metrics/TokenMetrics';
import { createTokenService } from './createTokenService';
import { createTokenSource, type TokenSource } from './createTokenSource';
import { explainableTokens, type FoundToken } from './explainableTokens';
import { scheduleTokenCleanup } from './scheduleTokenCleanup';
import type { MissingOwners } from './Suspensions';
import type { FindWorkflow } from './TokenMinter';
import type { TokenService } from './TokenService';

/** How long a look-up may take that must not rest on memory; milliseconds. */
const TIMEOUT_MS = 5_000;

/** Managed tokens: what lets them in, what serves them, and the work that goes on in the background. */
export interface Tokens
  extends Pick<TokenSource, 'principals' | 'stamps' | 'onChanges'> {
  readonly service: TokenService;
  readonly findToken: (id: string) => Promise<FoundToken | undefined>;
  /** Starts the background work; called once. */
  begin(): Promise<void>;
  /** Ends the background work, and writes what was counted. */
  stop(): Promise<void>;
}

/** Makes everything that has to do with managed tokens but the gate. */
export function createTokens(options: {
  readonly database: IndexDatabase;
  readonly changes: TokenChangeStore;
  readonly audit: AuditTrail;
  readonly config: TokenConfig;
  /** Whether the permission framework is on. */
  readonly isPolicyAsked: boolean;
  readonly findWorkflow: FindWorkflow;
  readonly missingOwners: MissingOwners;
  /** The URL of the plugin. */
  readonly issuer: string;
  readonly scheduler: SchedulerService;
  readonly metrics: TokenMetrics;
  readonly logger: LoggerService;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): Tokens {
  const { database, changes, logger, now, scheduler, config } = options;
  const records = new TokenRecordStore(database);
  const auditStore = new AuditStore();
  const source = createTokenSource({
    database,
    changes,
    metrics: options.metrics,
    logger,
    now,
  });
  const findRecord = (id: string) => records.find(id, TIMEOUT_MS);
  const service = createTokenService({
    ...options,
    auditStore,
    findRecord,
  });
  return {
    principals: source.principals,
    stamps: source.stamps,
    onChanges: listener => source.onChanges(listener),
    service,
    findToken: explainableTokens(findRecord, source.principals, now),
    async begin() {
      source.begin();
      await scheduleTokenCleanup({
        scheduler,
        cleanup: new TokenCleanup(database),
        retentionMs: config.retentionMs,
        logger,
        now,
      });
    },
    stop: () => source.stop(),
  };
}
