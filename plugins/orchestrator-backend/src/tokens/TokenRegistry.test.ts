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

import type { TokenSubject } from '../database/TokenChangeStore';
import { createRegistry, settled } from './__testUtils__/createRegistry';
import { someToken } from './__testUtils__/someTokens';

const ID = 'tokenNumber1';
const ALICE = 'user:default/alice';
const HERE = '192.0.2.1';
const THERE = '198.51.100.1';

describe('TokenRegistry', () => {
  it('asks the database once for a token that is used again', async () => {
    const { registry, database } = createRegistry();
    const record = await registry.lookup(ID, HERE);
    expect(record?.token.id).toBe(ID);
    expect(await registry.lookup(ID, THERE)).toBe(record);
    expect(registry.holds(record!)).toBe(true);
    expect(database.asked).toEqual([ID]);
  });

  it('never remembers that there is no such token', async () => {
    const { registry, tokens } = createRegistry();
    expect(await registry.lookup('tokenNumber2', HERE)).toBeUndefined();
    tokens.set('tokenNumber2', someToken({ id: 'tokenNumber2' }));
    expect((await registry.lookup('tokenNumber2', HERE))?.token.id).toBe(
      'tokenNumber2',
    );
  });

  it('counts what it asks the database', async () => {
    const { registry, database, metrics } = createRegistry();
    await registry.lookup(ID, HERE);
    await registry.lookup(ID, HERE);
    await registry.lookup('tokenNumber2', HERE);
    database.isGone = true;
    await registry.reload(ID).catch(() => {});
    expect(metrics.tokenLookup.mock.calls.flat()).toEqual([
      'found',
      'unknown',
      'failed',
    ]);
  });

  it('keeps a token for a minute', async () => {
    const { registry, database, time } = createRegistry();
    const record = await registry.lookup(ID, HERE);
    time.now = 59_999;
    expect(registry.holds(record!)).toBe(true);
    time.now = 60_000;
    expect(registry.holds(record!)).toBe(false);
    expect(await registry.lookup(ID, HERE)).not.toBe(record);
    expect(registry.holds(record!)).toBe(false);
    expect(database.asked).toHaveLength(2);
  });

  it.each<[string, TokenSubject]>([
    ['itself', `token:${ID}`],
    ['its owner', `owner:${ALICE}`],
    ['everything', '*'],
  ])('forgets a token when told of %s', async (_, subject) => {
    const { registry, database, feed, tokens } = createRegistry();
    tokens.set(ID, someToken({ id: ID, owner: ALICE }));
    const record = await registry.lookup(ID, HERE);
    feed.tell('token:anotherToken', 'owner:user:default/bob');
    expect(registry.holds(record!)).toBe(true);
    feed.tell(subject);
    expect(registry.holds(record!)).toBe(false);
    await registry.lookup(ID, HERE);
    expect(database.asked).toHaveLength(2);
  });

  it('forgets the tokens that an owner has now', async () => {
    const { registry, feed, tokens } = createRegistry({ maxTokens: 2 });
    const ids = ['a', 'b', 'c'].map(letter => letter.repeat(12));
    for (const id of ids) tokens.set(id, someToken({ id, owner: ALICE }));
    const records = [];
    for (const id of ids) records.push((await registry.lookup(id, HERE))!);
    // There was no room for the first.
    expect(records.map(record => registry.holds(record))).toEqual([
      false,
      true,
      true,
    ]);
    feed.tell(`token:${ids[1]}`);
    const again = (await registry.lookup(ids[1], HERE))!;
    feed.tell(`owner:${ALICE}`);
    expect([again, records[2]].map(record => registry.holds(record))).toEqual([
      false,
      false,
    ]);
  });

  it('keeps the tokens that are used', async () => {
    const { registry, tokens } = createRegistry({ maxTokens: 2 });
    const record = (await registry.lookup(ID, HERE))!;
    for (let index = 0; index < 5; index++) {
      const id = `tokenOfNot${index}x`;
      tokens.set(id, someToken({ id }));
      await registry.lookup(id, HERE);
      expect(registry.holds(record)).toBe(true);
    }
  });

  it('believes nothing in memory while the feed is old', async () => {
    const { registry, database, feed, tokens } = createRegistry();
    const record = await registry.lookup(ID, HERE);
    feed.fresh = false;
    expect(registry.holds(record!)).toBe(false);
    tokens.set(ID, someToken({ id: ID, revokedAt: 1 }));
    expect((await registry.lookup(ID, HERE))?.token.revokedAt).toBe(1);
    expect((await registry.lookup(ID, HERE))?.token.revokedAt).toBe(1);
    expect(database.asked).toHaveLength(3);
  });

  it('denies where the feed is old and the database gone', async () => {
    const { registry, database, feed } = createRegistry();
    await registry.lookup(ID, HERE);
    database.isGone = true;
    expect(await registry.lookup(ID, HERE)).toBeDefined();
    feed.fresh = false;
    await expect(registry.lookup(ID, HERE)).rejects.toMatchObject({
      status: 503,
    });
    // What failed is not what others get.
    database.isGone = false;
    expect(await registry.lookup(ID, HERE)).toBeDefined();
  });

  it('gives up on a database that does not answer, and keeps no late answer', async () => {
    const { registry, database, tokens } = createRegistry({ lookupMs: 1 });
    database.isSlow = true;
    await expect(registry.lookup(ID, HERE)).rejects.toMatchObject({
      status: 503,
      code: 'service.unavailable',
    });
    tokens.set(ID, someToken({ id: ID, revokedAt: 1 }));
    await database.answer();
    database.isSlow = false;
    expect((await registry.lookup(ID, HERE))?.token.revokedAt).toBe(1);
  });

  it('lets nobody wait for long for their turn, and asks nothing in vain', async () => {
    const { registry, database, time } = createRegistry({ lookupMs: 1 });
    database.isSlow = true;
    // Two slots; the others are given up before it is their turn.
    const lookups = [1, 2, 3, 4, 5].map(index =>
      registry.lookup(`tokenNumber${index}`, HERE),
    );
    time.now += 1;
    const answers = await Promise.allSettled(lookups);
    expect(answers.map(({ status }) => status)).toEqual(
      Array(5).fill('rejected'),
    );
    await database.answer();
    expect(database.asked).toEqual(['tokenNumber1', 'tokenNumber2']);
  });

  it('asks once for all who ask at the same time', async () => {
    const { registry, database } = createRegistry();
    database.isSlow = true;
    const lookups = Array.from({ length: 20 }, (_, index) =>
      registry.lookup(ID, index % 2 ? HERE : THERE),
    );
    await settled();
    await database.answer();
    const records = await Promise.all(lookups);
    expect(new Set(records).size).toBe(1);
    expect(database.asked).toEqual([ID]);
  });

  it('lets nobody wait behind the look-ups of another address', async () => {
    const { registry, database, tokens } = createRegistry();
    tokens.set('tokenNumber9', someToken({ id: 'tokenNumber9' }));
    database.isSlow = true;
    // Two slots, and more that wait for them, among them for the token of somebody else.
    const flood = [1, 2, 3, 4]
      .map(index => registry.lookup(`tokenNumber${index}`, HERE))
      .concat(registry.lookup('tokenNumber9', HERE));
    await settled();
    expect(database.asked).toEqual(['tokenNumber1', 'tokenNumber2']);
    const lookup = registry.lookup('tokenNumber9', THERE);
    await settled();
    expect(database.asked).toEqual([
      'tokenNumber1',
      'tokenNumber2',
      'tokenNumber9',
    ]);
    await database.answer();
    expect((await lookup)?.token.id).toBe('tokenNumber9');
    await Promise.all(flood);
    // Whose turn came later found it in memory.
    expect(database.asked.filter(id => id === 'tokenNumber9')).toHaveLength(1);
  });

  it('reloads at once, however many strangers of the address wait', async () => {
    const { registry, database, tokens } = createRegistry();
    await registry.lookup(ID, HERE);
    database.isSlow = true;
    const flood = [2, 3, 4, 5].map(index =>
      registry.lookup(`tokenNumber${index}`, HERE),
    );
    await settled();
    tokens.set(ID, someToken({ id: ID, revokedAt: 1 }));
    const reloads = [registry.reload(ID), registry.reload(ID)];
    await settled();
    expect(database.asked.slice(1)).toEqual([
      'tokenNumber2',
      'tokenNumber3',
      ID,
      ID,
    ]);
    await database.answer();
    for (const record of await Promise.all(reloads)) {
      expect(record?.token.revokedAt).toBe(1);
    }
    await Promise.all(flood);
  });

  describe('when it is told to forget while it reads', () => {
    it.each<[string, TokenSubject]>([
      ['the token', `token:${ID}`],
      ['the owner', `owner:${ALICE}`],
      ['everything', '*'],
    ])('does not keep what it read: %s', async (_, subject) => {
      const { registry, database, feed, tokens } = createRegistry();
      tokens.set(ID, someToken({ id: ID, owner: ALICE }));
      database.isSlow = true;
      const first = registry.lookup(ID, HERE);
      await settled();
      tokens.set(ID, someToken({ id: ID, owner: ALICE, revokedAt: 1 }));
      feed.tell(subject);
      // Somebody who asks after the change must not get what was read before it.
      const second = registry.lookup(ID, THERE);
      await settled();
      await database.answer();
      expect((await first)?.token.revokedAt).toBeUndefined();
      expect((await second)?.token.revokedAt).toBe(1);
      expect((await registry.lookup(ID, HERE))?.token.revokedAt).toBe(1);
      expect(database.asked).toHaveLength(2);
    });

    it('keeps what it read where something else changed', async () => {
      const { registry, database, feed } = createRegistry();
      database.isSlow = true;
      const lookup = registry.lookup(ID, HERE);
      await settled();
      feed.tell('token:anotherToken', `owner:${ALICE}`);
      await database.answer();
      expect(registry.holds((await lookup)!)).toBe(true);
    });

    it('asks once more for all who joined', async () => {
      const { registry, database, feed } = createRegistry();
      database.isSlow = true;
      const lookups = Array.from({ length: 10 }, () =>
        registry.lookup(ID, HERE),
      );
      await settled();
      feed.tell('*');
      await database.answer();
      await Promise.all(lookups);
      expect(database.asked).toHaveLength(2);
    });
  });

  it('forgets a token that is not there any more', async () => {
    const { registry, tokens } = createRegistry();
    const record = await registry.lookup(ID, HERE);
    tokens.delete(ID);
    expect(await registry.reload(ID)).toBeUndefined();
    expect(registry.holds(record!)).toBe(false);
  });

  it('reloads by a query of its own, and keeps what that finds', async () => {
    const { registry, database, tokens } = createRegistry();
    const record = await registry.lookup(ID, HERE);
    database.isSlow = true;
    const early = registry.reload(ID);
    await settled();
    tokens.set(ID, someToken({ id: ID, revokedAt: 1 }));
    const late = registry.reload(ID);
    await settled();
    await database.answer();
    expect((await early)?.token.revokedAt).toBeUndefined();
    const reloaded = await late;
    expect(reloaded?.token.revokedAt).toBe(1);
    expect(registry.holds(record!)).toBe(false);
    expect(registry.holds(reloaded!)).toBe(true);
  });
});
