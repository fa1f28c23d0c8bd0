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
import {
  createAuditFixture,
  ENTRY,
  SELDOM,
  START,
  type AuditFixture,
} from '../audit/__testUtils__/auditFixture';
import { AUDIT_CHECKPOINTS } from './AuditChain';
import { AUDIT } from './AuditRow';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

describe('AuditSealStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  async function seqs({ rows }: AuditFixture) {
    return (await rows()).map(({ seq }) => (seq === null ? null : Number(seq)));
  }

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    const create = async () =>
      createAuditFixture(await databases.init(databaseId));

    it('numbers rows in the order of their times, some at a time', async () => {
      const log = await create();
      for (const offset of [3, 1, 2]) {
        await log.add({ ...ENTRY, code: `at ${offset}` }, START + offset);
      }
      expect(await log.sealer.isDue(START, SELDOM)).toBe(true);
      expect(await log.sealer.seal(START, SELDOM, 2)).toEqual({ sealed: 2 });
      expect(await seqs(log)).toEqual([1, 2, null]);
      expect(await log.sealer.seal(START, SELDOM, 2)).toEqual({ sealed: 1 });
      expect((await log.rows()).map(({ code }) => code)).toEqual([
        'at 1',
        'at 2',
        'at 3',
      ]);
      expect(await log.sealer.isDue(START, SELDOM)).toBe(false);
      expect(await log.verifier.verify()).toEqual({ sealed: 3, unsealed: 0 });
    });

    it('seals a row that is older than sealed ones later', async () => {
      const log = await create();
      await log.add(ENTRY, START + 10);
      await log.sealAll(START);
      await log.add({ ...ENTRY, code: 'late' }, START);
      await log.sealAll(START);
      const [first, second] = await log.rows();
      expect([first.code, second.code]).toEqual([null, 'late']);
      expect(await seqs(log)).toEqual([1, 2]);
      expect(await log.verifier.verify()).toEqual({ sealed: 2, unsealed: 0 });
    });

    it('leaves open rows alone until they are settled', async () => {
      const log = await create();
      const { outcome, ...open } = ENTRY;
      const at = { key: 'a', until: START + 100 };
      await log.database.transaction(trx =>
        log.store.open(trx, open, at, START),
      );
      expect(await log.sealer.isDue(START + 99, SELDOM)).toBe(false);
      await log.sealAll(START + 99);
      expect(await seqs(log)).toEqual([null]);
      expect(await log.pages.page({}, 10)).toEqual([]);
      const settle = () =>
        log.database.transaction(trx =>
          log.store.settle(trx, 'a', {
            outcome: 'failed',
            code: 'engine.timeout',
          }),
        );
      expect(await settle()).toBe(true);
      expect(await settle()).toBe(false);
      await log.sealAll(START + 99);
      const [row] = await log.pages.page({}, 10);
      expect(row).toMatchObject({
        seq: 1,
        outcome: 'failed',
        code: 'engine.timeout',
        meta: { kind: 'personal' },
      });
    });

    it('closes an open row whose time is over, with an unknown outcome', async () => {
      const log = await create();
      const { outcome, ...open } = ENTRY;
      const at = { key: 'a', until: START + 100 };
      await log.database.transaction(trx =>
        log.store.open(trx, open, at, START),
      );
      expect(await log.sealer.isDue(START + 100, SELDOM)).toBe(true);
      await log.sealAll(START + 100);
      const [row] = await log.pages.page({}, 10);
      expect(row).toMatchObject({
        seq: 1,
        outcome: 'failed',
        code: 'service.unavailable',
        meta: { kind: 'personal', outcome: 'unknown' },
      });
      // What is known later cannot change a sealed row.
      const settled = log.database.transaction(trx =>
        log.store.settle(trx, 'a', { outcome: 'succeeded' }),
      );
      expect(await settled).toBe(false);
      expect(await log.verifier.verify()).toEqual({ sealed: 1, unsealed: 0 });
    });

    it('adds to one row from every replica, and seals it once its minute is over', async () => {
      const log = await create();
      const refused = {
        ...ENTRY,
        event: 'auth.denied',
        outcome: 'denied',
      } as const;
      const add = (count: number) =>
        log.counts.add([
          { key: 'k', entry: refused, at: START, count, until: START + 100 },
        ]);
      await Promise.all([add(2), add(3), add(4)]);
      await log.sealAll(START + 99);
      expect(await log.pages.page({}, 10)).toMatchObject([
        { count: 9, outcome: 'denied' },
      ]);
      expect(await seqs(log)).toEqual([null]);
      await log.sealAll(START + 100);
      expect(await seqs(log)).toEqual([1]);
      // What comes too late is counted in another row.
      await add(5);
      await log.sealAll(START + 100);
      const rows = await log.pages.page({}, 10);
      expect(rows.map(row => row.count).sort()).toEqual([5, 9]);
      expect(await log.verifier.verify()).toEqual({ sealed: 2, unsealed: 0 });
    });

    it('does nothing at all where it fails in the middle', async () => {
      const log = await create();
      for (const offset of [1, 2, 3]) await log.add(ENTRY, START + offset);
      await log.sealer.seal(START, SELDOM, 1);
      // Somebody has taken the place that the third row would get.
      const [first] = await log.rows();
      await log.knex(AUDIT).insert({ ...first, id: 'planted', seq: 3 });
      await expect(log.sealer.seal(START, SELDOM, 2)).rejects.toMatchObject({
        code: 'service.unavailable',
      });
      await log.knex(AUDIT).where({ id: 'planted' }).delete();
      expect(await seqs(log)).toEqual([1, null, null]);
      await log.sealAll(START);
      expect(await log.verifier.verify()).toEqual({ sealed: 3, unsealed: 0 });
    });

    it('makes a checkpoint after some rows, and after some time if there was one', async () => {
      const log = await create();
      const pace = { rows: 2, interval: 1_000 };
      await log
        .knex('orchestrator_audit_chain')
        .update({ checkpoint_at: START });
      await log.add(ENTRY, START);
      expect(
        (await log.sealer.seal(START, pace, 10)).checkpoint,
      ).toBeUndefined();
      await log.add(ENTRY, START + 1);
      const { checkpoint } = await log.sealer.seal(START + 1, pace, 10);
      expect(checkpoint).toEqual({
        seq: 2,
        hash: (await log.rows())[1].hash,
        at: START + 1,
      });
      expect(await log.reader.lastCheckpoint()).toEqual(checkpoint);
      expect(await log.sealer.isDue(START + 5_000, pace)).toBe(false);
      await log.add(ENTRY, START + 2);
      await log.sealer.seal(START + 2, pace, 10);
      expect(await log.sealer.isDue(START + 1_000, pace)).toBe(false);
      expect(await log.sealer.isDue(START + 1_001, pace)).toBe(true);
      const idle = await log.sealer.seal(START + 1_001, pace, 10);
      expect(idle).toMatchObject({ sealed: 0, checkpoint: { seq: 3 } });
      expect(await log.knex(AUDIT_CHECKPOINTS)).toHaveLength(2);
    });
  });
});
