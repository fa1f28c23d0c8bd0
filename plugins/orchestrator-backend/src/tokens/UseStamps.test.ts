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
import type { TokenUses } from '../database/TokenRecordStore';
import { until } from '../workflows/__testUtils__/workflowFixture';
import { MINTED_AT } from './__testUtils__/someTokens';
import { UseStamps } from './UseStamps';

const MINUTE = 60_000;

function create(options: { maxTokens?: number; timeoutMs?: number } = {}) {
  const time = { now: MINTED_AT };
  const logger = mockServices.logger.mock();
  const store = {
    written: [] as (readonly TokenUses[])[],
    failures: 0,
    gate: undefined as Promise<void> | undefined,
    async stamp(uses: readonly TokenUses[]) {
      await store.gate;
      if (store.failures > 0) {
        store.failures -= 1;
        throw Object.assign(new Error('at 10.0.0.1'), { code: 'ECONNRESET' });
      }
      store.written.push(uses);
    },
    /** How often each token was used, as far as it was written. */
    counts() {
      const counts: Record<string, number> = {};
      for (const { tokenId, count } of store.written.flat()) {
        counts[tokenId] = (counts[tokenId] ?? 0) + count;
      }
      return counts;
    },
  };
  const stamps = new UseStamps({
    store,
    logger,
    now: () => time.now,
    ...options,
  });
  return { stamps, store, time, logger };
}

describe('UseStamps', () => {
  it('writes the first use at once and the next ones a minute later, all tokens together', async () => {
    const { stamps, store, time } = create();
    stamps.used('a', '192.0.2.1');
    stamps.used('a', '192.0.2.2');
    stamps.used('b', undefined);
    await stamps.flush();
    expect(store.written).toEqual([
      [
        { tokenId: 'a', count: 2, at: MINTED_AT, address: '192.0.2.2' },
        { tokenId: 'b', count: 1, at: MINTED_AT, address: undefined },
      ],
    ]);
    for (let second = 1; second < 60; second++) {
      time.now = MINTED_AT + second * 1_000;
      stamps.used('a', '192.0.2.3');
      await stamps.flush();
    }
    expect(store.written).toHaveLength(1);
    time.now = MINTED_AT + MINUTE;
    await stamps.flush();
    expect(store.written.slice(1)).toEqual([
      [
        {
          tokenId: 'a',
          count: 59,
          at: MINTED_AT + 59_000,
          address: '192.0.2.3',
        },
      ],
    ]);
  });

  it('writes the first use after a pause at once', async () => {
    const { stamps, store, time } = create();
    stamps.used('a', undefined);
    await stamps.flush();
    time.now += 10 * MINUTE;
    await stamps.flush();
    stamps.used('a', undefined);
    await stamps.flush();
    expect(store.counts()).toEqual({ a: 2 });
  });

  it('keeps uses that the database does not take, and says so once', async () => {
    const { stamps, store, time, logger } = create();
    store.failures = 3;
    stamps.used('a', undefined);
    for (let second = 0; second < 30; second++) {
      await stamps.flush();
      stamps.used('a', undefined);
      time.now += 1_000;
    }
    // It waits for longer after each failure: after 0, 5 and 15 seconds.
    expect(store.failures).toBe(0);
    expect(store.written).toHaveLength(0);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls[0][0]).toContain('ECONNRESET');
    expect(logger.warn.mock.calls[0][0]).not.toContain('10.0.0.1');
    time.now += MINUTE;
    await stamps.flush();
    expect(store.counts()).toEqual({ a: 31 });
  });

  it('does not lose uses that are counted while it writes', async () => {
    const { stamps, store, time } = create();
    let open = () => {};
    store.gate = new Promise(resolve => {
      open = resolve;
    });
    store.failures = 1;
    stamps.used('a', undefined);
    const flushing = stamps.flush();
    stamps.used('a', undefined);
    // Another one while this one goes on would write the same twice.
    await stamps.flush();
    open();
    await flushing;
    time.now += MINUTE;
    await stamps.flush();
    expect(store.counts()).toEqual({ a: 2 });
    expect(store.written).toHaveLength(1);
  });

  it('writes in batches, and what a batch could not write later', async () => {
    const { stamps, store, time } = create();
    const ids = Array.from({ length: 1_200 }, (_, index) => `token${index}`);
    ids.forEach(id => stamps.used(id, undefined));
    const stamp = store.stamp.bind(store);
    let calls = 0;
    store.stamp = async uses => {
      calls += 1;
      if (calls === 2) throw new Error('once');
      await stamp(uses);
    };
    await stamps.flush();
    expect(Object.keys(store.counts())).toHaveLength(500);
    time.now += MINUTE / 2;
    await stamps.flush();
    expect(store.counts()).toEqual(Object.fromEntries(ids.map(id => [id, 1])));
    expect(store.written.map(({ length }) => length)).toEqual([500, 500, 200]);
  });

  it('holds no more tokens than it may, and says so once', async () => {
    const { stamps, store, logger } = create({ maxTokens: 10 });
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 12; index++) {
        stamps.used(`token${index}`, undefined);
      }
    }
    expect(logger.warn).toHaveBeenCalledTimes(1);
    await stamps.flush();
    expect(Object.keys(store.counts())).toHaveLength(10);
    // There is room again at once, not a minute later.
    await stamps.flush();
    stamps.used('token11', undefined);
    await stamps.flush();
    expect(store.counts()).toMatchObject({ token0: 3, token11: 1 });
  });

  it('writes what is left when it ends, whenever it was written last', async () => {
    const { stamps, store } = create();
    stamps.used('a', undefined);
    await stamps.flush();
    stamps.used('a', undefined);
    stamps.used('b', undefined);
    await stamps.stop();
    expect(store.counts()).toEqual({ a: 2, b: 1 });
  });

  it('ends also where the database does not answer', async () => {
    const { stamps, store } = create({ timeoutMs: 1 });
    store.gate = new Promise(() => {});
    stamps.used('a', undefined);
    await stamps.flush();
    await stamps.stop();
    expect(store.written).toHaveLength(0);
  });

  it('ends also where the database is gone', async () => {
    const { stamps, store } = create();
    store.failures = 1;
    stamps.used('a', undefined);
    await stamps.stop();
    expect(store.written).toHaveLength(0);
  });

  it('goes on where the clock is put back', async () => {
    const { stamps, store, time } = create();
    store.failures = 1;
    stamps.used('a', undefined);
    await stamps.flush();
    time.now -= 24 * 60 * MINUTE;
    stamps.used('a', undefined);
    await stamps.flush();
    expect(store.counts()).toEqual({ a: 2 });
  });

  it('writes by itself', async () => {
    const { stamps, store } = create();
    stamps.begin();
    stamps.used('a', undefined);
    await until(async () => store.written.length > 0);
    expect(store.counts()).toEqual({ a: 1 });
    await stamps.stop();
  });
});
