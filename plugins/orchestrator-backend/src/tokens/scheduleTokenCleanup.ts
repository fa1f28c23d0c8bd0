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
import type { TokenCleanup } from '../database/TokenCleanup';

const FREQUENCY = { hours: 1 };
const TIMEOUT = { minutes: 15 };

/**
 * Has tokens deleted some time after they ended, by one replica at a time.
 *
 * @param options - `retentionMs`: for how long tokens are kept that are revoked or expired
 */
export async function scheduleTokenCleanup(options: {
  readonly scheduler: SchedulerService;
  readonly cleanup: TokenCleanup;
  readonly retentionMs: number;
  readonly logger: LoggerService;
  readonly now: () => number;
}): Promise<void> {
  const { scheduler, cleanup, retentionMs, logger, now } = options;
  await scheduler.scheduleTask({
    id: 'orchestrator-token-cleanup',
    frequency: FREQUENCY,
    timeout: TIMEOUT,
    initialDelay: { minutes: 1 },
    async fn() {
      const deleted = await cleanup.clean(now() - retentionMs, now());
      if (deleted > 0) {
        logger.info(`Deleted ${deleted} tokens that ended long ago`);
      }
    },
  });
}
