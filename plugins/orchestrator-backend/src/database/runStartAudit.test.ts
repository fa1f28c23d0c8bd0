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

import { TestDatabases } from '@backstage/backend-test-utils';
import { createAuditFixture, START } from '../audit/__testUtils__/auditFixture';
import { RunChangeStore } from './RunChangeStore';
import type { RunRow } from './RunRow';
import { openStart } from './runStartAudit';
import { RunStore } from './RunStore';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const HOUR = 3_600_000;

const RESERVATION: RunRow = {
  id: 'run-1',
  engineId: 'fake',
  workflowId: 'greet',
  workspace: 'default',
  name: 'Greet',
  initiator: 'user:default/alice',
  owner: 'user:default/alice',
  actor: 'plugin:scaffolder',
  tokenId: 'AbcDef123456',
  state: 'PENDING',
  revision: 0,
  reservedAt: START,
};

const STARTED = {
  at: START,
  event: 'run.started',
  actor: 'plugin:scaffolder',
  onBehalfOf: 'user:default/alice',
  tokenId: 'AbcDef123456',
  workflowId: 'greet',
  instanceId: 'run-1',
  outcome: 'succeeded',
};

describe('the audit of starts', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const log = await createAuditFixture(await databases.init(databaseId));
      const runs = new RunStore(log.database);
      const changes = new RunChangeStore(log.database);
      return {
        ...log,
        runs,
        /** What the feed of the engine brings. */
        bring: async (...ids: string[]) => {
          const asked = await changes.receipt('fake');
          const tell = (runId: string) => ({
            runId,
            definitionId: 'greet',
            state: 'ACTIVE' as const,
            revision: 1,
            start: new Date(START).toISOString(),
          });
          await changes.store(
            'fake',
            { asked, next: `${asked}+`, changes: ids.map(tell) },
            START + 1,
            ({ runId }) => ({ ...RESERVATION, id: runId, revision: -1 }),
          );
        },
        shown: () => log.pages.page({}, 1_000),
      };
    }

    it('is there from the reservation on, and tells that the run has started', async () => {
      const { runs, rows, shown } = await create();
      await runs.reserve(RESERVATION, { address: '192.0.2.1' });
      expect(await rows()).toMatchObject([
        { event: 'run.started', outcome: null, address: '192.0.2.1' },
      ]);
      expect(await shown()).toEqual([]);
      await runs.confirm(RESERVATION, { id: 'run-1', state: 'ACTIVE' });
      await runs.confirm(RESERVATION, { id: 'run-1', state: 'ACTIVE' });
      expect(await shown()).toEqual([
        { id: expect.any(String), address: '192.0.2.1', ...STARTED },
      ]);
    });

    it('tells why a run has not started', async () => {
      const { runs, shown } = await create();
      await runs.reserve(RESERVATION);
      await runs.release('run-1', { code: 'workflow.conflict' });
      await runs.release('run-1', { code: 'engine.unavailable' });
      const [row, ...others] = await shown();
      expect(row).toMatchObject({
        outcome: 'failed',
        code: 'workflow.conflict',
        workflowId: 'greet',
      });
      expect(row.instanceId).toBeUndefined();
      expect(others).toEqual([]);
      expect(await runs.findReserved('run-1')).toBeUndefined();
    });

    it('stays open where the start was confirmed before it was given up', async () => {
      const { runs, shown } = await create();
      await runs.reserve(RESERVATION);
      await runs.confirm(RESERVATION, { id: 'run-1', state: 'ACTIVE' });
      await runs.release('run-1', { code: 'engine.unavailable' });
      expect(await shown()).toMatchObject([STARTED]);
      expect(await runs.find('run-1')).toMatchObject({ state: 'ACTIVE' });
    });

    it('has the id that the engine made', async () => {
      const { runs, shown } = await create();
      await runs.reserve(RESERVATION);
      await runs.confirm(RESERVATION, { id: 'theirs', state: 'ACTIVE' });
      expect(await shown()).toMatchObject([
        { ...STARTED, instanceId: 'theirs' },
      ]);
    });

    it('has the id of a run that the feed brought before its start was answered', async () => {
      const { runs, shown, bring } = await create();
      await runs.reserve(RESERVATION);
      await bring('theirs');
      expect(await shown()).toEqual([]);
      await runs.confirm(RESERVATION, { id: 'theirs', state: 'ACTIVE' });
      expect(await shown()).toMatchObject([
        { ...STARTED, instanceId: 'theirs' },
      ]);
    });

    it('is settled by the feed for many runs at once, and leaves runs that nobody started here alone', async () => {
      const { runs, shown, bring } = await create();
      const ids = Array.from({ length: 250 }, (_, index) => `run-${index}`);
      for (const id of ids.slice(1)) {
        await runs.reserve({ ...RESERVATION, id });
      }
      await bring(...ids);
      await bring(...ids);
      const told = (await shown()).map(({ instanceId }) => instanceId);
      expect(told.sort()).toEqual(ids.slice(1).sort());
    });

    it('is told again where it was closed before anybody knew of the start', async () => {
      const { runs, shown, bring, sealAll, verifier } = await create();
      const other = { ...RESERVATION, id: 'run-2' };
      await runs.reserve(RESERVATION);
      await runs.reserve(other);
      await sealAll(START + HOUR);
      expect(await shown()).toMatchObject([
        { outcome: 'failed', meta: { outcome: 'unknown' } },
        { outcome: 'failed', meta: { outcome: 'unknown' } },
      ]);
      await runs.confirm(RESERVATION, { id: 'run-1', state: 'ACTIVE' });
      await bring('run-2');
      const told = (await shown()).filter(
        ({ outcome }) => outcome === 'succeeded',
      );
      expect(told.map(({ instanceId }) => instanceId).sort()).toEqual([
        'run-1',
        'run-2',
      ]);
      await sealAll(START + HOUR);
      expect(await verifier.verify()).toMatchObject({
        sealed: 4,
        firstBroken: undefined,
      });
    });

    it('is told where a start is confirmed that was given up', async () => {
      const { runs, shown } = await create();
      await runs.reserve(RESERVATION);
      await runs.release('run-1', { code: 'engine.unavailable' });
      await runs.confirm(RESERVATION, { id: 'run-1', state: 'ACTIVE' });
      const outcomes = (await shown()).map(({ outcome }) => outcome);
      expect(outcomes.sort()).toEqual(['failed', 'succeeded']);
    });

    it('is not there for a repeat with the same key', async () => {
      const { runs, rows } = await create();
      const keyed = { ...RESERVATION, idempotencyKey: 'key', inputHash: 'h' };
      await runs.reserve(keyed);
      await runs.reserve({ ...keyed, id: 'run-2' });
      expect(await rows()).toHaveLength(1);
    });

    it('changes nothing where one of both cannot be written', async () => {
      const { runs, knex } = await create();
      await runs.reserve(RESERVATION);
      await knex.schema.renameTable('orchestrator_audit', 'elsewhere');
      const other = { ...RESERVATION, id: 'run-2' };
      const refused = { code: 'service.unavailable' };
      await expect(runs.reserve(other)).rejects.toMatchObject(refused);
      const confirmed = runs.confirm(RESERVATION, {
        id: 'run-1',
        state: 'ACTIVE',
      });
      await expect(confirmed).rejects.toMatchObject(refused);
      const released = runs.release('run-1', { code: 'engine.unavailable' });
      await expect(released).rejects.toMatchObject(refused);
      expect(await runs.findReserved('run-2')).toBeUndefined();
      expect(await runs.find('run-1')).toBeUndefined();
      expect(await runs.findReserved('run-1')).toMatchObject({
        state: 'PENDING',
      });
    });
  });

  it('makes no start wait for who seals, nor for another start', async () => {
    // SQLite has one writer.
    if (!databases.supports('POSTGRES_15')) return;
    const log = await createAuditFixture(await databases.init('POSTGRES_15'));
    const runs = new RunStore(log.database);
    await log.knex.transaction(async trx => {
      await trx('orchestrator_audit_chain').forUpdate();
      const slow = { ...RESERVATION, id: 'slow' };
      await openStart(trx, slow, undefined);
      await runs.reserve(RESERVATION);
      await runs.confirm(RESERVATION, { id: 'run-1', state: 'ACTIVE' });
      expect(await log.pages.page({}, 10)).toMatchObject([STARTED]);
    });
  });
});
