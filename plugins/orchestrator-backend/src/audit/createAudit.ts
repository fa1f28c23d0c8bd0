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
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { AuditConfig } from '../config/readAuditConfig';
import { AuditChainReader } from '../database/AuditChainReader';
import { AuditCountStore } from '../database/AuditCountStore';
import { AuditPages } from '../database/AuditPages';
import { AuditPruneStore } from '../database/AuditPruneStore';
import { AuditSealStore } from '../database/AuditSealStore';
import { AuditStore } from '../database/AuditStore';
import { GrantsHashStore } from '../database/GrantsHashStore';
import type { IndexDatabase } from '../database/IndexDatabase';
import { AuditLog } from './AuditLog';
import { AuditRetention } from './AuditRetention';
import { AuditSealer } from './AuditSealer';
import type { AuditTrail } from './AuditTrail';
import { AuditVerifier } from './AuditVerifier';
import { BackstageAuditTrail } from './BackstageAuditTrail';
import { LoggedAuditTrail } from './LoggedAuditTrail';
import { RefusalCounter } from './RefusalCounter';
import { repeatedly, type RepeatedWork } from './repeatedly';

/** Between two times that counted refusals are written; milliseconds. */
const FLUSH_INTERVAL = 800;

/** Between two times that rows are sealed; milliseconds. */
const SEAL_INTERVAL = 400;

/** After a failure; milliseconds. */
const REST = 5_000;

/** The audit trail and the audit log, with the work that goes on in the background. */
export interface Audit {
  readonly trail: AuditTrail;
  readonly log: AuditLog;
  /**
   * Records the grants if they are others than before, and starts the background work; called once.
   *
   * @param grants - a hash of the grants that are in force
   */
  begin(grants: string): Promise<void>;
  /** Ends the background work, and writes what is counted. */
  stop(): Promise<void>;
}

/** Makes everything that audits. */
export function createAudit(options: {
  readonly auditor: AuditorService;
  readonly config: AuditConfig;
  readonly database: IndexDatabase;
  readonly logger: LoggerService;
  readonly scheduler: SchedulerService;
  /** Milliseconds since the epoch; default the time of the machine. */
  readonly now?: () => number;
}): Audit {
  const { database, logger, now = Date.now } = options;
  const auditor = new BackstageAuditTrail(options.auditor, logger);
  const store = new AuditStore();
  const refusals = new RefusalCounter({
    store: new AuditCountStore(database),
    now,
  });
  const trail = new LoggedAuditTrail({
    auditor,
    database,
    store,
    refusals,
    logger,
    now,
  });
  const sealer = new AuditSealer({
    store: new AuditSealStore(database),
    now,
    made: checkpoint => auditor.checkpoint(checkpoint),
  });
  const retention = new AuditRetention({
    store: new AuditPruneStore(database),
    logger,
    now,
    keep: options.config.retentionMs,
  });
  const background: RepeatedWork[] = [];

  return {
    trail,
    log: new AuditLog({
      trail,
      pages: new AuditPages(database),
      verifier: new AuditVerifier(new AuditChainReader(database)),
    }),
    async begin(grants) {
      await new GrantsHashStore(database).remember(grants, (trx, previous) =>
        store.add(
          trx,
          {
            event: 'grants.changed',
            outcome: 'succeeded',
            meta: { hash: grants, ...(previous ? { previous } : {}) },
          },
          now(),
        ),
      );
      const every = (interval: number) => ({ interval, rest: REST });
      background.push(
        repeatedly(() => refusals.flush(), every(FLUSH_INTERVAL)),
        repeatedly(() => sealer.seal(), every(SEAL_INTERVAL)),
      );
      await options.scheduler.scheduleTask({
        id: 'orchestrator-audit-retention',
        frequency: { hours: 1 },
        timeout: { minutes: 30 },
        initialDelay: { minutes: 1 },
        fn: async signal => {
          await retention.prune(signal);
        },
      });
    },
    async stop() {
      await Promise.all(background.map(work => work.stop()));
      try {
        await refusals.flush();
        await sealer.seal();
      } catch {
        logger.warn('The last refusals could not be written to the audit log');
      }
    },
  };
}
