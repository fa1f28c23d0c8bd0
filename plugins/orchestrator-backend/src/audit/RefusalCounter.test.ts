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

import type { AuditCount } from '../database/AuditCountStore';
import type { AuditEntry } from '../database/AuditEntry';
import { RefusalCounter } from './RefusalCounter';
import { START } from './__testUtils__/auditFixture';

function refusalOf(caller: Partial<AuditEntry>): AuditEntry {
  return {
    event: 'auth.denied',
    outcome: 'denied',
    code: 'auth.invalid_token',
    ...caller,
  };
}

function addressOf(index: number): string {
  return `10.0.${Math.floor(index / 256)}.${index % 256}`;
}

function create() {
  let now = START;
  const written: AuditCount[][] = [];
  const store = {
    add: jest.fn(async (counts: readonly AuditCount[]) => {
      written.push([...counts]);
    }),
  };
  const counter = new RefusalCounter({ store: store as never, now: () => now });
  return {
    counter,
    store,
    written,
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

describe('RefusalCounter', () => {
  it('counts by caller, code and minute', async () => {
    const { counter, written, wait } = create();
    const alice = refusalOf({
      actor: 'user:default/alice',
      address: '192.0.2.1',
    });
    expect(counter.count(alice)).toBe(true);
    expect(counter.count({ ...alice, address: '192.0.2.2' })).toBe(false);
    expect(counter.count({ ...alice, code: 'auth.missing_scope' })).toBe(true);
    expect(counter.count({ ...alice, actor: 'user:default/bob' })).toBe(true);
    expect(counter.count({ ...alice, onBehalfOf: 'user:default/bob' })).toBe(
      true,
    );
    wait(60_000);
    expect(counter.count(alice)).toBe(true);
    await counter.flush();
    expect(written).toHaveLength(1);
    expect(written[0]).toHaveLength(5);
    expect(new Set(written[0].map(({ key }) => key)).size).toBe(5);
    expect(written[0][0]).toMatchObject({
      entry: alice,
      at: START,
      count: 2,
      until: START + 65_000,
    });
    expect(written[0][4]).toMatchObject({
      entry: alice,
      at: START + 60_000,
      count: 1,
      until: START + 125_000,
    });
  });

  it('counts by address where nobody is known', async () => {
    const { counter, written } = create();
    counter.count(refusalOf({ address: '192.0.2.1' }));
    counter.count(refusalOf({ address: '192.0.2.1' }));
    counter.count(refusalOf({ address: '192.0.2.2' }));
    counter.count(refusalOf({ address: '192.0.2.2', actor: 'anonymous' }));
    counter.count(refusalOf({ address: '192.0.2.3', actor: 'anonymous' }));
    counter.count(refusalOf({ address: '192.0.2.1', tokenId: 'AbcDef123456' }));
    counter.count(refusalOf({ address: '192.0.2.2', tokenId: 'AbcDef123456' }));
    await counter.flush();
    expect(written[0].map(({ count }) => count)).toEqual([2, 1, 1, 1, 2]);
  });

  it.each([
    ['an IPv6 /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['an IPv4 address, however written', '192.0.2.1', '::ffff:192.0.2.1'],
  ])('takes for one address %s', async (_, first, second) => {
    const { counter, written } = create();
    expect(counter.count(refusalOf({ address: first }))).toBe(true);
    expect(counter.count(refusalOf({ address: second }))).toBe(false);
    expect(counter.count(refusalOf({ address: '2001:db8:1:3::1' }))).toBe(true);
    await counter.flush();
    expect(written[0]).toMatchObject([
      { count: 2, entry: { address: first } },
      { count: 1, entry: { address: '2001:db8:1:3::1' } },
    ]);
  });

  it('hides nobody behind the many addresses of one machine', async () => {
    const { counter, written } = create();
    for (let index = 0; index < 3_000; index++) {
      const address = `2001:db8:1:2::${index.toString(16)}`;
      counter.count(refusalOf({ address }));
    }
    expect(counter.count(refusalOf({ address: '192.0.2.1' }))).toBe(true);
    await counter.flush();
    expect(written[0].map(({ count }) => count)).toEqual([3_000, 1]);
    expect(written[0][1].entry).toMatchObject({ address: '192.0.2.1' });
  });

  it('has the same key on every replica', async () => {
    const replicas = [create(), create()];
    for (const { counter } of replicas) {
      counter.count(refusalOf({ address: '192.0.2.1' }));
      await counter.flush();
    }
    const [one, other] = replicas.map(({ written }) => written[0][0].key);
    expect(one).toBe(other);
  });

  it('writes what was counted once', async () => {
    const { counter, written } = create();
    counter.count(refusalOf({ address: '192.0.2.1' }));
    await counter.flush();
    await counter.flush();
    expect(written).toHaveLength(1);
    expect(counter.count(refusalOf({ address: '192.0.2.1' }))).toBe(false);
    await counter.flush();
    expect(written[1]).toMatchObject([{ count: 1, key: written[0][0].key }]);
  });

  it('keeps what cannot be written', async () => {
    const { counter, store, written, wait } = create();
    store.add.mockRejectedValueOnce(new Error('gone'));
    counter.count(refusalOf({ address: '192.0.2.1' }));
    const failed = counter.flush();
    counter.count(refusalOf({ address: '192.0.2.1' }));
    await expect(failed).rejects.toThrow('gone');
    wait(120_000);
    await counter.flush();
    expect(written).toEqual([
      [expect.objectContaining({ count: 2, until: START + 65_000 })],
    ]);
  });

  it('counts together what comes from too many addresses, and callers apart from it', async () => {
    const { counter, written } = create();
    for (let index = 0; index < 3_000; index++) {
      counter.count(refusalOf({ address: addressOf(index) }));
    }
    expect(counter.count(refusalOf({ actor: 'user:default/alice' }))).toBe(
      true,
    );
    expect(counter.count(refusalOf({ address: addressOf(3_000) }))).toBe(false);
    await counter.flush();
    expect(written[0]).toHaveLength(258);
    const others = written[0].filter(({ entry }) => entry.meta);
    expect(others).toMatchObject([
      { count: 2_745, entry: { meta: { callers: 'others' } } },
    ]);
    expect(others[0].entry.address).toBeUndefined();
  });

  it('stays small however long nothing can be written', async () => {
    const { counter, store, written, wait } = create();
    for (let minute = 0; minute < 20; minute++) {
      for (let index = 0; index < 1_000; index++) {
        counter.count(refusalOf({ address: addressOf(index) }));
      }
      store.add.mockRejectedValueOnce(new Error('gone'));
      await expect(counter.flush()).rejects.toThrow('gone');
      wait(60_000);
    }
    await counter.flush();
    expect(written[0].length).toBeLessThanOrEqual(2_001);
    const counted = written[0].reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBe(20_000);
  });
});
