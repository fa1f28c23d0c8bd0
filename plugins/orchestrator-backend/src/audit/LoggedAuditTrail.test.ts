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
import type { AuditorService } from '@backstage/backend-plugin-api';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Principal } from '../gate/Principal';
import type { AuditEvent } from './AuditTrail';
import { BackstageAuditTrail } from './BackstageAuditTrail';
import { LoggedAuditTrail } from './LoggedAuditTrail';
import { RefusalCounter } from './RefusalCounter';
import { createAuditFixture, START } from './__testUtils__/auditFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const ALICE: Principal = {
  type: 'user',
  ref: 'user:default/alice',
  actor: 'plugin:scaffolder',
};
const TOKEN = {
  type: 'token',
  ref: 'user:default/alice',
  tokenId: 'AbcDef123456',
} as Principal;
const ORIGIN = { method: 'POST', path: '/v2/x', address: '2001:db8::1' };

function eventOf(more: Partial<AuditEvent> = {}) {
  return {
    eventId: 'abort-workflow',
    severity: 'low' as const,
    principal: ALICE,
    origin: ORIGIN,
    record: {
      event: 'run.aborted' as const,
      workflowId: 'greet',
      instanceId: 'run-1',
    },
    ...more,
  };
}

describe('LoggedAuditTrail', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const log = await createAuditFixture(await databases.init(databaseId));
      let now = START;
      const told: string[] = [];
      const auditor: jest.Mocked<AuditorService> = {
        createEvent: jest.fn(async ({ eventId }) => {
          told.push(`${eventId} begun`);
          return {
            success: async () => {
              told.push(`${eventId} succeeded`);
            },
            fail: async () => {
              told.push(`${eventId} failed`);
            },
          };
        }),
      };
      const logger = mockServices.logger.mock();
      const refusals = new RefusalCounter({
        store: log.counts,
        now: () => now,
      });
      const trail = new LoggedAuditTrail({
        auditor: new BackstageAuditTrail(auditor, logger),
        database: log.database,
        store: log.store,
        refusals,
        logger,
        now: () => now,
      });
      return {
        ...log,
        trail,
        auditor,
        told,
        refusals,
        logger,
        shown: () => log.pages.page({}, 100),
        wait: (milliseconds: number) => {
          now += milliseconds;
        },
        sealNow: () => log.sealAll(now),
      };
    }

    const several = (count: number) =>
      eventOf({
        record: undefined,
        records: Array.from({ length: count }, (_, index) => ({
          event: 'run.signalled' as const,
          workflowId: 'greet',
          instanceId: `run-${index}`,
        })),
      });

    it('writes each part of an operation down, and how it ended', async () => {
      const { trail, rows, shown, told } = await create();
      await trail.around(several(450), async () => {
        expect(await rows()).toHaveLength(450);
        expect(await shown()).toEqual([]);
        return { result: undefined };
      });
      const all = await rows();
      expect(new Set(all.map(row => row.instance_id)).size).toBe(450);
      expect(new Set(all.map(row => `${row.event} ${row.outcome}`))).toEqual(
        new Set(['run.signalled succeeded']),
      );
      expect(told).toEqual([
        'abort-workflow begun',
        'abort-workflow succeeded',
      ]);
      await expect(
        trail.around(several(2), async () => {
          throw new OrchestratorError('engine.unavailable', 'Down');
        }),
      ).rejects.toThrow('Down');
      expect(
        (await rows()).filter(
          row => row.outcome === 'failed' && row.code === 'engine.unavailable',
        ),
      ).toHaveLength(2);
    });

    it('writes again what became of parts that were closed as unknown', async () => {
      const { trail, rows, wait, sealNow } = await create();
      await trail.around(several(3), async () => {
        wait(3_600_000);
        await sealNow();
        return { result: undefined };
      });
      const outcomes = (await rows()).map(row => [
        row.instance_id,
        row.outcome,
      ]);
      for (const id of ['run-0', 'run-1', 'run-2']) {
        expect(
          outcomes.filter(([run]) => run === id).map(([, outcome]) => outcome),
        ).toEqual(['failed', 'succeeded']);
      }
    });

    it('writes an operation down before it is done, and how it ended', async () => {
      const { trail, rows, shown, told } = await create();
      const result = await trail.around(eventOf(), async () => {
        expect(await rows()).toMatchObject([
          { event: 'run.aborted', outcome: null },
        ]);
        expect(await shown()).toEqual([]);
        return { result: 'done' };
      });
      expect(result).toBe('done');
      expect(await shown()).toEqual([
        {
          id: expect.any(String),
          at: START,
          event: 'run.aborted',
          actor: 'plugin:scaffolder',
          onBehalfOf: 'user:default/alice',
          workflowId: 'greet',
          instanceId: 'run-1',
          outcome: 'succeeded',
          address: '2001:db8::1',
        },
      ]);
      expect(told).toEqual([
        'abort-workflow begun',
        'abort-workflow succeeded',
      ]);
    });

    it.each([
      [
        'with its code',
        new OrchestratorError('instance.conflict', 'The run has ended'),
        'instance.conflict',
      ],
      [
        'without what nobody must see',
        new Error('password=secret'),
        'service.failed',
      ],
    ])('writes down what failed, %s', async (_name, error, code) => {
      const { trail, shown, rows } = await create();
      const failed = trail.around(eventOf(), async () => {
        throw error;
      });
      await expect(failed).rejects.toBe(error);
      expect(await shown()).toMatchObject([{ outcome: 'failed', code }]);
      expect(JSON.stringify(await rows())).not.toContain('secret');
    });

    it('does not do what cannot be written down', async () => {
      const { trail, knex, told } = await create();
      const work = jest.fn();
      await knex.schema.renameTable('orchestrator_audit', 'elsewhere');
      await expect(trail.around(eventOf(), work)).rejects.toMatchObject({
        code: 'service.unavailable',
        status: 503,
      });
      await expect(trail.recorded(eventOf())).rejects.toMatchObject({
        code: 'service.unavailable',
      });
      expect(work).not.toHaveBeenCalled();
      expect(told).toContain('abort-workflow failed');
      expect(told).not.toContain('abort-workflow succeeded');
    });

    it('does not do what Backstage’s auditor does not take, and writes down nothing', async () => {
      const { trail, rows, auditor } = await create();
      const work = jest.fn();
      auditor.createEvent.mockRejectedValue(new Error('full'));
      await expect(trail.around(eventOf(), work)).rejects.toMatchObject({
        code: 'service.unavailable',
      });
      await expect(trail.recorded(eventOf())).rejects.toMatchObject({
        code: 'service.unavailable',
      });
      expect(work).not.toHaveBeenCalled();
      expect(await rows()).toEqual([]);
    });

    it('answers what was done also where its outcome cannot be written; the log closes it', async () => {
      const { trail, knex, logger, shown, wait, sealNow } = await create();
      const done = await trail.around(eventOf(), async () => {
        await knex.schema.renameTable('orchestrator_audit', 'elsewhere');
        return { result: 'done' };
      });
      expect(done).toBe('done');
      expect(logger.error).toHaveBeenCalled();
      await knex.schema.renameTable('elsewhere', 'orchestrator_audit');
      await sealNow();
      expect(await shown()).toEqual([]);
      wait(120_000);
      await sealNow();
      expect(await shown()).toMatchObject([
        {
          seq: 1,
          event: 'run.aborted',
          outcome: 'failed',
          code: 'service.unavailable',
          meta: { outcome: 'unknown' },
        },
      ]);
    });

    it('writes another row where an operation ends after its row was closed', async () => {
      const { trail, shown, wait, sealNow, verifier } = await create();
      await trail.around(eventOf(), async () => {
        wait(120_000);
        await sealNow();
        return { result: undefined };
      });
      expect(await shown()).toMatchObject([
        { outcome: 'succeeded', instanceId: 'run-1', at: START + 120_000 },
        { outcome: 'failed', meta: { outcome: 'unknown' } },
      ]);
      expect(await verifier.verify()).toMatchObject({
        sealed: 1,
        unsealed: 1,
        firstBroken: undefined,
      });
    });

    it('leaves rows to those who write them with the change itself', async () => {
      const { trail, rows, told } = await create();
      await trail.around(eventOf({ record: undefined }), async () => ({
        result: undefined,
      }));
      expect(await rows()).toEqual([]);
      expect(told).toHaveLength(2);
    });

    it('writes down at once what is done at once', async () => {
      const { trail, shown } = await create();
      await trail.recorded({
        ...eventOf({ principal: TOKEN }),
        record: { event: 'bootstrap.used' },
      });
      expect(await shown()).toMatchObject([
        {
          event: 'bootstrap.used',
          actor: 'user:default/alice',
          tokenId: 'AbcDef123456',
          outcome: 'succeeded',
        },
      ]);
    });

    it('counts refusals, and tells Backstage’s auditor of the first', async () => {
      const { trail, refusals, shown, told } = await create();
      const denied = new OrchestratorError('auth.missing_scope', 'Missing');
      const garbage = new OrchestratorError('auth.invalid_token', 'Invalid');
      const expired = new OrchestratorError('auth.token_expired', 'Expired');
      const limited = new OrchestratorError('auth.rate_limited', 'Too many');
      const refuse = (error: OrchestratorError, more: object = {}) =>
        trail.denied(
          { eventId: 'x', severity: 'low', origin: ORIGIN, ...more },
          error,
        );
      for (let index = 0; index < 3; index++) {
        await refuse(denied, { principal: ALICE });
        await refuse(denied, { principal: TOKEN });
        await refuse(garbage);
        await refuse(expired, { tokenId: 'Other1234567' });
        await refuse(limited);
      }
      expect(told).toHaveLength(10);
      await refusals.flush();
      const rows = await shown();
      expect(
        rows.map(({ event, code, count }) => [event, code, count]),
      ).toEqual(
        expect.arrayContaining([
          ['auth.denied', 'auth.missing_scope', 3],
          ['token.used_denied', 'auth.missing_scope', 3],
          ['auth.denied', 'auth.invalid_token', 3],
          ['token.used_denied', 'auth.token_expired', 3],
          ['auth.rate_limited', 'auth.rate_limited', 3],
        ]),
      );
      expect(rows).toHaveLength(5);
      expect(
        rows.find(({ code }) => code === 'auth.token_expired'),
      ).toMatchObject({
        tokenId: 'Other1234567',
        outcome: 'denied',
        address: '2001:db8::1',
      });
    });

    it('does not let a sink that fails change a refusal', async () => {
      const { trail, auditor } = await create();
      auditor.createEvent.mockRejectedValue(new Error('full'));
      const error = new OrchestratorError('auth.invalid_token', 'Invalid');
      await trail.denied({ eventId: 'x', severity: 'low' }, error);
      expect(auditor.createEvent).toHaveBeenCalledTimes(1);
    });
  });
});
