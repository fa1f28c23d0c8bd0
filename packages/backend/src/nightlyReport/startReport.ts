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

import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import type { OrchestratorService } from '@flowgate/backstage-plugin-orchestrator-node';

/** The id of the workflow that makes the report. */
export const REPORT_WORKFLOW = 'nightly';
const ATTEMPTS = 3;

/**
 * Starts the report of this minute, once however often it is asked: the minute is the idempotency key, so a second try after an
 * answer that got lost, and a second backend with the same tick, get the run that is there already.
 *
 * @returns the id of the run
 */
export async function startReport(options: {
  auth: AuthService;
  logger: LoggerService;
  orchestrator: OrchestratorService;
  signal?: AbortSignal;
  now?: () => Date;
}): Promise<string> {
  const {
    auth,
    logger,
    orchestrator,
    signal,
    now = () => new Date(),
  } = options;
  const minute = `${now().toISOString().slice(0, 16)}Z`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { id } = await orchestrator.execute(
        {
          workflowId: REPORT_WORKFLOW,
          input: { period: minute },
          idempotencyKey: `report-${minute}`,
        },
        { credentials: await auth.getOwnServiceCredentials() },
      );
      logger.info(`The report of ${minute} is run ${id}`);
      return id;
    } catch (error) {
      if (attempt === ATTEMPTS || signal?.aborted) throw error;
      logger.warn(`The report of ${minute} did not start, trying again`);
    }
  }
}
