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
import type { Knex } from 'knex';
import {
  createAuditFixture,
  ENTRY,
  SELDOM,
  START,
} from '../audit/__testUtils__/auditFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

/** A promise, and what fulfils it. */
function signal() {
  let give: () => void = () => {};
  const given = new Promise<void>(resolve => {
    give = resolve;
  });
  return { given, give };
}

describe('several AuditSealStores', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    const create = async () =>
      createAuditFixture(await databases.init(databaseId));

    it('loses nothing and seals nothing twice while rows come and several seal', async () => {
      const log = await create();
      let isOver = false;
      const writers = [0, 1, 2].map(async writer => {
        for (let index = 0; index < 20; index++) {
          await log.add(
            { ...ENTRY, code: `${writer}/${index}` },
            START + index,
          );
        }
      });
      const sealers = [0, 1, 2].map(async () => {
        while (!isOver) await log.sealer.seal(START, SELDOM, 3);
      });
      await Promise.all(writers);
      isOver = true;
      await Promise.all(sealers);
      await log.sealAll(START);
      const rows = await log.rows();
      expect(new Set(rows.map(({ code }) => code)).size).toBe(60);
      expect(rows.map(({ seq }) => Number(seq))).toEqual(
        Array.from({ length: 60 }, (_, index) => index + 1),
      );
      expect(await log.verifier.verify()).toEqual({ sealed: 60, unsealed: 0 });
    });

    it('counts everything once while counted rows are closed and sealed', async () => {
      const log = await create();
      const entry = {
        ...ENTRY,
        event: 'auth.denied',
        outcome: 'denied',
      } as const;
      let isOver = false;
      const counters = [0, 1, 2].map(async () => {
        for (let index = 0; index < 20; index++) {
          const keys = ['a', 'b', 'c'].map(key => ({
            key,
            entry,
            at: START,
            count: 1,
            until: START,
          }));
          await log.counts.add(index % 2 ? keys : keys.reverse());
        }
      });
      const sealers = [0, 1].map(async () => {
        while (!isOver) await log.sealer.seal(START, SELDOM, 3);
      });
      await Promise.all(counters);
      isOver = true;
      await Promise.all(sealers);
      await log.sealAll(START);
      const rows = await log.rows();
      const sum = rows.reduce((total, { count }) => total + Number(count), 0);
      expect(sum).toBe(180);
      expect(await log.verifier.verify()).toEqual({
        sealed: rows.length,
        unsealed: 0,
      });
    });
  });

  it('seals what was committed, while others still write, and their rows afterwards', async () => {
    // SQLite has one connection and one writer.
    if (!databases.supports('POSTGRES_15')) return;
    const log = await createAuditFixture(await databases.init('POSTGRES_15'));
    const written = signal();
    const goOn = signal();
    const slow = log.knex.transaction(async (trx: Knex.Transaction) => {
      await log.store.add(trx, { ...ENTRY, code: 'slow' }, START);
      written.give();
      await goOn.given;
    });
    const codes = async () => (await log.rows()).map(({ code }) => code);
    await written.given;
    await log.add({ ...ENTRY, code: 'quick' }, START + 1);
    await log.sealAll(START + 2);
    expect(await codes()).toEqual(['quick']);
    expect(await log.verifier.verify()).toEqual({ sealed: 1, unsealed: 0 });
    goOn.give();
    await slow;
    await log.sealAll(START + 2);
    expect(await codes()).toEqual(['quick', 'slow']);
    expect(await log.verifier.verify()).toEqual({ sealed: 2, unsealed: 0 });
  });

  it('does not wait for another replica that seals', async () => {
    // SQLite has one connection and one writer.
    if (!databases.supports('POSTGRES_15')) return;
    const log = await createAuditFixture(await databases.init('POSTGRES_15'));
    await log.add(ENTRY, START);
    await log.knex.transaction(async trx => {
      await trx('orchestrator_audit_chain').forUpdate().first();
      expect(await log.sealer.seal(START, SELDOM, 10)).toEqual({ sealed: 0 });
    });
    expect(await log.sealer.seal(START, SELDOM, 10)).toEqual({ sealed: 1 });
  });
});
