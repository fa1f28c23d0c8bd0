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
import { AUDIT_CHECKPOINTS } from '../database/AuditChain';
import { AuditPruneStore } from '../database/AuditPruneStore';
import { AUDIT } from '../database/AuditRow';
import { AuditRetention } from './AuditRetention';
import { createAuditFixture, ENTRY, START } from './__testUtils__/auditFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const KEEP = 1_000_000;

describe('AuditRetention', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const log = await createAuditFixture(await databases.init(databaseId));
      const logger = mockServices.logger.mock();
      let now = START;
      const retention = new AuditRetention({
        store: new AuditPruneStore(log.database),
        logger,
        now: () => now,
        keep: KEEP,
      });
      const pruneAt = (time: number) => {
        now = time;
        return retention.prune();
      };
      return { ...log, logger, pruneAt };
    }

    it('deletes what is too old, and the chain holds from there on', async () => {
      const { database, store, sealAll, pruneAt, verifier, rows, add, knex } =
        await create();
      const pace = { rows: 400, interval: 1e15 };
      await database.transaction(trx =>
        store.addAll(trx, Array(1_200).fill(ENTRY), START),
      );
      await add(ENTRY, START + 5);
      await sealAll(START, 100, pace);
      expect(await pruneAt(START + KEEP)).toBe(0);
      expect(await pruneAt(START + KEEP + 1)).toBe(1_200);
      expect(await rows()).toMatchObject([{ at: expect.anything() }]);
      expect(await verifier.verify()).toMatchObject({
        sealed: 1,
        firstBroken: undefined,
        checkpoint: { seq: 1_200 },
      });
      expect(await knex(AUDIT_CHECKPOINTS)).toHaveLength(1);
      // Also where nothing is left.
      expect(await pruneAt(START + KEEP + 6)).toBe(1);
      expect(await verifier.verify()).toMatchObject({
        sealed: 0,
        firstBroken: undefined,
      });
      await add(ENTRY, START + 10);
      await sealAll(START);
      expect((await rows()).map(({ seq }) => Number(seq))).toEqual([1_202]);
      expect(await verifier.verify()).toMatchObject({
        sealed: 1,
        firstBroken: undefined,
      });
    });

    it('keeps rows that are not sealed, and those after a younger one', async () => {
      const { sealAll, pruneAt, rows, add, verifier } = await create();
      await add({ ...ENTRY, code: 'first' }, START);
      await add({ ...ENTRY, code: 'young' }, START + 100);
      await sealAll(START);
      await add({ ...ENTRY, code: 'late' }, START);
      await sealAll(START);
      await add({ ...ENTRY, code: 'unsealed' }, START);
      const codes = async () => (await rows()).map(({ code }) => code);
      expect(await pruneAt(START + KEEP + 50)).toBe(1);
      expect(await codes()).toEqual(['young', 'late', 'unsealed']);
      expect(await pruneAt(START + KEEP + 101)).toBe(2);
      expect(await codes()).toEqual(['unsealed']);
      await sealAll(START);
      expect(await verifier.verify()).toMatchObject({
        sealed: 1,
        firstBroken: undefined,
      });
    });

    it('says so where it deletes a row that was changed', async () => {
      const { sealAll, pruneAt, add, knex, logger } = await create();
      await add(ENTRY, START);
      await add(ENTRY, START + 1);
      await sealAll(START);
      await knex(AUDIT).where({ seq: 2 }).update({ actor: 'nobody' });
      expect(await pruneAt(START + KEEP + 10)).toBe(2);
      expect(logger.error).toHaveBeenCalledWith(
        expect.stringContaining('did not hold at row 2'),
      );
    });
  });
});
