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

import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { SchedulerServiceTaskInvocationDefinition } from '@backstage/backend-plugin-api';
import { OrchestratorError } from '../errors/OrchestratorError';
import { until } from '../workflows/__testUtils__/workflowFixture';
import { createAudit } from './createAudit';
import { createAuditFixture, START } from './__testUtils__/auditFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const DAY = 86_400_000;

describe('createAudit', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const log = await createAuditFixture(await databases.init(databaseId));
      const clock = { now: START };
      const tasks: SchedulerServiceTaskInvocationDefinition[] = [];
      const replica = () =>
        createAudit({
          auditor: mockServices.auditor.mock({
            createEvent: async () => ({
              success: async () => {},
              fail: async () => {},
            }),
          }),
          config: { retentionMs: 30 * DAY },
          database: log.database,
          logger: mockServices.logger.mock(),
          scheduler: mockServices.scheduler.mock({
            scheduleTask: async task => {
              tasks.push(task);
            },
          }),
          now: () => clock.now,
        });
      return {
        ...log,
        clock,
        tasks,
        replicas: [replica(), replica(), replica()],
        shown: () => log.pages.page({}, 100),
      };
    }

    it('has one chain, one row of the grants and one of each count over all replicas', async () => {
      const { replicas, shown, clock, verifier } = await create();
      await Promise.all(replicas.map(audit => audit.begin('a'.repeat(64))));
      const error = new OrchestratorError('auth.invalid_token', 'Invalid');
      const origin = { method: 'GET', path: '/', address: '192.0.2.1' };
      for (const { trail } of [...replicas, ...replicas]) {
        await trail.denied({ eventId: 'x', severity: 'low', origin }, error);
      }
      const rows = await until(async () => {
        const now = await shown();
        return now.some(({ count }) => count === 6) && now;
      });
      expect(rows.map(({ event, count }) => [event, count]).sort()).toEqual([
        ['auth.denied', 6],
        ['grants.changed', undefined],
      ]);
      clock.now += 65_000;
      await until(async () => (await shown()).every(({ seq }) => seq));
      expect(await verifier.verify()).toMatchObject({
        sealed: 2,
        unsealed: 0,
        firstBroken: undefined,
        checkpoint: { seq: 2 },
      });
      await Promise.all(replicas.map(audit => audit.stop()));
    });

    it('writes what it has counted when it is stopped', async () => {
      const { replicas, shown } = await create();
      const [audit] = replicas;
      await audit.begin('a'.repeat(64));
      const error = new OrchestratorError('auth.missing_token', 'Missing');
      await audit.trail.denied({ eventId: 'x', severity: 'low' }, error);
      await audit.stop();
      expect((await shown()).map(({ event }) => event).sort()).toEqual([
        'auth.denied',
        'grants.changed',
      ]);
    });

    it('deletes what is too old by the scheduler', async () => {
      const { replicas, shown, clock, tasks } = await create();
      const [audit] = replicas;
      await audit.begin('a'.repeat(64));
      await audit.stop();
      expect(tasks).toMatchObject([{ id: 'orchestrator-audit-retention' }]);
      clock.now += 30 * DAY;
      await tasks[0].fn(new AbortController().signal);
      expect(await shown()).toHaveLength(1);
      clock.now += 1;
      const aborted = new AbortController();
      aborted.abort();
      await tasks[0].fn(aborted.signal);
      expect(await shown()).toHaveLength(1);
      await tasks[0].fn(new AbortController().signal);
      expect(await shown()).toEqual([]);
    });
  });
});
