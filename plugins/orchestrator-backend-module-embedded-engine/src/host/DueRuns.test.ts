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

import { ManualClock } from '../events/__testUtils__/ManualClock';
import { DueRuns } from './DueRuns';

const settled = () => new Promise(resolve => setImmediate(resolve));

describe('DueRuns', () => {
  it('goes on looking after its time came while it looked', async () => {
    const clock = new ManualClock();
    const looks: ((next?: number) => void)[] = [];
    const due = new DueRuns(
      clock,
      1_000,
      () => new Promise(resolve => looks.push(resolve)),
    );
    void due.begin();
    await settled();
    // A run is let go of while the first look is under way, and is due before that has an answer.
    due.by(clock.now() + 10);
    clock.advance(10);
    looks[0]();
    await settled();
    expect(looks).toHaveLength(2);
    looks[1](clock.now() + 20);
    await settled();
    clock.advance(20);
    await settled();
    expect(looks).toHaveLength(3);
    looks[2]();
    await settled();
    clock.advance(999);
    await settled();
    expect(looks).toHaveLength(3);
    clock.advance(1);
    await settled();
    expect(looks).toHaveLength(4);
    due.end();
  });
});
