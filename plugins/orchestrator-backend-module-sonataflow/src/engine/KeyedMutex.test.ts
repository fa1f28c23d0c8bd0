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

import { KeyedMutex } from './KeyedMutex';

describe('KeyedMutex', () => {
  it('lets works on a key wait for one another, in order, whatever becomes of them', async () => {
    const mutex = new KeyedMutex();
    const order: string[] = [];
    let release = () => {};
    const first = mutex.run('a', async () => {
      order.push('first begins');
      await new Promise<void>(resolve => {
        release = resolve;
      });
      order.push('first fails');
      throw new Error('first');
    });
    const second = mutex.run('a', async () => {
      order.push('second');
      return 2;
    });
    const other = mutex.run('b', async () => {
      order.push('other');
      return 3;
    });
    expect(await other).toBe(3);
    expect(order).toEqual(['first begins', 'other']);
    release();
    await expect(first).rejects.toThrow('first');
    expect(await second).toBe(2);
    expect(order).toEqual(['first begins', 'other', 'first fails', 'second']);
  });
});
