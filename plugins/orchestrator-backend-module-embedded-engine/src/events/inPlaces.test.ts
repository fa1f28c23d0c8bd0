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

import { inPlaces } from './inPlaces';

describe('inPlaces', () => {
  it('does all work, no more of it at a time than it may', async () => {
    let under = 0;
    let most = 0;
    const done: number[] = [];
    await inPlaces([1, 2, 3, 4, 5], 2, async item => {
      under += 1;
      most = Math.max(most, under);
      await null;
      under -= 1;
      done.push(item);
    });
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  it('ends only when all has ended, and then fails', async () => {
    const done: number[] = [];
    let goOn = () => {};
    const slow = new Promise<void>(resolve => {
      goOn = resolve;
    });
    let isOver = false;
    const all = inPlaces([1, 2, 3], 2, async item => {
      if (item === 1) {
        throw new Error('the first');
      }
      await slow;
      done.push(item);
    }).finally(() => {
      isOver = true;
    });
    const failed = all.catch(error => error);
    await new Promise(resolve => {
      setImmediate(resolve);
    });
    expect(isOver).toBe(false);
    goOn();
    expect(await failed).toEqual(new Error('the first'));
    expect(done).toEqual([2, 3]);
  });
});
