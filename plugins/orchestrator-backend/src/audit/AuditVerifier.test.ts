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
import fc from 'fast-check';
import { AUDIT_CHAIN, AUDIT_CHECKPOINTS } from '../database/AuditChain';
import { linkRecords } from '../database/auditHash';
import { AUDIT } from '../database/AuditRow';
import { AuditPruneStore } from '../database/AuditPruneStore';
import {
  createAuditFixture,
  ENTRY,
  START,
  type AuditFixture,
} from './__testUtils__/auditFixture';
import { play, step } from './__testUtils__/logSteps';
import { MUTATIONS } from './__testUtils__/mutations';

// To make a database can take its time on a busy machine.
jest.setTimeout(120_000);

describe('AuditVerifier', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let log: AuditFixture;
    beforeAll(async () => {
      log = await createAuditFixture(await databases.init(databaseId));
    });
    beforeEach(() => log.empty());

    const numRuns = databaseId === 'SQLITE_3' ? 150 : 40;

    it('holds after whatever happens to the log', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
          await log.empty();
          const { deleted } = await play(log, steps);
          const rows = await log.rows();
          expect(rows.map(({ seq }) => Number(seq))).toEqual(
            rows.map((_, index) => deleted + index + 1),
          );
          expect(await log.verifier.verify()).toMatchObject({
            sealed: rows.length,
            unsealed: 0,
            firstBroken: undefined,
          });
        }),
        { numRuns },
      );
    });

    it.each(Object.entries(MUTATIONS))('finds %s', async (_name, mutate) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 12 }),
          fc.nat(),
          async (steps, pick) => {
            await log.empty();
            const filler = { kind: 'add' as const, texts: ['a', 'b'] };
            const prune = { kind: 'prune' as const };
            await play(log, [...steps, prune, filler]);
            const rows = await log.rows();
            await mutate(log, rows[pick % rows.length], rows);
            const { firstBroken } = await log.verifier.verify();
            expect(firstBroken).toEqual({
              seq: expect.any(Number),
              reason: expect.any(String),
            });
          },
        ),
        { numRuns: databaseId === 'SQLITE_3' ? 20 : 5 },
      );
    });

    it('names the first place that does not hold', async () => {
      await play(log, [{ kind: 'add', texts: ['a', 'b', 'c', 'd', 'e'] }]);
      const rows = await log.rows();
      await log
        .knex(AUDIT)
        .whereIn('id', [rows[2].id, rows[4].id])
        .update({ code: 'changed' });
      expect(await log.verifier.verify()).toMatchObject({
        sealed: 5,
        firstBroken: {
          seq: 3,
          reason:
            'The row was changed, or does not follow the row that was before it',
        },
      });
      await log.knex(AUDIT).where({ id: rows[1].id }).delete();
      expect(await log.verifier.verify()).toMatchObject({
        firstBroken: { seq: 2, reason: 'The row is missing' },
      });
    });

    it('finds an end that was cut off together with the end of the chain', async () => {
      await play(log, [
        { kind: 'add', texts: ['a', 'b', 'c'] },
        { kind: 'seal', limit: 10, checkpoint: true },
      ]);
      const [, second] = await log.rows();
      await log.knex(AUDIT).where('seq', '>', 2).delete();
      await log.knex(AUDIT_CHAIN).update({ seq: 2, hash: second.hash });
      expect(await log.verifier.verify()).toMatchObject({
        checkpoint: { seq: 3 },
        firstBroken: {
          seq: 3,
          reason: 'The chain ends before its last checkpoint',
        },
      });
      // Also when rows were added since.
      await log.add(ENTRY, START + 10);
      await log.sealAll(START + 10);
      expect(await log.verifier.verify()).toMatchObject({
        firstBroken: {
          seq: 3,
          reason: 'The row differs from the checkpoint of it',
        },
      });
    });

    it('finds a chain that was made anew from some row on', async () => {
      await play(log, [
        { kind: 'add', texts: ['a', 'b', 'c'] },
        { kind: 'seal', limit: 10, checkpoint: true },
      ]);
      const [first, second, third] = await log.rows();
      const forged = linkRecords({ seq: 1, hash: first.hash! }, [
        { ...second, actor: 'user:default/mallory' },
        third,
      ]);
      for (const { id, actor, hash } of forged) {
        await log.knex(AUDIT).where({ id }).update({ actor, hash });
      }
      await log.knex(AUDIT_CHAIN).update({ hash: forged[1].hash });
      expect(await log.verifier.verify()).toMatchObject({
        firstBroken: {
          seq: 3,
          reason: 'The row differs from the checkpoint of it',
        },
      });
    });

    it('finds an end of the chain that is not the last row', async () => {
      await play(log, [{ kind: 'add', texts: ['a', 'b'] }]);
      await log.knex(AUDIT_CHAIN).update({ hash: 'f'.repeat(64) });
      expect(await log.verifier.verify()).toMatchObject({
        firstBroken: {
          seq: 2,
          reason: 'The row is not the one that was the last',
        },
      });
    });

    it('finds that the ends of the chain are missing', async () => {
      const [ends] = await log.knex(AUDIT_CHAIN);
      await log.knex(AUDIT_CHAIN).delete();
      try {
        expect(await log.verifier.verify()).toMatchObject({
          sealed: 0,
          firstBroken: { seq: 0 },
        });
      } finally {
        await log.knex(AUDIT_CHAIN).insert(ends);
      }
    });

    it('walks a chain that is longer than it reads at a time', async () => {
      await log.database.transaction(trx =>
        log.store.addAll(trx, Array(2_100).fill(ENTRY), START),
      );
      await log.sealAll(START, 500, { rows: 300, interval: 1e15 });
      expect(await log.knex(AUDIT_CHECKPOINTS)).toHaveLength(4);
      expect(await log.verifier.verify()).toMatchObject({
        sealed: 2_100,
        unsealed: 0,
        firstBroken: undefined,
        checkpoint: { seq: 2_000 },
      });
    });

    it('goes on where rows are deleted for their age under it', async () => {
      await play(log, [{ kind: 'add', texts: ['a', 'b', 'c', 'd'] }]);
      const prune = new AuditPruneStore(log.database);
      const { rows } = log.reader;
      const reads = jest
        .spyOn(log.reader, 'rows')
        .mockImplementationOnce(async (...args) => {
          await prune.prune(START + 1_000, 2);
          return rows.apply(log.reader, args);
        });
      const walked = await log.verifier.verify();
      expect(walked).toEqual({
        sealed: 2,
        unsealed: 0,
        firstBroken: undefined,
        checkpoint: undefined,
      });
      expect(reads).toHaveBeenCalledTimes(2);
    });
  });
});
