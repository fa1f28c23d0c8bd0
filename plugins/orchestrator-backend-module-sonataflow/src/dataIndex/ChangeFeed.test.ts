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
import { EngineAnswerError } from '@flowgate/backstage-plugin-orchestrator-node';
import fc from 'fast-check';
import { FakeDataIndex } from '../__testUtils__/FakeDataIndex';
import type { FakeInstance } from '../__testUtils__/fakeRows';
import { FeedIndex } from '../__testUtils__/FeedIndex';
import { oneFor } from '../__testUtils__/oneFor';
import { HttpClient } from '../http/HttpClient';
import { ChangeFeed, type ChangeFeedOptions } from './ChangeFeed';
import { DataIndex } from './DataIndex';
import { DataIndexClient } from './DataIndexClient';

jest.setTimeout(120_000);

const BEGIN = Date.parse('2026-06-01T10:00:00.000Z');
const OVERLAP = 1_000;
const CALL = { caller: 'system' };
const KEY = '7f0bd2e4-98a1-4c58-a67e-0f5f4b0fd6ea';

let fake: FakeDataIndex;
const clients: HttpClient[] = [];
let time: number;

beforeEach(async () => {
  fake = await FakeDataIndex.start();
  time = BEGIN;
});

afterEach(async () => {
  clients.splice(0).forEach(client => client.close());
  await fake.stop();
});

const at = (ms: number) => new Date(ms).toISOString();

function row(id: string, fields: Partial<FakeInstance> = {}): FakeInstance {
  return {
    id,
    processId: 'order',
    state: 'ACTIVE',
    start: at(time),
    lastUpdate: at(time),
    endpoint: 'http://runtime/order',
    ...fields,
  };
}

function createFeed(
  options: Partial<ChangeFeedOptions> & { maxBytes?: number } = {},
): ChangeFeed {
  const client = new HttpClient({
    upstream: 'Data Index "test"',
    timeoutMs: 60_000,
    maxBytes: options.maxBytes ?? 10_000_000,
    concurrency: 5,
  });
  clients.push(client);
  const logger = mockServices.logger.mock();
  return new ChangeFeed({
    dataIndex: new DataIndex(
      new DataIndexClient(oneFor(client), fake.url),
      logger,
    ),
    logger,
    now: () => time,
    overlapMs: OVERLAP,
    pageSize: 3,
    ...options,
  });
}

describe('what a change tells', () => {
  async function changeOf(fields: Partial<FakeInstance>) {
    fake.put(row('a', fields));
    const { changes } = await createFeed().changes(undefined, 10, CALL);
    return changes[0];
  }

  it('is all that the index needs, in the times of the Data Index', async () => {
    const change = await changeOf({
      version: '1.1',
      state: 'COMPLETED',
      start: '2020-01-01T00:00:00Z',
      end: '2020-01-01T00:00:01Z',
      lastUpdate: '2020-01-01T00:00:02Z',
      businessKey: KEY,
    });
    expect(change).toEqual({
      runId: 'a',
      definitionId: 'order',
      version: '1.1',
      state: 'COMPLETED',
      start: '2020-01-01T00:00:00.000Z',
      end: '2020-01-01T00:00:01.000Z',
      revision: Date.parse('2020-01-01T00:00:02Z') * 8 + 6,
      startedAs: KEY,
    });
  });

  it('takes no business key that a child run has from its parent for its own', async () => {
    const change = await changeOf({
      businessKey: KEY,
      parentProcessInstanceId: 'parent',
    });
    expect(change.startedAs).toBeUndefined();
    expect(change.parentId).toBe('parent');
  });

  it('takes no foreign business key for a reservation', async () => {
    const change = await changeOf({ businessKey: 'order-4711' });
    expect(change.startedAs).toBeUndefined();
  });

  it('has an end for a run in error, and none for one that goes on', async () => {
    const failed = await changeOf({ state: 'ERROR' });
    expect(failed.end).toBe(at(BEGIN));
    expect((await changeOf({ state: 'ACTIVE' })).end).toBeUndefined();
  });

  it('has a higher revision for what comes later within a millisecond', async () => {
    const revisions = [];
    for (const state of ['ACTIVE', 'ERROR', 'COMPLETED', 'ABORTED']) {
      revisions.push((await changeOf({ state })).revision);
    }
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(4);
  });
});

