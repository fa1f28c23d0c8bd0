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
import type {
  TokenChangeListener,
  TokenChanges,
  TokenSubject,
} from '../database/TokenChangeStore';
import { until } from '../workflows/__testUtils__/workflowFixture';
import { FRESH_MS, TokenFeed } from './TokenFeed';

/** The changes in a database that is not there. */
class FakeSource {
  seq = 0;
  rows: { seq: number; subject: TokenSubject }[] = [];
  asked = 0;
  failure: Error | undefined;
  /** What an answer waits for. */
  gate: Promise<void> | undefined;
  listener: TokenChangeListener | undefined;

  add(...subjects: TokenSubject[]): void {
    for (const subject of subjects) {
      this.seq += 1;
      this.rows.push({ seq: this.seq, subject });
    }
  }

  async latest(): Promise<number> {
    return this.#answer(() => this.seq);
  }

  async since(seq: number, limit: number): Promise<TokenChanges> {
    return this.#answer(() => ({
      latest: this.seq,
      changes: this.rows.filter(row => row.seq > seq).slice(0, limit),
    }));
  }

  onAnnounced(listener: TokenChangeListener): () => void {
    this.listener = listener;
    return () => {
      this.listener = undefined;
    };
  }

  async #answer<T>(read: () => T): Promise<T> {
    this.asked += 1;
    const answer = read();
    await this.gate;
    if (this.failure) throw this.failure;
    return answer;
  }
}

describe('TokenFeed', () => {
  const begun: TokenFeed[] = [];
  afterEach(async () => {
    await Promise.all(begun.splice(0).map(feed => feed.stop()));
  });

  function create(options: { timeoutMs?: number; intervalMs?: number } = {}) {
    const source = new FakeSource();
    const logger = mockServices.logger.mock();
    const time = { now: 0 };
    const metrics = { tokenFeedAge: jest.fn() };
    const feed = new TokenFeed({
      source,
      logger,
      metrics,
      clock: () => time.now,
      ...options,
    });
    begun.push(feed);
    const told: TokenSubject[] = [];
    feed.onChanges(subjects => told.push(...subjects));
    return { source, logger, metrics, time, feed, told };
  }

  it('makes all be forgotten at first, then tells of each change once and in order', async () => {
    const { source, feed, told } = create();
    source.add('token:before');
    await feed.poll();
    expect(told).toEqual(['*']);
    source.add('token:a', 'owner:user:default/alice');
    await feed.poll();
    await feed.poll();
    source.add('token:b');
    await feed.poll();
    expect(told).toEqual([
      '*',
      'token:a',
      'owner:user:default/alice',
      'token:b',
    ]);
  });

  it('is fresh for two seconds from the start of a poll that went well', async () => {
    const { source, time, feed } = create();
    expect(feed.isFresh()).toBe(false);
    let open = () => {};
    source.gate = new Promise(resolve => {
      open = resolve;
    });
    time.now = 10_000;
    const polling = feed.poll();
    time.now = 11_000;
    open();
    await polling;
    time.now = 10_000 + FRESH_MS;
    expect(feed.isFresh()).toBe(true);
    time.now += 1;
    expect(feed.isFresh()).toBe(false);
    await feed.poll();
    expect(feed.isFresh()).toBe(true);
  });

  it('grows old while polls fail, says so once, and misses nothing', async () => {
    const { source, logger, metrics, time, feed, told } = create();
    await feed.poll();
    source.failure = Object.assign(new Error('at 10.0.0.1'), {
      code: 'ECONNREFUSED',
    });
    source.add('token:a');
    time.now = 1_000;
    await feed.poll();
    time.now = FRESH_MS + 1;
    await feed.poll();
    expect(feed.isFresh()).toBe(false);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls[0][0]).toContain('ECONNREFUSED');
    expect(logger.warn.mock.calls[0][0]).not.toContain('10.0.0.1');
    source.failure = undefined;
    await feed.poll();
    expect(feed.isFresh()).toBe(true);
    expect(told).toEqual(['*', 'token:a']);
    expect(logger.info).toHaveBeenCalledTimes(1);
    expect(metrics.tokenFeedAge.mock.calls.flat()).toEqual([0, 1, 2.001, 0]);
  });

  it('gives up on a database that does not answer, and does nothing with an answer that comes too late', async () => {
    const { source, feed, told } = create({ timeoutMs: 1 });
    let open = () => {};
    source.gate = new Promise(resolve => {
      open = resolve;
    });
    await feed.poll();
    expect(feed.isFresh()).toBe(false);
    open();
    source.gate = undefined;
    await Promise.resolve();
    expect(told).toEqual([]);
    await feed.poll();
    expect(feed.isFresh()).toBe(true);
  });

  it.each([
    [
      'rows that it needs are gone',
      (source: FakeSource) => {
        source.add('token:a', 'token:b', 'token:c');
        source.rows = source.rows.slice(-1);
      },
    ],
    [
      'all rows are gone',
      (source: FakeSource) => {
        source.add('token:a');
        source.rows = [];
      },
    ],
    [
      'the database was put back',
      (source: FakeSource) => {
        source.seq = 1;
        source.rows = [];
      },
    ],
    [
      'there are more than it reads at a time',
      (source: FakeSource) =>
        source.add(
          ...Array.from(
            { length: 1_001 },
            (_, i): TokenSubject => `token:${i}`,
          ),
        ),
    ],
  ])('makes all be forgotten where %s', async (_, happen) => {
    const { source, feed, told } = create();
    source.add('token:x', 'token:y');
    await feed.poll();
    told.length = 0;
    happen(source);
    await feed.poll();
    expect(told).toEqual(['*']);
    await feed.poll();
    expect(told).toEqual(['*']);
    source.add('token:z');
    await feed.poll();
    expect(told).toEqual(['*', 'token:z']);
  });

  it('reads a thousand changes at a time', async () => {
    const { source, feed, told } = create();
    await feed.poll();
    source.add(
      ...Array.from({ length: 1_000 }, (_, i): TokenSubject => `token:${i}`),
    );
    await feed.poll();
    expect(told).toHaveLength(1_001);
  });

  it('asks again where it is told of a change while it asks', async () => {
    const { source, feed, told } = create();
    await feed.poll();
    let open = () => {};
    source.gate = new Promise(resolve => {
      open = resolve;
    });
    const first = feed.poll();
    // The first has read already.
    source.add('token:a');
    const second = feed.poll();
    open();
    await Promise.all([first, second]);
    expect(told).toEqual(['*', 'token:a']);
    expect(source.asked).toBe(3);
  });

  it('tells at once of what this process announces', () => {
    const { source, feed, told } = create();
    feed.begin();
    source.listener!(['token:a']);
    expect(told).toEqual(['token:a']);
  });

  it('polls by itself, and when woken', async () => {
    const { source, feed, told } = create({ intervalMs: 1_000_000_000 });
    feed.begin();
    await until(async () => feed.isFresh());
    source.add('token:a');
    feed.wake();
    feed.wake();
    await until(async () => told.includes('token:a'));
    expect(source.asked).toBe(2);
    // What a notification names is told before anybody is asked.
    feed.wake(['token:b']);
    expect(told).toEqual(['*', 'token:a', 'token:b']);

    const often = create({ intervalMs: 1 });
    often.feed.begin();
    await until(async () => often.source.asked > 3);
  });

  it('asks no more once it has ended', async () => {
    const { source, feed } = create();
    feed.begin();
    await feed.stop();
    const { asked } = source;
    feed.wake();
    await feed.poll();
    expect(source.asked).toBe(asked);
    expect(source.listener).toBeUndefined();
  });
});
