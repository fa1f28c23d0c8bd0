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
import { START } from '../audit/__testUtils__/auditFixture';
import {
  change,
  createRemoteRuns,
  ORIGIN,
  RESERVATION,
} from './__testUtils__/remoteRuns';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const CONFIRMATION = { id: 'made', state: 'ACTIVE' } as const;
const JOINED = {
  ...ORIGIN,
  id: 'made',
  targetEntity: 'component:default/web',
  workspace: 'payments',
  name: 'Pay',
  idempotencyKey: 'key',
  inputHash: 'hash',
  reservedAt: undefined,
  start: expect.any(Number),
};
const OWNERLESS = { initiator: 'engine:remote', owner: 'engine:remote' };
const SUCCEEDED = [
  { instanceId: 'made', outcome: 'succeeded', tokenId: 'abc', meta: undefined },
];

describe('runs of engines that make ids', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    const create = async () =>
      createRemoteRuns(await databases.init(databaseId));
    type Fixture = Awaited<ReturnType<typeof create>>;

    const answer = ({ runs }: Fixture) =>
      runs.confirm(RESERVATION, CONFIRMATION);
    const feed = ({ bring }: Fixture) =>
      bring(change('made', { startedAs: 'reserved' }));
    const plainFeed = ({ bring }: Fixture) => bring(change('made'));

    it.each([
      ['the answer', [answer]],
      ['the feed', [feed]],
      ['the answer and then the feed', [answer, feed]],
      ['the feed and then the answer', [feed, answer]],
      ['a feed that does not name the reservation', [plainFeed, answer]],
      ['a feed that names it later', [plainFeed, feed, answer]],
      ['each of them twice', [feed, answer, feed, answer]],
    ])('take the place of their reservation by %s', async (_by, steps) => {
      const fixture = await create();
      await fixture.runs.reserve(RESERVATION);
      for (const step of steps) await step(fixture);
      expect(await fixture.rows()).toMatchObject([JOINED]);
      expect(await fixture.audited()).toEqual(SUCCEEDED);
      await fixture.expectCounted();
      // The key finds it.
      const again = { ...RESERVATION, id: 'again' };
      expect(await fixture.runs.reserve(again)).toMatchObject({
        reserved: false,
        existing: { id: 'made' },
      });
    });

    it('do so once where all come at the same time', async () => {
      const fixture = await create();
      for (let round = 0; round < 10; round++) {
        const reservation = {
          ...RESERVATION,
          id: `reserved-${round}`,
          idempotencyKey: `key-${round}`,
        };
        const confirmation = { id: `made-${round}`, state: 'ACTIVE' } as const;
        await fixture.runs.reserve(reservation);
        const told = change(confirmation.id, { startedAs: reservation.id });
        await Promise.all([
          fixture.runs.confirm(reservation, confirmation),
          fixture.bring(told, change(`other-${round}`)),
          fixture.runs.confirm(reservation, confirmation),
          fixture.bring({ ...told, state: 'COMPLETED', revision: 9 }),
          // What the plugin does where it believes that there is no run.
          fixture.runs.abandon(reservation.id, { code: 'x' }, START),
        ]);
        const made = await fixture.runs.find(confirmation.id);
        expect(made).toMatchObject({ ...ORIGIN, state: 'COMPLETED' });
      }
      expect(await fixture.rows()).toHaveLength(20);
      const started = (await fixture.audited()).filter(
        ({ outcome }) => outcome === 'succeeded',
      );
      expect(started.map(({ instanceId }) => instanceId).sort()).toEqual(
        Array.from({ length: 10 }, (_, round) => `made-${round}`).sort(),
      );
      await fixture.expectCounted();
    });

    it('are given once: of two for one start, the older', async () => {
      const { runs, bring, rows, audited, expectCounted } = await create();
      await runs.reserve(RESERVATION);
      const startedAs = 'reserved';
      const start = new Date(START + 1).toISOString();
      await bring(
        change('a', { startedAs }),
        change('made', { startedAs, start }),
        change('b', { startedAs }),
      );
      await bring(change('c', { startedAs }));
      expect(await rows()).toMatchObject([
        { id: 'a', ...OWNERLESS },
        { id: 'b', ...OWNERLESS },
        { id: 'c', ...OWNERLESS },
        JOINED,
      ]);
      expect(await audited()).toEqual(SUCCEEDED);
      await expectCounted();
    });

    it.each([
      ['another workflow', change('made', { definitionId: 'other' })],
      ['a run that another run started', change('made', { parentId: 'p' })],
    ])('are not given to %s', async (_what, told) => {
      const { runs, bring, rows } = await create();
      await runs.reserve(RESERVATION);
      await bring({ ...told, startedAs: 'reserved' });
      expect(await rows()).toMatchObject([
        { id: 'made', ...OWNERLESS },
        { id: 'reserved', idempotencyKey: 'key', reservedAt: START },
      ]);
    });

    it('are not given to a run of another engine', async () => {
      const { runs, bring, rows } = await create();
      const elsewhere = { ...RESERVATION, engineId: 'other' };
      await runs.reserve(elsewhere);
      await bring(change('made', { startedAs: 'reserved' }));
      expect(await rows()).toMatchObject([
        { id: 'made', ...OWNERLESS },
        { id: 'reserved', engineId: 'other', reservedAt: START },
      ]);
    });

    it('are not taken from whom they belong to', async () => {
      const { runs, bring, rows } = await create();
      const bobs = {
        ...RESERVATION,
        id: 'bobs',
        initiator: 'user:default/bob',
        owner: 'user:default/bob',
      };
      await runs.reserve(bobs);
      await runs.confirm(bobs, CONFIRMATION);
      await runs.reserve(RESERVATION);
      await expect(
        runs.confirm(RESERVATION, CONFIRMATION),
      ).rejects.toMatchObject({ code: 'engine.bad_answer' });
      await bring(change('made', { startedAs: 'reserved' }));
      expect(await rows()).toMatchObject([
        { id: 'made', initiator: 'user:default/bob' },
        { id: 'reserved', reservedAt: START },
      ]);
    });

    it('that turn up after their start was given up still get their owner', async () => {
      const { runs, bring, rows, audited, expectCounted } = await create();
      await runs.reserve(RESERVATION);
      const failure = { code: 'engine.unavailable', meta: { outcome: 'x' } };
      await runs.abandon('reserved', failure, START + 10);
      await runs.abandon('reserved', failure, START + 20);
      expect(await runs.unsettled(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
      expect(await runs.find('reserved')).toBeUndefined();
      const again = { ...RESERVATION, id: 'again' };
      expect(await runs.reserve(again)).toEqual({ reserved: true });

      await bring(change('made', { startedAs: 'reserved' }));
      expect(await rows()).toMatchObject([
        { id: 'again', idempotencyKey: 'key' },
        {
          ...JOINED,
          idempotencyKey: undefined,
          inputHash: undefined,
          abandonedAt: undefined,
        },
      ]);
      const told = await audited();
      expect(told).toHaveLength(2);
      expect(told).toEqual(
        expect.arrayContaining([
          {
            instanceId: undefined,
            outcome: 'failed',
            tokenId: 'abc',
            meta: { outcome: 'x' },
          },
          ...SUCCEEDED,
        ]),
      );
      await expectCounted();
    });

    it('whose start was given up are forgotten after a time, and not before', async () => {
      const { runs, rows, bring } = await create();
      for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
        await runs.reserve({ ...RESERVATION, id, idempotencyKey: id });
        if (id !== 'd') await runs.abandon(id, {}, START + index);
      }
      await runs.reserve({ ...RESERVATION, id: 'e', idempotencyKey: 'e' });
      await runs.abandon('e', {}, START);
      await bring(change('made', { startedAs: 'e' }));
      expect(await runs.forgetAbandoned(START + 2, 1)).toBe(1);
      expect(await runs.forgetAbandoned(START + 2, 10)).toBe(1);
      expect(await runs.forgetAbandoned(START + 2, 10)).toBe(0);
      expect((await rows()).map(({ id }) => id)).toEqual(['c', 'd', 'made']);
      // Nobody knows any more whose this one is.
      await bring(change('late', { startedAs: 'a' }));
      expect(await runs.find('late')).toMatchObject(OWNERLESS);
    });

    it('that were confirmed are not given up', async () => {
      const fixture = await create();
      await fixture.runs.reserve(RESERVATION);
      await answer(fixture);
      await fixture.runs.abandon('reserved', {}, START);
      await fixture.runs.abandon('made', {}, START);
      expect(await fixture.rows()).toMatchObject([
        { ...JOINED, abandonedAt: undefined },
      ]);
    });

    it('move the statistics of the workspace that they were thought to be in', async () => {
      const { runs, bring, expectCounted } = await create();
      const startedAs = 'reserved';
      await runs.reserve({ ...RESERVATION, workspace: 'elsewhere' });
      await bring(
        change('older', { start: new Date(START).toISOString() }),
        change('made'),
      );
      await bring(change('made', { startedAs }));
      expect(await runs.find('made')).toMatchObject({ workspace: 'elsewhere' });
      await expectCounted();
    });

    it('are unsettled page by page', async () => {
      const { runs } = await create();
      const ids = ['a', 'b', 'c', 'd'];
      for (const id of ids) {
        const reservedAt = START + (id < 'c' ? 0 : 1);
        await runs.reserve({
          ...RESERVATION,
          id,
          reservedAt,
          idempotencyKey: id,
        });
      }
      const seen: string[] = [];
      let page = await runs.unsettled(START + 2, 1);
      while (page.length > 0) {
        seen.push(page[0].id);
        page = await runs.unsettled(START + 2, 1, page[0]);
      }
      expect(seen).toEqual(ids);
    });
  });
});
