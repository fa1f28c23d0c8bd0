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
import { AUDIT, type AuditRecord } from '../database/AuditRow';
import { AuditPruneStore } from '../database/AuditPruneStore';
import {
  createAuditFixture,
  ENTRY,
  SELDOM,
  START,
  type AuditFixture,
} from './__testUtils__/auditFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(120_000);

/** Something that happens to the log. */
type Step =
  | { kind: 'add'; texts: string[] }
  | { kind: 'open'; text: string }
  | { kind: 'settle' }
  | { kind: 'count'; key: string; count: number }
  | { kind: 'wait'; milliseconds: number }
  | { kind: 'seal'; limit: number; checkpoint: boolean }
  | { kind: 'prune' };

const text = fc.oneof(
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.constantFrom('', '","', '\0', '\ud800', 'ä\u0301', '\n', "'; --"),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    texts: fc.array(text, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('open' as const), text }),
  fc.record({ kind: fc.constant('settle' as const) }),
  fc.record({
    kind: fc.constant('count' as const),
    key: fc.constantFrom('a', 'b'),
    count: fc.integer({ min: 1, max: 1_000_000 }),
  }),
  fc.record({
    kind: fc.constant('wait' as const),
    milliseconds: fc.integer({ min: 1, max: 200 }),
  }),
  fc.record({
    kind: fc.constant('seal' as const),
    limit: fc.integer({ min: 1, max: 4 }),
    checkpoint: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('prune' as const) }),
);

/** Does the steps. @returns how many rows were deleted for their age */
async function play(log: AuditFixture, steps: readonly Step[]) {
  const clock = { now: START };
  let events = 0;
  let deleted = 0;
  const open: string[] = [];
  for (const one of steps) {
    clock.now += 1;
    switch (one.kind) {
      case 'add':
        await log.database.transaction(trx =>
          log.store.addAll(
            trx,
            one.texts.map(word => ({ ...ENTRY, actor: word, meta: { word } })),
            clock.now,
          ),
        );
        events += one.texts.length;
        break;
      case 'open': {
        const { outcome, ...entry } = ENTRY;
        const key = `open-${events}`;
        await log.database.transaction(trx =>
          log.store.open(
            trx,
            { ...entry, workflowId: one.text },
            { key, until: clock.now + 100 },
            clock.now,
          ),
        );
        open.push(key);
        events += 1;
        break;
      }
      case 'settle': {
        const key = open.pop();
        if (!key) break;
        await log.database.transaction(trx =>
          log.store.settle(trx, key, { outcome: 'succeeded' }),
        );
        break;
      }
      case 'count':
        await log.counts.add([
          {
            key: one.key,
            entry: { ...ENTRY, event: 'auth.denied', outcome: 'denied' },
            at: clock.now,
            count: one.count,
            until: clock.now + 50,
          },
        ]);
        break;
      case 'wait':
        clock.now += one.milliseconds;
        break;
      case 'seal':
        await log.sealer.seal(
          clock.now,
          one.checkpoint ? { rows: 1, interval: 0 } : SELDOM,
          one.limit,
        );
        break;
      default: {
        const pruned = await new AuditPruneStore(log.database).prune(
          clock.now,
          2,
        );
        deleted += pruned?.deleted.length ?? 0;
      }
    }
  }
  clock.now += 1_000;
  await log.sealAll(clock.now);
  return { deleted };
}

/** One thing that somebody does to the table by hand. Each is given the sealed rows, and one of them. */
const MUTATIONS: Record<
  string,
  (
    log: AuditFixture,
    row: AuditRecord,
    rows: readonly AuditRecord[],
  ) => Promise<unknown>
> = {
  ...Object.fromEntries(
    (
      [
        'event',
        'actor',
        'on_behalf_of',
        'token_id',
        'workflow_id',
        'instance_id',
        'outcome',
        'code',
        'address',
        'meta',
        'open_key',
      ] as const
    ).map(column => [
      `another ${column}`,
      (log: AuditFixture, row: AuditRecord) =>
        log
          .knex<AuditRecord>(AUDIT)
          .where({ id: row.id })
          .update({ [column]: `${row[column] ?? ''}x` }),
    ]),
  ),
  ...Object.fromEntries(
    (['at', 'count', 'open_until'] as const).map(column => [
      `another ${column}`,
      (log: AuditFixture, row: AuditRecord) =>
        log
          .knex<AuditRecord>(AUDIT)
          .where({ id: row.id })
          .update({ [column]: Number(row[column] ?? 0) + 1 }),
    ]),
  ),
  'another id': (log, row) =>
    log
      .knex(AUDIT)
      .where({ id: row.id })
      .update({ id: '00000000-0000-4000-8000-000000000000' }),
  'another hash': (log, row) =>
    log
      .knex(AUDIT)
      .where({ id: row.id })
      .update({ hash: 'f'.repeat(64) }),
  'an emptied text': (log, row) =>
    log.knex(AUDIT).where({ id: row.id }).update({ actor: null, meta: null }),
  'another place': (log, row, rows) =>
    log
      .knex(AUDIT)
      .where({ id: row.id })
      .update({ seq: Number(rows.at(-1)!.seq) + 5 }),
  'taken out of the chain': (log, row) =>
    log.knex(AUDIT).where({ id: row.id }).update({ seq: null, hash: null }),
  deleted: (log, row) => log.knex(AUDIT).where({ id: row.id }).delete(),
  'deleted, and the rest moved up': async (log, row, rows) => {
    await log.knex(AUDIT).where({ id: row.id }).delete();
    for (const { id, seq } of rows) {
      if (Number(seq) <= Number(row.seq)) continue;
      await log
        .knex(AUDIT)
        .where({ id })
        .update({ seq: Number(seq) - 1 });
    }
  },
  'another row put before it': async (log, row, rows) => {
    for (const { id, seq } of [...rows].reverse()) {
      if (Number(seq) < Number(row.seq)) continue;
      await log
        .knex(AUDIT)
        .where({ id })
        .update({ seq: Number(seq) + 1 });
    }
    await log.knex(AUDIT).insert({ ...row, id: 'inserted' });
  },
  'a row put after the end': (log, row, rows) =>
    log.knex(AUDIT).insert({
      ...linkRecords(
        { seq: Number(rows.at(-1)!.seq), hash: rows.at(-1)!.hash! },
        [{ ...row, id: 'inserted' }],
      )[0],
    }),
  'a row put before the beginning': (log, row, rows) =>
    log
      .knex(AUDIT)
      .insert({ ...row, id: 'inserted', seq: Number(rows[0].seq) - 1 }),
  'two rows in each other’s place': async (log, row, rows) => {
    const index = rows.indexOf(row);
    const other = rows[index === 0 ? 1 : index - 1];
    const move = (id: string, seq: AuditRecord['seq']) =>
      log.knex(AUDIT).where({ id }).update({ seq });
    await move(row.id, Number(rows.at(-1)!.seq) + 1);
    await move(other.id, row.seq);
    await move(row.id, other.seq);
  },
  'the rest cut off': (log, row) =>
    log.knex(AUDIT).where('seq', '>=', Number(row.seq)).delete(),
};

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
