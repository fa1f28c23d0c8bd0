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

import fc from 'fast-check';
import { CallSlots, type Release } from './CallSlots';

/** Takes slots by name, and notes the order in which they are given. */
function takers(total: number) {
  const slots = new CallSlots(total);
  const given: string[] = [];
  const releases = new Map<string, Release>();
  const take = async (
    workflow: string,
    name: string,
    signal: AbortSignal = new AbortController().signal,
  ) => {
    const release = await slots.take(workflow, signal);
    given.push(release === undefined ? `${name} left` : name);
    if (release !== undefined) {
      releases.set(name, release);
    }
  };
  /** Gives one back, and lets the next one in. */
  const release = async (name: string) => {
    releases.get(name)!();
    await new Promise(setImmediate);
  };
  return { given, release, take };
}

const settled = () => new Promise(setImmediate);

describe('CallSlots', () => {
  it('leaves room for others beside a workflow of many calls', async () => {
    const { given, take } = takers(4);
    for (const name of ['slow1', 'slow2', 'slow3', 'slow4']) {
      void take('slow', name);
    }
    void take('quick', 'quick1');
    await settled();
    expect(given).toEqual(['slow1', 'slow2', 'quick1']);
  });

  it('serves waiting workflows in turn, not in the order of their calls', async () => {
    const { given, release, take } = takers(2);
    void take('a', 'a1');
    void take('b', 'b1');
    for (const name of ['a2', 'a3', 'a4']) {
      void take('a', name);
    }
    void take('c', 'c1');
    void take('c', 'c2');
    await settled();
    expect(given).toEqual(['a1', 'b1']);
    await release('a1');
    await release('b1');
    await release('a2');
    await release('c1');
    await release('a3');
    expect(given).toEqual(['a1', 'b1', 'a2', 'c1', 'a3', 'c2', 'a4']);
  });

  it('forgets who is called off while waiting', async () => {
    const { given, release, take } = takers(1);
    const off = new AbortController();
    void take('a', 'a1');
    void take('a', 'a2', off.signal);
    void take('a', 'a3');
    await settled();
    off.abort();
    await settled();
    expect(given).toEqual(['a1', 'a2 left']);
    await release('a1');
    expect(given).toEqual(['a1', 'a2 left', 'a3']);
    void take('a', 'a4', AbortSignal.abort());
    await settled();
    expect(given.at(-1)).toBe('a4 left');
  });

  it('never gives more than there are, and serves everybody in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 }),
        async (total, workflows) => {
          const slots = new CallSlots(total);
          const active: string[] = [];
          let most = 0;
          let mostOfOne = 0;
          await Promise.all(
            workflows.map(async workflow => {
              const release = await slots.take(
                workflow,
                new AbortController().signal,
              );
              active.push(workflow);
              most = Math.max(most, active.length);
              mostOfOne = Math.max(
                mostOfOne,
                active.filter(other => other === workflow).length,
              );
              await settled();
              active.splice(active.indexOf(workflow), 1);
              release!();
            }),
          );
          expect(most).toBeLessThanOrEqual(total);
          expect(mostOfOne).toBeLessThanOrEqual(
            Math.max(1, Math.floor(total / 2)),
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});
