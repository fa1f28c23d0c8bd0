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

import { repeatedly } from './repeatedly';

describe('repeatedly', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const TIMES = { interval: 100, rest: 1_000 };

  it('does the work again and again', async () => {
    const work = jest.fn(async () => {});
    const repeated = repeatedly(work, TIMES);
    expect(work).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(350);
    expect(work).toHaveBeenCalledTimes(3);
    await repeated.stop();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('rests after a failure, and goes on', async () => {
    const work = jest
      .fn<Promise<void>, []>()
      .mockRejectedValueOnce(new Error('gone'))
      .mockResolvedValue();
    const repeated = repeatedly(work, TIMES);
    await jest.advanceTimersByTimeAsync(1_099);
    expect(work).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(101);
    expect(work).toHaveBeenCalledTimes(3);
    await repeated.stop();
  });

  it('does one at a time, and ends with the one under way', async () => {
    let finish: () => void = () => {};
    const work = jest.fn(
      () =>
        new Promise<void>(resolve => {
          finish = resolve;
        }),
    );
    const repeated = repeatedly(work, TIMES);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(work).toHaveBeenCalledTimes(1);
    let isStopped = false;
    const stopped = repeated.stop().then(() => {
      isStopped = true;
    });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(isStopped).toBe(false);
    finish();
    await stopped;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(work).toHaveBeenCalledTimes(1);
  });
});