describe('a feed that has caught up', () => {
  it('asks one question, and tells of nothing', async () => {
    const index = new FeedIndex(10);
    const feed = createFeed();
    for (let n = 0; n < 8; n++)
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN + n * 5_000) }));
    time = BEGIN + 40_000;
    await index.catchUp(feed);
    expect(index.runs.size).toBe(8);
    const { asked } = fake;
    const { receipt } = index;
    expect(await index.poll(feed)).toBeUndefined();
    expect(index.receipt).toBe(receipt);
    expect(fake.asked - asked).toBe(1);
  });

  it('finds what comes to light late, within the overlap', async () => {
    const index = new FeedIndex(10);
    const feed = createFeed();
    fake.put(row('a'));
    await index.catchUp(feed);
    fake.put(row('late', { lastUpdate: at(BEGIN - OVERLAP) }));
    await index.catchUp(feed);
    expect([...index.runs.keys()]).toEqual(['a', 'late']);
  });

  it('finds what comes to light late during a sweep of many pages', async () => {
    const index = new FeedIndex(3);
    const feed = createFeed();
    for (let n = 0; n < 12; n++)
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN + n * 900) }));
    time = BEGIN + 11 * 900;
    for (let polls = 0; polls < 3; polls++) await index.poll(feed);
    // The newest of all is not the newest of when the sweep began, of which the overlap is counted.
    fake.put(row('late', { lastUpdate: at(time - 900) }));
    time += 10_000;
    for (let n = 0; n < 12; n++)
      fake.put(row(`more-${n}`, { lastUpdate: at(time - n) }));
    await index.catchUp(feed);
    expect(index.runs.size).toBe(25);
  });

  it('is not held up by a clock that is ahead', async () => {
    const index = new FeedIndex(10);
    const feed = createFeed();
    fake.put(row('ahead', { lastUpdate: at(BEGIN + 86_400_000) }));
    await index.catchUp(feed);
    for (let n = 0; n < 5; n++) {
      time += 5_000;
      fake.put(row(`run-${n}`));
      await index.catchUp(feed);
    }
    expect(index.runs.size).toBe(6);
  });

  it('is not held up by rows without a time of change', async () => {
    const index = new FeedIndex(10);
    const feed = createFeed();
    for (let n = 0; n < 20; n++) {
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN + n * 900) }));
    }
    fake.put(row('no-time', { lastUpdate: null }));
    fake.put(row('no-times', { lastUpdate: null }));
    await index.catchUp(feed);
    expect(index.runs.size).toBe(20);
  });

  it('is not held up by times that no clock shows', async () => {
    const index = new FeedIndex(10);
    const feed = createFeed();
    for (let n = 0; n < 20; n++) {
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN + n * 900) }));
      fake.put(row(`odd-${n}`, { lastUpdate: '9999-01-01T00:00:00.000Z' }));
    }
    await index.catchUp(feed);
    expect(index.runs.size).toBe(20);
  });

  it('begins with a Data Index that is empty', async () => {
    const index = new FeedIndex(10);
    const logger = mockServices.logger.mock();
    const feed = createFeed({ logger });
    await index.catchUp(feed);
    fake.put(row('a'));
    await index.catchUp(feed);
    expect([...index.runs.keys()]).toEqual(['a']);
    expect(logger.warn).not.toHaveBeenCalled();
  });
});

