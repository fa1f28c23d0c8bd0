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
import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import fc from 'fast-check';
import {
  change,
  createRemoteRuns,
  ORIGIN,
  RESERVATION,
} from './__testUtils__/remoteRuns';
import { RUNS } from './RunRow';

// To make a database can take its time on a busy machine.
jest.setTimeout(120_000);

const OWNERLESS = { initiator: 'engine:remote', owner: 'engine:remote' };
const STARTED = { id: 'parent', state: 'ACTIVE' } as const;

const parent = change('parent', { startedAs: 'reserved' });
const child = change('child', { parentId: 'parent', definitionId: 'part' });
const grandchild = change('grandchild', { parentId: 'child' });
const FAMILY = ['parent', 'child', 'grandchild'];

describe('runs that other runs started', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    const create = async () =>
      createRemoteRuns(await databases.init(databaseId));

    it.each([
      ['after their parents', [[parent], [child], [grandchild]]],
      ['before their parents', [[grandchild], [child], [parent]]],
      ['in between', [[child], [parent], [grandchild]]],
      ['together', [[grandchild, child, parent]]],
      ['partly together', [[grandchild], [parent, child]]],
    ])('have the owner of their parents: %s', async (_order, batches) => {
      const { runs, bring, rows, expectCounted } = await create();
      await runs.reserve(RESERVATION);
      for (const batch of batches) await bring(...batch);
      expect(await rows()).toMatchObject([
        { ...ORIGIN, id: 'child', workflowId: 'part', parentId: 'parent' },
        { ...ORIGIN, id: 'grandchild', parentId: 'child' },
        { ...ORIGIN, id: 'parent', parentId: undefined },
      ]);
      await expectCounted();
    });

    it('have it where the answer to the start tells of the parent', async () => {
      const { runs, bring, expectCounted } = await create();
      await runs.reserve(RESERVATION);
      await bring(child, grandchild);
      expect(await runs.find('child')).toMatchObject(OWNERLESS);
      await runs.confirm(RESERVATION, STARTED);
      for (const id of FAMILY) {
        expect(await runs.find(id)).toMatchObject(ORIGIN);
      }
      await expectCounted();
    });

    it('have it whoever is first', async () => {
      const fixture = await create();
      for (let round = 0; round < 15; round++) {
        const reservation = {
          ...RESERVATION,
          id: `reserved-${round}`,
          idempotencyKey: `${round}`,
        };
        const id = (name: string) => `${name}-${round}`;
        await fixture.runs.reserve(reservation);
        await Promise.all([
          fixture.bring(
            change(id('child'), { parentId: id('parent') }),
            change(id('grandchild'), { parentId: id('child') }),
          ),
          fixture.runs.confirm(reservation, { ...STARTED, id: id('parent') }),
        ]);
        for (const name of FAMILY) {
          expect(await fixture.runs.find(id(name))).toMatchObject(ORIGIN);
        }
      }
      await fixture.expectCounted();
    });

    it('keep the workspace of their own workflow', async () => {
      const { runs, bring } = await create();
      await runs.reserve({ ...RESERVATION, workspace: 'elsewhere' });
      await bring(parent, child);
      expect(await runs.find('parent')).toMatchObject({
        workspace: 'elsewhere',
      });
      expect(await runs.find('child')).toMatchObject({ workspace: 'payments' });
    });

    it('stay without an owner where nobody owns the parent, or none is there', async () => {
      const { bring, rows } = await create();
      await bring(change('parent'), child, grandchild);
      await bring(change('orphan', { parentId: 'nowhere' }));
      await bring(
        change('a', { parentId: 'b' }),
        change('b', { parentId: 'a' }),
      );
      for (const row of await rows()) expect(row).toMatchObject(OWNERLESS);
    });

    it('have nothing of a parent of another engine', async () => {
      const { bring, runs, knex } = await create();
      await runs.reserve(RESERVATION);
      await bring(parent);
      await knex(RUNS).update({ engine_id: 'other' });
      await bring(child);
      expect(await runs.find('child')).toMatchObject(OWNERLESS);
    });

    it('have the owner that their engine says', async () => {
      const { runs, bring } = await create();
      await runs.reserve(RESERVATION);
      const provenance = {
        initiator: 'user:default/bob',
        workspace: 'payments',
      };
      await bring(parent, { ...child, provenance });
      expect(await runs.find('child')).toMatchObject({
        initiator: 'user:default/bob',
        owner: 'user:default/bob',
        parentId: 'parent',
      });
    });

    it('are counted as one would count them, whatever comes when', async () => {
      const fixture = await create();
      const { knex, runs, bring } = fixture;
      const names = ['a', 'b', 'c', 'd', 'e'];
      const anyChange: fc.Arbitrary<RunChange> = fc
        .record({
          run: fc.integer({ min: 0, max: 4 }),
          parent: fc.option(fc.integer({ min: 0, max: 4 })),
          reservation: fc.option(fc.constantFrom('r0', 'r1')),
          state: fc.constantFrom('ACTIVE', 'ERROR', 'COMPLETED' as const),
          revision: fc.integer({ min: 1, max: 3 }),
          adopted: fc.option(fc.constant('user:default/carol'), { freq: 9 }),
        })
        .map(one =>
          change(names[one.run], {
            state: one.state as RunChange['state'],
            revision: one.revision,
            startedAs: one.reservation ?? undefined,
            // Only older names, as only older runs start others.
            parentId:
              one.parent !== null && one.parent < one.run
                ? names[one.parent]
                : undefined,
            adopted: one.adopted ? { initiator: one.adopted } : undefined,
          }),
        );
      const anyStep = fc.oneof(
        fc.array(anyChange, { minLength: 1, maxLength: 4 }),
        fc.record({
          reservation: fc.constantFrom('r0', 'r1'),
          run: fc.constantFrom(...names),
        }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 8 }), async steps => {
          for (const table of [
            RUNS,
            'orchestrator_run_totals',
            'orchestrator_run_days',
            'orchestrator_last_runs',
            'orchestrator_run_targets',
            'orchestrator_audit',
          ]) {
            await knex(table).delete();
          }
          const reserved = ['r0', 'r1'].map(id => ({
            ...RESERVATION,
            id,
            idempotencyKey: id,
          }));
          for (const one of reserved) await runs.reserve(one);
          for (const step of steps) {
            if (Array.isArray(step)) {
              await bring(...step);
              continue;
            }
            const reservation = reserved.find(
              ({ id }) => id === step.reservation,
            )!;
            // An engine that answers an id twice is refused.
            await runs
              .confirm(reservation, { id: step.run, state: 'ACTIVE' })
              .catch(error => {
                if (error.code !== 'engine.bad_answer') throw error;
              });
          }
          await fixture.expectCounted();
          const rows = await fixture.rows();
          const owned = rows.filter(({ idempotencyKey }) => idempotencyKey);
          expect(owned.map(row => row.idempotencyKey).sort()).toEqual([
            'r0',
            'r1',
          ]);
          for (const row of rows) {
            const its = rows.find(({ id }) => id === row.parentId);
            if (!its || its.initiator === OWNERLESS.initiator) continue;
            expect(row.initiator).not.toBe(OWNERLESS.initiator);
          }
        }),
        { numRuns: 60 },
      );
    });
  });
});
