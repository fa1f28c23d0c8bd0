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

import { AddressSlots } from './AddressSlots';

/** Work that goes on until it is told to end. */
function createWork() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    work: (name: string) => () => {
      started.push(name);
      return new Promise<string>(resolve =>
        ends.set(name, () => resolve(name)),
      );
    },
    end: (name: string) => ends.get(name)!(),
  };
}

describe('AddressSlots', () => {
  it('lets so much work of an address go on, and the rest wait in order', async () => {
    const slots = new AddressSlots({ slots: 2 });
    const { started, work, end } = createWork();
    const done = ['a', 'b', 'c', 'd'].map(name =>
      slots.run('192.0.2.1', work(name)),
    );
    expect(started).toEqual(['a', 'b']);

    end('b');
    await expect(done[1]).resolves.toBe('b');
    expect(started).toEqual(['a', 'b', 'c']);

    end('a');
    await expect(done[0]).resolves.toBe('a');
    expect(started).toEqual(['a', 'b', 'c', 'd']);

    end('c');
    end('d');
    await expect(Promise.all(done)).resolves.toEqual(['a', 'b', 'c', 'd']);
  });

  it('makes nobody wait for another address', async () => {
    const slots = new AddressSlots({ slots: 1 });
    const { started, work, end } = createWork();
    const first = slots.run('192.0.2.1', work('first'));
    const same = slots.run('::ffff:192.0.2.1', work('same'));
    const other = slots.run('2001:db8::1', work('other'));
    const neighbour = slots.run('2001:db8::2', work('neighbour'));
    expect(started).toEqual(['first', 'other']);
    end('first');
    end('other');
    await first;
    await other;
    expect(started).toEqual(['first', 'other', 'same', 'neighbour']);
    end('same');
    end('neighbour');
    await Promise.all([same, neighbour]);
  });

  it('frees the slot of work that fails', async () => {
    const slots = new AddressSlots({ slots: 1 });
    for (let i = 0; i < 3; i += 1) {
      await expect(
        slots.run('192.0.2.1', () => Promise.reject(new Error('failed'))),
      ).rejects.toThrow('failed');
    }
    await expect(
      slots.run('192.0.2.1', () => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    await expect(slots.run('192.0.2.1', async () => 'ok')).resolves.toBe('ok');
  });

  it('refuses what would wait in too long a queue', async () => {
    const slots = new AddressSlots({ slots: 1, waiting: 2 });
    const { work, end } = createWork();
    const running = slots.run(undefined, work('running'));
    const waiting = [
      slots.run(undefined, async () => 1),
      slots.run(undefined, async () => 2),
    ];
    await expect(slots.run(undefined, work('more'))).rejects.toMatchObject({
      code: 'service.unavailable',
      details: { retryAfter: 1 },
    });
    await expect(slots.run('192.0.2.1', async () => 3)).resolves.toBe(3);
    end('running');
    await running;
    await expect(Promise.all(waiting)).resolves.toEqual([1, 2]);
    await expect(slots.run(undefined, async () => 4)).resolves.toBe(4);
  });

  it('never does more work at a time than there are slots', async () => {
    const slots = new AddressSlots({ slots: 3 });
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        slots.run('192.0.2.1', async () => {
          running += 1;
          most = Math.max(most, running);
          for (let i = 0; i < n % 5; i += 1) await Promise.resolve();
          running -= 1;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(running).toBe(0);
  });
});