describe('receipts', () => {
  it('let a batch come again until they come back', async () => {
    const feed = createFeed();
    for (let n = 0; n < 3; n++) fake.put(row(`run-${n}`));
    const first = await feed.changes(undefined, 2, CALL);
    const again = await feed.changes(undefined, 2, CALL);
    expect(again.changes).toHaveLength(2);
    const second = await feed.changes(again.next, 2, CALL);
    expect(first.next).not.toBe(again.next);
    const ids = [...again.changes, ...second.changes].map(one => one.runId);
    expect(ids.sort()).toEqual(['run-0', 'run-1', 'run-2']);
  });

  it('of another kind begin from the start, and everything comes again', async () => {
    const index = new FeedIndex(10);
    const feed = createFeed();
    fake.put(row('a', { lastUpdate: at(BEGIN - 86_400_000) }));
    fake.put(row('b'));
    await index.catchUp(feed);
    for (const receipt of ['', 'what', 'done/x/y', 'sweep/1/2', undefined]) {
      index.runs.clear();
      index.receipt = receipt;
      await index.catchUp(feed);
      expect(index.runs.size).toBe(2);
    }
  });

  it('that an older index has kept bring what it lost since', async () => {
    const index = new FeedIndex(10);
    const feed = createFeed();
    fake.put(row('a'));
    await index.catchUp(feed);
    const { receipt } = index;
    fake.put(row('b'));
    await index.catchUp(feed);
    index.runs.delete('b');
    index.receipt = receipt;
    await index.catchUp(feed);
    expect(index.runs.has('b')).toBe(true);
  });
});

describe('runs with one time of change', () => {
  it('that are more than a page are read with a larger one', async () => {
    const index = new FeedIndex(5);
    const feed = createFeed();
    for (let n = 0; n < 100; n++) fake.put(row(`run-${n}`));
    for (let n = 0; n < 10; n++)
      fake.put(row(`next-${n}`, { lastUpdate: at(BEGIN + 1) }));
    await index.catchUp(feed);
    expect(index.runs.size).toBe(110);
    expect(index.delivered).toBe(110);
  });

  it('that are more than fit into an answer end it with a reason', async () => {
    const feed = createFeed({ maxBytes: 2_000, pageSize: 8 });
    for (let n = 0; n < 100; n++) fake.put(row(`run-${n}`));
    const error = await new FeedIndex(5).catchUp(feed).catch(one => one);
    expect(error).toBeInstanceOf(EngineAnswerError);
    expect(error.message).toContain('a larger maxResponseBytes helps');
  });

  it('of different times are read in smaller pages where the answers are too large', async () => {
    const index = new FeedIndex(50);
    const feed = createFeed({ maxBytes: 3_000, pageSize: 500 });
    for (let n = 0; n < 60; n++)
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN + n * 10) }));
    await index.catchUp(feed);
    expect(index.runs.size).toBe(60);
  });
});

describe('a memory that is too small for the overlap', () => {
  it('neither loses runs nor goes in circles', async () => {
    const index = new FeedIndex(5);
    const feed = createFeed({ maxKnown: 10 });
    for (let n = 0; n < 60; n++)
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN + n) }));
    time = BEGIN + 60;
    await index.catchUp(feed);
    expect(index.runs.size).toBe(60);
    fake.put(row('after'));
    await index.catchUp(feed);
    expect(index.runs.size).toBe(61);
  });
});

