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
import { ALL, NONE } from '../grants/criteria';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import { OwnerSnapshotTable } from './OwnerSnapshotStore';
import { TokenChangeStore } from './TokenChangeStore';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const ALICE = 'user:default/alice';
const AT = 1_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const snapshot = (takenAt: number, more: object = {}) => ({
  refs: [ALICE],
  decisions: new Map([['orchestrator.workflow', ALL]]),
  takenAt,
  ...more,
});

describe('snapshots of owners', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function setup(options?: { policyMaxAgeMs: number }) {
      const knex = await databases.init(databaseId);
      const database = await createIndexDatabase(knex);
      const changes = new TokenChangeStore(database);
      const announced: string[] = [];
      changes.onAnnounced(subjects => announced.push(...subjects));
      return {
        store: new OwnerSnapshotTable(database, changes, options),
        announced,
        recorded: () =>
          knex('orchestrator_token_changes').orderBy('seq').pluck('subject'),
        read: async () => {
          const row = await knex('orchestrator_owner_snapshots').first();
          return row && { ...row, taken_at: Number(row.taken_at) };
        },
      };
    }

    it('are kept of those only who were given one', async () => {
      const { store, read } = await setup();
      await store.save(ALICE, snapshot(AT), { create: false });
      expect(await store.has(ALICE)).toBe(false);
      await store.save(ALICE, snapshot(AT), { create: true });
      expect(await store.has(ALICE)).toBe(true);
      expect(await read()).toMatchObject({
        owner: ALICE,
        refs: `["${ALICE}"]`,
        taken_at: AT,
      });
    });

    it('make the replicas forget where they say something else, and only then', async () => {
      const { store, recorded, announced } = await setup();
      await store.save(ALICE, snapshot(AT), { create: true });
      await store.save(ALICE, snapshot(AT + 5_000), { create: false });
      await store.save(ALICE, snapshot(AT + 10_000), { create: true });
      expect(await recorded()).toEqual([`owner:${ALICE}`]);
      const denied = new Map([['orchestrator.workflow', NONE]]);
      await store.save(ALICE, snapshot(AT + 15_000, { decisions: denied }), {
        create: false,
      });
      expect(await recorded()).toHaveLength(2);
      // What was long not renewed may be too old by what a replica remembers.
      await store.save(
        ALICE,
        snapshot(AT + 15_001 + HOUR, { decisions: denied }),
        { create: false },
      );
      expect(await recorded()).toHaveLength(3);
      expect(announced).toEqual(await recorded());
    });

    it.each([
      ['an hour', 14 * 24 * HOUR, HOUR],
      ['a tenth of what the policy may be old', 11 * MINUTE, MINUTE],
      ['any time', MINUTE, 0],
    ])(
      'make the replicas forget how old they were after %s',
      async (_, policyMaxAgeMs, interval) => {
        const { store, recorded } = await setup({ policyMaxAgeMs });
        await store.save(ALICE, snapshot(AT), { create: true });
        await store.save(ALICE, snapshot(AT + interval), { create: false });
        expect(await recorded()).toHaveLength(1);
        await store.save(ALICE, snapshot(AT + 2 * interval + 1), {
          create: false,
        });
        expect(await recorded()).toHaveLength(2);
      },
    );

    it('are not replaced by older ones, but where a clock was wrong', async () => {
      const { store, read } = await setup();
      const denied = new Map([['orchestrator.workflow', NONE]]);
      await store.save(ALICE, snapshot(AT + 5_000), { create: true });
      await store.save(ALICE, snapshot(AT, { decisions: denied }), {
        create: false,
      });
      expect((await read()).taken_at).toBe(AT + 5_000);
      await store.save(ALICE, snapshot(AT - 1, { decisions: denied }), {
        create: false,
      });
      expect(await read()).toMatchObject({ taken_at: AT - 1 });
    });
  });
});
