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
import fc from 'fast-check';
import { MemoryFailures } from './__testUtils__/MemoryFailures';
import type { SharedFailures } from './FailureExchange';
import { SharedFailureLimits } from './SharedFailureLimits';

const SECOND = 1_000;
const START = Date.UTC(2026, 0, 1);
const ADDRESS = '192.0.2.1';

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map(stop => stop()));
});

function create(
  options: {
    ip?: number;
    identity?: number;
    store?: SharedFailures;
    clock?: { now: number };
    windowMs?: number;
  } = {},
) {
  const clock = options.clock ?? { now: START };
  const store = options.store ?? new MemoryFailures();
  const windowMs = options.windowMs ?? 60 * SECOND;
  const metrics = { limited: jest.fn() };
  const logger = mockServices.logger.mock();
  const limits = new SharedFailureLimits({
    config: {
      ip: { failures: options.ip ?? 3, windowMs },
      identity: { failures: options.identity ?? 2, windowMs },
    },
    store,
    logger,
    metrics,
    now: () => clock.now,
  });
  stops.push(() => limits.stop());
  return { limits, clock, metrics, logger, store };
}

/** Waits for what goes on in the background. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

describe('SharedFailureLimits', () => {
  it('answers so many failures of an address, then how long to wait', () => {
    const { limits, clock, metrics } = create();
    expect(limits.refused({ address: ADDRESS })).toBeUndefined();
    clock.now += 10 * SECOND;
    expect(limits.refused({ address: ADDRESS })).toBeUndefined();
    expect(limits.refused({ address: ADDRESS })).toBeUndefined();
    expect(limits.refused({ address: ADDRESS })).toBe(50);
    clock.now += 49_001;
    expect(limits.refused({ address: ADDRESS })).toBe(1);
    clock.now += 999;
    expect(limits.refused({ address: ADDRESS })).toBeUndefined();
    expect(limits.refused({ address: ADDRESS })).toBe(10);
    expect(metrics.limited.mock.calls).toEqual([['ip'], ['ip'], ['ip']]);
  });

  it('answers so many failures of a token, from whichever addresses', () => {
    const { limits, metrics } = create();
    const identity = 'aaaaaaaaaaaa';
    expect(limits.refused({ address: '192.0.2.1', identity })).toBeUndefined();
    expect(limits.refused({ address: '192.0.2.2', identity })).toBeUndefined();
    expect(limits.refused({ address: '192.0.2.3', identity })).toBe(60);
    expect(
      limits.refused({ address: '192.0.2.3', identity: 'bbbbbbbbbbbb' }),
    ).toBeUndefined();
    expect(metrics.limited.mock.calls).toEqual([['identity']]);
  });

  it('does not count a failure against one limit that the other refused', () => {
    const { limits, clock } = create({ ip: 2, identity: 1 });
    const identity = 'aaaaaaaaaaaa';
    limits.refused({ address: ADDRESS, identity });
    for (let i = 0; i < 5; i += 1) {
      expect(limits.refused({ address: ADDRESS, identity })).toBe(60);
    }
    expect(limits.refused({ address: ADDRESS })).toBeUndefined();
    clock.now += 10 * SECOND;
    // Both refuse: the longer wait is the one that helps.
    expect(limits.refused({ address: ADDRESS, identity })).toBe(50);
  });

  it('tells callers apart by address, and by the /64 where there are so many', () => {
    const { limits } = create({ ip: 1 });
    expect(limits.refused({ address: '192.0.2.1' })).toBeUndefined();
    expect(limits.refused({ address: '::ffff:192.0.2.1' })).toBe(60);
    expect(limits.refused({ address: '192.0.2.2' })).toBeUndefined();
    expect(limits.refused({ address: '2001:db8::1' })).toBeUndefined();
    expect(limits.refused({ address: '2001:db8::ffff:1' })).toBe(60);
    expect(limits.refused({ address: '2001:db8:0:1::1' })).toBeUndefined();
    expect(limits.refused({})).toBeUndefined();
    expect(limits.refused({ address: 'nonsense' })).toBe(60);
  });

  it('limits nothing where the number of failures is 0', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ ip: 0, identity: 0, store });
    for (let i = 0; i < 100; i += 1) {
      expect(
        limits.refused({ address: ADDRESS, identity: 'aaaaaaaaaaaa' }),
      ).toBeUndefined();
    }
    await limits.share();
    expect(store.statements).toBe(0);
  });

  it('keeps no identity that cannot be the id of a token', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ ip: 0, identity: 1, store });
    for (const identity of ['', 'a\0b', 'a b', 'x'.repeat(65), 'ä']) {
      limits.refused({ identity });
      expect(limits.refused({ identity })).toBeUndefined();
    }
    await limits.share();
    expect(store.rows.size).toBe(0);
  });

  it('lets in who waits as long as it was told, and never more than the limit in a window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat({ max: 7_000 }), { minLength: 20, maxLength: 60 }),
        (failures, windowSeconds, gaps) => {
          const windowMs = windowSeconds * SECOND - 1;
          const { limits, clock } = create({ ip: failures, windowMs });
          const counted: number[] = [];
          const waits: number[] = [];
          const answersAfterWait: Array<number | undefined> = [];
          for (const gap of gaps) {
            clock.now += gap;
            const wait = limits.refused({ address: ADDRESS });
            if (wait !== undefined) {
              waits.push(wait);
              clock.now += wait * SECOND;
              answersAfterWait.push(limits.refused({ address: ADDRESS }));
            }
            counted.push(clock.now);
          }
          expect(answersAfterWait.filter(Boolean)).toEqual([]);
          expect(Math.min(1, ...waits)).toBe(1);
          expect(Math.max(1, ...waits)).toBeLessThanOrEqual(windowSeconds);
          for (const end of counted) {
            const inWindow = counted.filter(
              time => time > end - windowMs && time <= end,
            );
            expect(inWindow.length).toBeLessThanOrEqual(failures);
          }
        },
      ),
    );
  });

  it('answers at most one more on each further replica, where each failure is shared at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 4 }),
        fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 9 })), {
          minLength: 20,
          maxLength: 80,
        }),
        async (failures, replicas, steps) => {
          const clock = { now: START };
          const store = new MemoryFailures();
          const windowMs = 60;
          const all = Array.from(
            { length: replicas },
            () => create({ ip: failures, windowMs, clock, store }).limits,
          );
          const counted: number[] = [];
          for (const [which, gap] of steps) {
            clock.now += gap;
            const limits = all[which % replicas];
            if (limits.refused({ address: ADDRESS }) === undefined) {
              counted.push(clock.now);
              await limits.share();
            }
          }
          for (const end of counted) {
            const inWindow = counted.filter(
              time => time > end - windowMs && time <= end,
            );
            expect(inWindow.length).toBeLessThanOrEqual(
              failures + replicas - 1,
            );
          }
        },
      ),
    );
  });

  it('asks the database nothing in a flood from one address', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ ip: 20, store });
    for (let i = 0; i < 20; i += 1) limits.refused({ address: ADDRESS });
    await limits.share();
    expect(store.statements).toBe(2);
    for (let i = 0; i < 10_000; i += 1) {
      expect(limits.refused({ address: ADDRESS })).toBe(60);
    }
    await limits.share();
    expect(store.statements).toBe(2);
  });

  it('shares many callers at a time, of both limits', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ store });
    for (let i = 0; i < 200; i += 1) {
      const address = `10.0.${i >> 8}.${i & 255}`;
      limits.refused({ address, identity: `token-${i}` });
    }
    await limits.share();
    const kinds = [...store.rows.values()].map(
      ({ subject }) => subject.split(':', 1)[0],
    );
    expect(kinds.filter(kind => kind === 'ip')).toHaveLength(100);
    expect(kinds.filter(kind => kind === 'identity')).toHaveLength(100);
    await limits.share();
    expect(store.statements).toBe(4);
    expect(store.rows.size).toBe(400);
  });

  it('bounds what waits to be shared, and what it remembers', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ ip: 1, store });
    const addressOf = (n: number) =>
      `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    for (let n = 0; n < 30_000; n += 1) {
      limits.refused({ address: addressOf(n) });
    }
    expect(limits.refused({ address: addressOf(29_999) })).toBe(60);
    // Forgotten here, which costs a single 401: it is remembered in the database.
    expect(limits.refused({ address: addressOf(0) })).toBeUndefined();
    await limits.stop();
    expect(store.rows.size).toBeLessThanOrEqual(5_000);
  });

  it('knows a caller again that it had forgotten', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ ip: 2, store });
    limits.refused({ address: ADDRESS });
    await limits.share();
    for (let n = 0; n < 20_000; n += 1) {
      limits.refused({ address: `10.0.${n >> 8}.${n & 255}` });
    }
    // The first, and as many of the others as wait at most.
    while (store.rows.size < 5_001) await limits.share();
    expect(limits.refused({ address: ADDRESS })).toBeUndefined();
    await limits.share();
    expect(limits.refused({ address: ADDRESS })).toBe(60);
  });

  it('goes on counting alone while the database is down, says so once, and shares when it is back', async () => {
    const store = new MemoryFailures();
    const { limits, logger } = create({ ip: 3, store });
    store.error = Object.assign(new Error('connect db.internal:5432'), {
      code: 'ECONNREFUSED',
    });
    limits.refused({ address: ADDRESS });
    await limits.share();
    limits.refused({ address: ADDRESS });
    await limits.share();
    await limits.cleanUp();
    limits.refused({ address: ADDRESS });
    expect(limits.refused({ address: ADDRESS })).toBe(60);
    expect(logger.warn.mock.calls).toEqual([
      [
        'Each replica counts failed credentials alone until the database is back: ECONNREFUSED',
      ],
    ]);

    store.error = undefined;
    await limits.share();
    const [row] = store.rows.values();
    expect(row.times).toHaveLength(3);
  });

  it('waits for no database', async () => {
    let open = () => {};
    const opened = new Promise<void>(resolve => {
      open = resolve;
    });
    const store = new MemoryFailures();
    const read = store.read.bind(store);
    store.read = async subjects => {
      await opened;
      return read(subjects);
    };
    const { limits } = create({ ip: 2, store });
    limits.refused({ address: ADDRESS });
    const shared = limits.share();
    expect(limits.refused({ address: ADDRESS })).toBeUndefined();
    expect(limits.refused({ address: ADDRESS })).toBe(60);
    open();
    await shared;
    const [row] = store.rows.values();
    expect(row.times).toHaveLength(2);
  });

  it('stops without a database that answers', async () => {
    const store = new MemoryFailures();
    store.read = () => new Promise(() => {});
    const { limits } = create({ store });
    limits.refused({ address: ADDRESS });
    await expect(limits.stop()).resolves.toBeUndefined();
  });

  it('shares in the background', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ store });
    limits.refused({ address: ADDRESS });
    await until(() => store.rows.size === 1);
    limits.refused({ address: '192.0.2.2' });
    await until(() => store.rows.size === 2);
    expect(store.statements).toBe(4);
  });

  it('shares what waits when it stops', async () => {
    const store = new MemoryFailures();
    const { limits } = create({ store });
    for (let n = 0; n < 300; n += 1) {
      limits.refused({ address: `10.0.${n >> 8}.${n & 255}` });
    }
    await limits.stop();
    expect(store.rows.size).toBe(300);
  });

  it('plans nothing once it has stopped', async () => {
    const { limits } = create();
    await limits.stop();
    jest.useFakeTimers();
    try {
      expect(limits.refused({ address: ADDRESS })).toBeUndefined();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
