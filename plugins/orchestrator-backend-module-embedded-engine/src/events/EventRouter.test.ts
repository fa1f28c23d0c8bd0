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
import { mockServices } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { testEvaluator } from '../__testUtils__/compile';
import { call, testDatabases } from '../__testUtils__/engines';
import { CorrelationStore } from '../store/CorrelationStore';
import { prepareDatabase } from '../store/database';
import { InboxStore } from '../store/InboxStore';
import { ManualClock } from './__testUtils__/ManualClock';
import {
  anEvent,
  storeRun,
  TestRegistry,
  waiter,
} from './__testUtils__/testEvents';
import { EventMatcher } from './EventMatcher';
import { EventRouter } from './EventRouter';
import { StartIndex } from './StartIndex';

jest.setTimeout(60_000);

const databases = testDatabases();
const evaluator = testEvaluator();
afterAll(() => evaluator.stop());

const byOrder = { correlation: [{ contextAttributeName: 'orderid' }] };

describe.each(databases.eachSupportedId())('EventRouter, %s', databaseId => {
  let knex: Knex;
  let registry: TestRegistry;
  let clock: ManualClock;
  let router: EventRouter;

  beforeEach(async () => {
    knex = await databases.init(databaseId);
    await prepareDatabase(knex, {
      skipMigrations: false,
      synchronous: 'normal',
    });
    registry = new TestRegistry(evaluator);
    clock = new ManualClock();
    const correlations = new CorrelationStore(knex);
    router = new EventRouter({
      matcher: new EventMatcher(
        registry,
        correlations,
        new StartIndex(registry, clock),
      ),
      correlations,
      inbox: new InboxStore(knex, { maxWaiting: 3 }),
      clock,
      logger: mockServices.logger.mock(),
      limits: { eventBytes: 10_000, eventTargets: 4 },
    });
  });

  const runsOf = async (event: ReturnType<typeof anEvent>) =>
    (await router.match(event, call)).runs.map(({ id }) => id).sort();
  const startsOf = async (event: ReturnType<typeof anEvent>) =>
    (await router.match(event, call)).definitions.map(({ id }) => id).sort();

  describe('starts', () => {
    it('names the definitions of which an event has type, source and values', async () => {
      await registry.add(waiter('any', { starts: 'ordered', workspace: 'w' }));
      await registry.add(
        waiter('shop', { starts: 'ordered', startEvent: { source: '/shop' } }),
      );
      await registry.add(
        waiter('eu', {
          starts: 'ordered',
          startEvent: {
            correlation: [
              { contextAttributeName: 'region', contextAttributeValue: 'eu' },
            ],
          },
        }),
      );
      await registry.add(waiter('other', { starts: 'else' }));
      await registry.add(waiter('none'));
      expect(await router.match(anEvent({ type: 'ordered' }), call)).toEqual({
        definitions: [{ id: 'any', workspace: 'w' }],
        runs: [],
        crowded: [],
      });
      expect(
        await startsOf(
          anEvent({
            type: 'ordered',
            source: '/shop',
            extensions: { region: 'eu' },
          }),
        ),
      ).toEqual(['any', 'eu', 'shop']);
      expect(await startsOf(anEvent())).toEqual([]);
    });

    it('looks through the definitions once for many events, and again after a change', async () => {
      await registry.add(waiter('a', { starts: 'ordered' }));
      await Promise.all(
        Array.from({ length: 20 }, (_v, i) =>
          router.match(anEvent({ id: `${i}`, type: 'ordered' }), call),
        ),
      );
      expect(registry.lists).toBe(1);
      await registry.add(waiter('b', { starts: 'ordered' }));
      registry.generation += 1;
      expect(await startsOf(anEvent({ type: 'ordered' }))).toEqual(['a', 'b']);
      expect(registry.lists).toBe(2);
    });

    it('sees what another process has registered after a moment', async () => {
      await registry.add(waiter('a', { starts: 'ordered' }));
      expect(await startsOf(anEvent({ type: 'new' }))).toEqual([]);
      await registry.add(waiter('b', { starts: 'new' }));
      await registry.add(waiter('c', { starts: 'ordered' }));
      clock.advance(100);
      expect(await startsOf(anEvent({ type: 'new' }))).toEqual(['b']);
      clock.advance(1_000);
      expect(await startsOf(anEvent({ type: 'ordered' }))).toEqual(['a', 'c']);
    });

    it('names a run the same each time, whoever sends the event', () => {
      const id = router.runIdFor(anEvent(), 'a');
      expect(router.runIdFor(anEvent({ data: 1 }), 'a')).toBe(id);
      expect(router.runIdFor(anEvent({ id: '2' }), 'a')).not.toBe(id);
    });
  });

  describe('runs', () => {
    it.each(['kogitoprocrefid', 'kogitobusinesskey'])(
      'reaches the run that %s names',
      async name => {
        const a = await registry.add(waiter('a'));
        await storeRun(knex, a, 'r1');
        await storeRun(knex, a, 'r2');
        expect(await runsOf(anEvent({ extensions: { [name]: 'r2' } }))).toEqual(
          ['r2'],
        );
        expect(
          await runsOf(anEvent({ extensions: { [name]: 'none' } })),
        ).toEqual([]);
      },
    );

    it('reaches no run without reference and correlation', async () => {
      await storeRun(knex, await registry.add(waiter('a')), 'r1');
      expect(await runsOf(anEvent())).toEqual([]);
    });

    it('reaches no run whose definition has no such event', async () => {
      const a = await registry.add(waiter('a', { waits: { source: '/shop' } }));
      await storeRun(knex, a, 'r1');
      const reference = { kogitoprocrefid: 'r1' };
      expect(await runsOf(anEvent({ extensions: reference }))).toEqual([]);
      expect(
        await runsOf(anEvent({ source: '/shop', extensions: reference })),
      ).toEqual(['r1']);
      expect(
        await runsOf(
          anEvent({ source: '/shop', type: 'x', extensions: reference }),
        ),
      ).toEqual([]);
    });

    it('reaches no run whose definition is gone', async () => {
      const a = await registry.add(waiter('a'));
      await storeRun(knex, { ...a, id: 'lost' }, 'r1');
      expect(
        await runsOf(anEvent({ extensions: { kogitoprocrefid: 'r1' } })),
      ).toEqual([]);
    });

    it('reaches runs in error, and none that have ended', async () => {
      const a = await registry.add(
        waiter('a', { starts: 'ordered', waits: byOrder }),
      );
      for (const status of ['ACTIVE', 'ERROR', 'COMPLETED', 'ABORTED']) {
        await storeRun(knex, a, status, {
          status,
          correlation: { orderid: '5' },
        });
      }
      expect(await runsOf(anEvent({ extensions: { orderid: '5' } }))).toEqual([
        'ACTIVE',
        'ERROR',
      ]);
      expect(
        await runsOf(anEvent({ extensions: { kogitoprocrefid: 'ABORTED' } })),
      ).toEqual([]);
    });

    it('reaches every run that correlates, of every definition and version', async () => {
      const a = await registry.add(
        waiter('a', { starts: 'ordered', waits: byOrder }),
      );
      const both = await registry.add(
        waiter('both', {
          starts: 'ordered',
          waits: {
            correlation: [
              { contextAttributeName: 'tenant' },
              { contextAttributeName: 'orderid' },
            ],
          },
        }),
      );
      await storeRun(knex, a, 'r1', { correlation: { orderid: '5' } });
      await storeRun(knex, a, 'r2', { correlation: { orderid: '5' } });
      await storeRun(knex, a, 'r3', { correlation: { orderid: '6' } });
      await storeRun(knex, both, 'r4', {
        correlation: { orderid: '5', tenant: 'x' },
      });
      await storeRun(knex, a, 'r5');
      const extensions = { orderid: '5', traceparent: '00-1' };
      expect(await runsOf(anEvent({ extensions }))).toEqual(['r1', 'r2']);
      expect(
        await runsOf(anEvent({ extensions: { ...extensions, tenant: 'x' } })),
      ).toEqual(['r1', 'r2', 'r4']);
      expect(
        await runsOf(anEvent({ extensions: { ...extensions, tenant: 'y' } })),
      ).toEqual(['r1', 'r2']);
      expect(await runsOf(anEvent({ type: 'other', extensions }))).toEqual([]);
    });

    it('compares the source also where the attributes fit', async () => {
      const a = await registry.add(
        waiter('a', {
          starts: 'ordered',
          waits: { ...byOrder, source: '/shop' },
        }),
      );
      await storeRun(knex, a, 'r1', { correlation: { orderid: '5' } });
      expect(await runsOf(anEvent({ extensions: { orderid: '5' } }))).toEqual(
        [],
      );
      expect(
        await runsOf(
          anEvent({ source: '/shop', extensions: { orderid: '5' } }),
        ),
      ).toEqual(['r1']);
    });

    it('starts no definition of which it names a run, but all others', async () => {
      const a = await registry.add(waiter('a', { starts: 'paid' }));
      await registry.add(waiter('b', { starts: 'paid' }));
      await storeRun(knex, a, 'r1');
      expect(
        await router.match(
          anEvent({ extensions: { kogitoprocrefid: 'r1' } }),
          call,
        ),
      ).toEqual({
        definitions: [{ id: 'b', workspace: 'default' }],
        runs: [{ id: 'r1', definitionId: 'a' }],
        crowded: [],
      });
    });

    it('does not give an event to the run that it has started', async () => {
      const loop = waiter('a', { starts: 'paid', waits: byOrder });
      const a = await registry.add(loop);
      const event = anEvent({ extensions: { orderid: '5' } });
      const id = router.runIdFor(event, 'a');
      await storeRun(knex, a, id, { correlation: { orderid: '5' } });
      expect(await runsOf(event)).toEqual([]);
      expect(await runsOf({ ...event, id: '2' })).toEqual([id]);
    });

    it('names the crowds of which an event reaches more runs than it may, and takes nothing from others', async () => {
      const a = await registry.add(
        waiter('a', { starts: 'ordered', waits: byOrder }),
      );
      const b = await registry.add(
        waiter('b', { starts: 'ordered', waits: byOrder }),
      );
      const event = anEvent({ extensions: { orderid: '5' } });
      for (let i = 0; i < 7; i += 1) {
        await storeRun(knex, a, `a${i}`, { correlation: { orderid: '5' } });
      }
      await storeRun(knex, b, 'b', { correlation: { orderid: '5' } });
      // One too many of a, so that whoever may reach them all is refused, and that of b.
      const runs = await runsOf(event);
      expect(runs).toHaveLength(6);
      expect(runs).toContain('b');
      expect((await router.match(event, call)).crowded).toEqual(['a']);
      expect(await router.deliver(event, ['b'], call)).toEqual(['b']);
    });

    it('leaves none out for the crowds of others, however many these are', async () => {
      const event = anEvent({ extensions: { orderid: '5' } });
      for (let d = 0; d < 12; d += 1) {
        const definition = await registry.add(
          waiter(`d${d}`, { starts: 'ordered', waits: byOrder }),
        );
        for (let i = 0; i < 5; i += 1) {
          await storeRun(knex, definition, `${d}-${i}`, {
            correlation: { orderid: '5' },
          });
        }
      }
      const small = await registry.add(
        waiter('small', { starts: 'ordered', waits: byOrder }),
      );
      await storeRun(knex, small, 'small', { correlation: { orderid: '5' } });
      const reached = await runsOf(event);
      expect(reached).toHaveLength(40);
      expect(reached).toContain('small');
    });
  });

  it('knows the events of its own runs when they come back', async () => {
    const a = await registry.add(waiter('a', { starts: 'paid' }));
    await storeRun(knex, a, 'r1', { status: 'COMPLETED' });
    const came = { source: '/process/a', id: 'r1.1' };
    expect(await startsOf(anEvent(came))).toEqual([]);
    // What another engine's workflow of that name has sent is as good as any event.
    expect(await startsOf(anEvent({ ...came, id: 'r9.1' }))).toEqual(['a']);
    expect(await startsOf(anEvent({ ...came, source: '/process/b' }))).toEqual([
      'a',
    ]);
    expect(await startsOf(anEvent({ ...came, id: 'r1' }))).toEqual(['a']);
  });

  it.each([{ id: '' }, { source: 'a\nb' }, { data: 'x'.repeat(10_001) }])(
    'refuses what is no event: %p',
    async given => {
      const event = anEvent(given);
      await expect(router.match(event, call)).rejects.toMatchObject({
        name: 'InputError',
      });
      await expect(router.deliver(event, ['r1'], call)).rejects.toMatchObject({
        name: 'InputError',
      });
    },
  );

  describe('deliver', () => {
    const inbox = () =>
      knex('embedded_inbox').orderBy('seq').select('run_id', 'kind', 'body');

    it('gives an event to each run once, and says which have it', async () => {
      const a = await registry.add(waiter('a'));
      await storeRun(knex, a, 'r1');
      await storeRun(knex, a, 'r2');
      await storeRun(knex, a, 'r3', { status: 'COMPLETED' });
      const event = anEvent({ data: { amount: 5 } });
      const ids = ['r1', 'r1', 'r3', 'none'];
      expect(await router.deliver(event, ids, call)).toEqual(['r1']);
      const again = anEvent({ data: { amount: 6 } });
      expect(await router.deliver(again, ['r2', 'r1'], call)).toEqual([
        'r2',
        'r1',
      ]);
      const rows = await inbox();
      expect(
        rows.map(row => [row.run_id, row.kind, JSON.parse(row.body).data]),
      ).toEqual([
        ['r1', 'event', { amount: 5 }],
        ['r2', 'event', { amount: 6 }],
      ]);
    });

    it('keeps no attribute that steers the engine', async () => {
      await storeRun(knex, await registry.add(waiter('a')), 'r1');
      const extensions = { kogitoprocinstanceid: 'x', orderid: '5' };
      await router.deliver(anEvent({ extensions }), ['r1'], call);
      const [row] = await inbox();
      expect(JSON.parse(row.body).extensions).toEqual({ orderid: '5' });
    });

    it('leaves out a run that takes no more', async () => {
      await storeRun(knex, await registry.add(waiter('a')), 'r1');
      for (let i = 0; i < 3; i += 1) {
        await router.deliver(anEvent({ id: `${i}` }), ['r1'], call);
      }
      expect(
        await router.deliver(anEvent({ id: 'more' }), ['r1'], call),
      ).toEqual([]);
      expect(await router.deliver(anEvent({ id: '0' }), ['r1'], call)).toEqual([
        'r1',
      ]);
    });
  });

  it('is unavailable where the database is, and says nothing of it', async () => {
    await registry.add(waiter('a'));
    await knex.destroy();
    await expect(
      router.match(anEvent({ extensions: { orderid: '5' } }), call),
    ).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: 'The database of the embedded engine does not answer',
    });
  });
});