describe('adoption', () => {
  const old = { start: at(BEGIN - 10_000) };
  const variables = {
    initiatorEntity: 'user:default/Alice',
    targetEntity: 'component:default/shop',
  };

  async function adoptedOf(
    fields: Partial<FakeInstance>,
    adoptBefore?: number,
  ) {
    fake.put(row('a', { ...old, variables, ...fields }));
    const feed = createFeed({ adoptBefore });
    const { changes } = await feed.changes(undefined, 10, CALL);
    return changes[0].adopted;
  }

  it('is off where no date is configured, and asks nothing', async () => {
    expect(await adoptedOf({})).toBeUndefined();
    expect(fake.queries.get('Variables')).toBeUndefined();
  });

  it('takes the owner of runs from before the date', async () => {
    expect(await adoptedOf({}, BEGIN)).toEqual({
      initiator: 'user:default/alice',
      targetEntity: 'component:default/shop',
    });
  });

  it('never looks at later runs, nor at those that were started here', async () => {
    expect(await adoptedOf({ start: at(BEGIN) }, BEGIN)).toBeUndefined();
    expect(await adoptedOf({ businessKey: KEY }, BEGIN)).toBeUndefined();
    expect(fake.queries.get('Variables')).toBeUndefined();
  });

  it.each([
    ['nobody', undefined],
    ['no text', { ref: 'user:default/alice' }],
    ['a group', 'group:default/admins'],
    ['RHDH itself', 'user:default/system'],
    ['the anonymous', 'anonymous:anonymous'],
    ['a name that cannot be', 'user:default/a/b'],
    ['a ref with more', 'user:default/alice\nuser:default/bob'],
    ['a ref without a namespace', 'user:alice'],
  ])('does not take %s for an owner', async (_name, initiatorEntity) => {
    const fields = { variables: { ...variables, initiatorEntity } };
    expect(await adoptedOf(fields, BEGIN)).toBeUndefined();
  });

  it('leaves out an entity that is none', async () => {
    const fields = { variables: { ...variables, targetEntity: 'shop' } };
    expect(await adoptedOf(fields, BEGIN)).toEqual({
      initiator: 'user:default/alice',
    });
  });

  it('asks once for all runs of a batch, and in parts where they are too large', async () => {
    const text = 'x'.repeat(600);
    for (let n = 0; n < 8; n++) {
      fake.put(row(`run-${n}`, { ...old, variables: { ...variables, text } }));
    }
    fake.put(row('huge', { ...old, variables: { text: 'x'.repeat(9_000) } }));
    const feed = createFeed({ adoptBefore: BEGIN, pageSize: 100 });
    const all = await feed.changes(undefined, 10, CALL);
    expect(all.changes.filter(one => one.adopted)).toHaveLength(8);
    expect(fake.queries.get('Variables')).toBe(1);
    const small = createFeed({
      adoptBefore: BEGIN,
      maxBytes: 6_000,
      pageSize: 100,
    });
    const parts = await small.changes(undefined, 10, CALL);
    expect(parts.changes.filter(one => one.adopted)).toHaveLength(8);
    expect(parts.changes).toHaveLength(9);
  });
});

describe('the first fill', () => {
  it('tells in the log how it goes on, and how long it took', async () => {
    const logger = mockServices.logger.mock();
    const index = new FeedIndex(2);
    const feed = createFeed({ logger });
    for (let n = 0; n < 10; n++)
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN + n * 10) }));
    do {
      time += 6_000;
    } while ((await index.poll(feed)) !== undefined);
    const lines = logger.info.mock.calls.map(([line]) => line);
    expect(lines[0]).toBe('Data Index "test" fills the index');
    expect(lines[1]).toMatch(
      /^Data Index "test" fills the index: \d+( of about 10)? runs in \d+ s$/,
    );
    expect(lines[lines.length - 1]).toMatch(
      /^Data Index "test" has filled the index: 10 runs in \d+ s$/,
    );
    expect(lines.length).toBeLessThan(6);
    // It is not told again for later sweeps, however long.
    time += 100_000;
    for (let n = 0; n < 10; n++)
      fake.put(row(`more-${n}`, { lastUpdate: at(time + n * 10) }));
    time += 100;
    await index.catchUp(feed);
    expect(index.runs.size).toBe(20);
    expect(logger.info).toHaveBeenCalledTimes(lines.length);
  });

  it('goes on where it was after a restart', async () => {
    const index = new FeedIndex(3);
    for (let n = 0; n < 30; n++)
      fake.put(row(`run-${n}`, { lastUpdate: at(BEGIN - n * 5_000) }));
    const first = createFeed();
    for (let polls = 0; polls < 5; polls++) await index.poll(first);
    const delivered = index.delivered;
    await index.catchUp(createFeed());
    expect(index.runs.size).toBe(30);
    // A run that was stored before comes a second time at most where it stood at the border.
    expect(index.delivered - delivered).toBeLessThanOrEqual(30 - delivered + 3);
  });
});

