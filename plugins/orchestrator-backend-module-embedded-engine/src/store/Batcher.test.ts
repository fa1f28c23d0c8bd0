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

import { Batcher } from './Batcher';
import { fromReceipt, toReceipt } from './Outbox';

describe('Batcher', () => {
  it('does together what comes while its places are taken', async () => {
    const batches: number[][] = [];
    const releases: (() => void)[] = [];
    const batcher = new Batcher<number, number>(async items => {
      batches.push([...items]);
      await new Promise<void>(resolve => {
        releases.push(resolve);
      });
      return items.map(item => item * 10);
    }, 1);
    const first = batcher.add(1);
    await Promise.resolve();
    const others = [batcher.add(2), batcher.add(3)];
    await Promise.resolve();
    expect(batches).toEqual([[1]]);
    releases[0]();
    expect(await first).toBe(10);
    await Promise.resolve();
    releases[1]();
    expect(await Promise.all(others)).toEqual([20, 30]);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  it('lets nobody suffer for another', async () => {
    const batcher = new Batcher<number, number>(async items => {
      if (items.includes(13)) {
        throw new Error('thirteen');
      }
      return items;
    }, 1);
    const results = await Promise.allSettled([
      batcher.add(1),
      batcher.add(13),
      batcher.add(2),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });
});

describe('receipts', () => {
  it('name exactly the numbers that they are made of', () => {
    expect(toReceipt([1, 2, 3, 7, 9, 10])).toBe('1-3,7,9-10');
    expect(fromReceipt('1-3,7,9-10')).toEqual([
      [1, 3],
      [7, 7],
      [9, 10],
    ]);
    expect(fromReceipt(toReceipt([]))).toEqual([]);
  });

  it.each([
    'x',
    '1-',
    '1,,2',
    '1 OR 1=1',
    '-1',
    '1-2-3',
    '99999999999999999999',
  ])('%s is none', text => {
    expect(() => fromReceipt(text)).toThrow('not one of this engine');
  });
});
