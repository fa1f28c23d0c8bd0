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
import type {
  RunChange,
  RunState,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { createIndexDatabase } from '../workflows/__testUtils__/workflowFixture';
import { ALL } from '../grants/criteria';
import type { MakeRow } from './ChangeBatch';
import { RunChangeStore } from './RunChangeStore';
import { RunStore } from './RunStore';
import { StatisticsStore } from './StatisticsStore';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const START = Date.UTC(2026, 0, 1);
const everybody = {
  workflows: ALL,
  owners: [],
  initiators: [],
  everybodys: ALL,
};

const makeRow: MakeRow = ({ runId, definitionId, state }) => ({
  id: runId,
  engineId: 'fake',
  workflowId: definitionId,
  workspace: 'default',
  name: 'Greet',
  initiator: 'user:default/alice',
  owner: 'user:default/alice',
  state,
  revision: -1,
});

function change(
  state: RunState,
  revision: number,
  more: Partial<RunChange> = {},
): RunChange {
  return {
    runId: 'a',
    definitionId: 'greet',
    state,
    revision,
    start: new Date(START).toISOString(),
    ...more,
  };
}

describe('RunChangeStore', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const changes = new RunChangeStore(database);
      const statistics = new StatisticsStore(database);
      let receipts = 0;
      /** Stores a batch after the last one. */
      const store = async (...batch: RunChange[]) => {
        const asked = await changes.receipt('fake');
        receipts += 1;
        const next = `receipt-${receipts}`;
        return changes.store(
          'fake',
          { asked, next, changes: batch },
          START + 60_000,
          makeRow,
        );
      };
      const counted = async () => {
        const all = await statistics.ofWorkflows(everybody, undefined, 0);
        const { runs, duration } = all.get('greet')!;
        const there = [...runs].filter(([, count]) => count !== 0);
        return { ...Object.fromEntries(there), duration };
      };
      return { changes, store, counted, runs: new RunStore(database) };
    }

    it('keeps the newest change of a run, in whatever order they come', async () => {
      const { store, counted, runs } = await create();
      await store(change('ERROR', 2), change('ACTIVE', 3), change('ACTIVE', 1));
      expect(await runs.find('a')).toMatchObject({
        state: 'ACTIVE',
        revision: 3,
        start: START,
      });
      await store(change('ERROR', 2));
      await store(change('ERROR', 3));
      expect(await runs.find('a')).toMatchObject({ state: 'ACTIVE' });
      expect(await counted()).toEqual({ ACTIVE: 1, duration: 0 });
    });

    it('counts an end with its duration, and takes it back when the run goes on', async () => {
      const { store, counted, runs } = await create();
      const end = new Date(START + 5_000).toISOString();
      await store(change('ERROR', 1, { end }));
      expect(await counted()).toEqual({ ERROR: 1, duration: 5_000 });
      await store(change('ACTIVE', 2));
      expect(await counted()).toEqual({ ACTIVE: 1, duration: 0 });
      expect(await runs.find('a')).not.toMatchObject({
        end: expect.any(Number),
      });
      // Without an end, a run has ended when that was told.
      await store(change('COMPLETED', 3));
      expect(await counted()).toEqual({ COMPLETED: 1, duration: 60_000 });
      await store(change('ACTIVE', 4));
      expect(await runs.find('a')).toMatchObject({
        state: 'COMPLETED',
        revision: 4,
      });
    });

    it('believes an end whatever the clocks of those that count say', async () => {
      const { store, counted, runs } = await create();
      await store(change('ACTIVE', 9_000));
      await store(change('COMPLETED', 5));
      expect(await runs.find('a')).toMatchObject({
        state: 'COMPLETED',
        revision: 9_000,
      });
      // In one batch, and in whatever order.
      const b = { runId: 'b' };
      await store(change('ABORTED', 5, b), change('ERROR', 9_000, b));
      const c = { runId: 'c' };
      await store(change('ERROR', 9_000, c), change('ABORTED', 5, c));
      for (const id of ['b', 'c']) {
        expect(await runs.find(id)).toMatchObject({ state: 'ABORTED' });
      }
      expect(await counted()).toMatchObject({ COMPLETED: 1 });
    });

    it('stores nothing where somebody else has stored a batch since', async () => {
      const { changes, store, runs } = await create();
      const asked = await changes.receipt('fake');
      await store(change('ACTIVE', 1));
      const late = { asked, next: 'late', changes: [change('ERROR', 2)] };
      expect(await changes.store('fake', late, START, makeRow)).toBeUndefined();
      expect(await runs.find('a')).toMatchObject({ state: 'ACTIVE' });
      expect(await changes.receipt('fake')).toBe('receipt-1');
    });

    it('lets one of several at the same time store a batch', async () => {
      const { changes, counted } = await create();
      const batch = {
        asked: undefined,
        next: 'next',
        changes: [change('ACTIVE', 1)],
      };
      const stored = await Promise.all(
        [1, 2, 3, 4].map(() => changes.store('fake', batch, START, makeRow)),
      );
      expect(stored.filter(one => one !== undefined)).toHaveLength(1);
      expect(await counted()).toEqual({ ACTIVE: 1, duration: 0 });
    });

    it('confirms a reservation, and keeps its owner and its key', async () => {
      const { store, counted, runs } = await create();
      await runs.reserve({
        ...makeRow(change('PENDING', 0)),
        revision: 0,
        initiator: 'token:abc',
        owner: 'group:default/payments',
        tokenId: 'abc',
        idempotencyKey: 'key',
        inputHash: 'hash',
        reservedAt: START - 1,
      });
      expect(await runs.find('a')).toBeUndefined();
      await store(change('ACTIVE', 1));
      expect(await runs.find('a')).toMatchObject({
        initiator: 'token:abc',
        owner: 'group:default/payments',
        tokenId: 'abc',
        idempotencyKey: 'key',
        start: START,
      });
      expect(await runs.unsettled(START, 10)).toEqual([]);
      expect(await counted()).toEqual({ ACTIVE: 1, duration: 0 });
    });

    it('leaves runs of other engines alone', async () => {
      const { changes, store, runs } = await create();
      await store(change('ACTIVE', 1));
      const batch = {
        asked: undefined,
        next: 'next',
        changes: [change('ABORTED', 9)],
      };
      expect(await changes.store('other', batch, START, makeRow)).toEqual([]);
      expect(await runs.find('a')).toMatchObject({ state: 'ACTIVE' });
    });

    it('stores a batch of more runs than one statement takes', async () => {
      const { store, counted } = await create();
      const batch = (state: RunState, revision: number) =>
        Array.from({ length: 450 }, (_, index) =>
          change(state, revision, { runId: `run-${index}` }),
        );
      expect(await store(...batch('ACTIVE', 1))).toHaveLength(450);
      expect(await store(...batch('ERROR', 2))).toHaveLength(450);
      expect(await counted()).toEqual({ ERROR: 450, duration: 450 * 60_000 });
    });
  });
});
