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

import { mockServices } from '@backstage/backend-test-utils';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { AuditEvent, AuditTrail } from '../../audit/AuditTrail';
import { IndexDatabase } from '../../database/IndexDatabase';
import { migrateDatabase } from '../../database/openDatabase';
import { createWorkflows } from '../createWorkflows';
import type { WorkflowTimes } from '../workflowTimes';

/** What was recorded of an operation. */
export interface RecordedEvent extends AuditEvent {
  readonly outcome: 'succeeded' | 'failed';
  readonly added?: object;
}

/** An audit trail that tests can read. */
export function recordingAudit(): AuditTrail & { events: RecordedEvent[] } {
  const events: RecordedEvent[] = [];
  return {
    events,
    async around(event, work) {
      try {
        const { result, meta } = await work();
        events.push({ ...event, outcome: 'succeeded', added: meta });
        return result;
      } catch (error) {
        events.push({ ...event, outcome: 'failed' });
        throw error;
      }
    },
    async recorded(event) {
      events.push({ ...event, outcome: 'succeeded' });
    },
    async denied() {},
  };
}

/** An index database with its tables, on a database of the tests. */
export async function createIndexDatabase(knex: Knex): Promise<IndexDatabase> {
  await migrateDatabase(knex);
  return new IndexDatabase(knex, mockServices.logger.mock());
}

/** Background work is done by hand in tests, unless they ask for it. */
const NEVER = 1_000_000_000;

/**
 * Everything that serves workflows, on given engines.
 *
 * @param options - `hints`: whether the index listens to what the engines hint at, and so moves on in the background; default not
 */
export async function createWorkflowFixture(options: {
  database: IndexDatabase;
  engines: readonly WorkflowEngine[];
  now?: () => number;
  times?: Partial<WorkflowTimes>;
  hints?: boolean;
}) {
  if (!options.hints) {
    for (const engine of options.engines) engine.onChanges = undefined;
  }
  const audit = recordingAudit();
  const logger = mockServices.logger.mock();
  const endTokens = jest.fn(async () => {});
  const auth = {
    getPluginRequestToken: jest.fn(async () => ({ token: 'minted' })),
  };
  const metrics = { runState: jest.fn(), engineLag: jest.fn() };
  const workflows = createWorkflows({
    ...options,
    audit,
    metrics,
    auth,
    endTokens,
    logger,
    times: {
      catalogInterval: NEVER,
      feedInterval: NEVER,
      reconcileInterval: NEVER,
      checkInterval: NEVER,
      catchUpTime: NEVER,
      ...options.times,
    },
  });
  await workflows.begin();
  return { ...workflows, audit, auth, logger, metrics };
}

/** Waits until something holds; the test's own time-out ends it where it never does. */
export async function until<T>(
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise(resolve => {
      setTimeout(resolve, 5);
    });
  }
}