describe('whatever happens', () => {
  type Step =
    | { do: 'begin' | 'change' | 'late'; count: number; by: number }
    | { do: 'wait'; by: number }
    | { do: 'poll' | 'lose' | 'race' | 'crash' | 'delete' };

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      do: fc.constantFrom('begin' as const, 'change' as const, 'late' as const),
      count: fc.integer({ min: 1, max: 9 }),
      by: fc.integer({ min: 0, max: OVERLAP - 1 }),
    }),
    fc.record({
      do: fc.constant('wait' as const),
      by: fc.constantFrom(0, 1, 2, 300, 5_000),
    }),
    fc.record({
      do: fc.constantFrom(
        'poll' as const,
        'poll' as const,
        'lose' as const,
        'race' as const,
        'crash' as const,
        'delete' as const,
      ),
    }),
  );

  const LATER: Record<string, string> = {
    ACTIVE: 'ERROR',
    ERROR: 'COMPLETED',
    COMPLETED: 'COMPLETED',
  };

  async function live(steps: readonly Step[]): Promise<void> {
    time = BEGIN;
    fake.instances.clear();
    fake.put(row('first'));
    const index = new FeedIndex(4);
    let [feed, other] = [createPair(), createPair()];
    let made = 0;
    const change = (id: string) => {
      const { state } = fake.instances.get(id)!;
      // In the same millisecond a run only goes on.
      fake.change(id, { state: LATER[state], lastUpdate: at(time) });
    };
    for (const one of steps) {
      const ids = [...fake.instances.keys()];
      if (one.do === 'begin') {
        for (let n = 0; n < one.count; n++) fake.put(row(`run-${made++}`));
      } else if (one.do === 'late') {
        for (let n = 0; n < one.count; n++) {
          fake.put(row(`run-${made++}`, { lastUpdate: at(time - one.by) }));
        }
      } else if (one.do === 'change') {
        for (let n = 0; n < one.count; n++) {
          change(ids[(one.by + n * 7) % ids.length]);
        }
      } else if (one.do === 'wait') {
        time += one.by;
      } else if (one.do === 'poll') {
        await index.poll(feed);
      } else if (one.do === 'lose') {
        await index.poll(feed, true);
      } else if (one.do === 'race') {
        await index.race(feed, other);
      } else if (one.do === 'crash') {
        [feed, other] = [other, createPair()];
      } else if (ids.length > 1) {
        fake.delete(ids[ids.length >> 1]);
      }
    }
    await index.catchUp(feed);
    for (const [id, { state, lastUpdate }] of fake.instances) {
      expect(index.runs.get(id)).toMatchObject({ runId: id, state });
      expect(Math.floor(index.runs.get(id)!.revision / 8)).toBe(
        Date.parse(lastUpdate!),
      );
    }
  }

  let shared: DataIndex;
  function createPair(): ChangeFeed {
    return new ChangeFeed({
      dataIndex: shared,
      logger: mockServices.logger.mock(),
      now: () => time,
      overlapMs: OVERLAP,
      pageSize: 3,
    });
  }

  it('every run arrives in its last state, and the feed comes to its end', async () => {
    const http = new HttpClient({
      upstream: 'Data Index "test"',
      timeoutMs: 60_000,
      maxBytes: 10_000_000,
      concurrency: 5,
    });
    clients.push(http);
    shared = new DataIndex(
      new DataIndexClient(oneFor(http), fake.url),
      mockServices.logger.mock(),
    );
    const histories = fc.asyncProperty(fc.array(step, { maxLength: 40 }), live);
    await expect(
      fc.assert(histories, { numRuns: 200 }),
    ).resolves.toBeUndefined();
  });
});
