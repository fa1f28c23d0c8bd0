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

import type { JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { testEvaluator } from '../__testUtils__/compile';
import { testDatabases } from '../__testUtils__/engines';
import { Driver, event } from '../interpreter/__testUtils__/Driver';
import type { Outcome } from '../interpreter/RunState';
import { newRun, prepare, runStores } from '../store/__testUtils__/runStores';
import { InboxReader } from '../store/InboxReader';
import { transact } from '../store/transact';
import { Mailbox } from './Mailbox';

jest.setTimeout(60_000);

const databases = testDatabases();
const LONG = 'x'.repeat(60_000);
const HOUR = 3_600_000;

describe.each(databases.eachSupportedId())('Mailbox on %p', databaseId => {
  const evaluator = testEvaluator();
  let knex: Knex;
  let stores: ReturnType<typeof runStores>;
  let reader: InboxReader;
  let read: jest.SpyInstance;
  let body: jest.SpyInstance;

  beforeAll(async () => {
    knex = await databases.init(databaseId);
    await prepare(knex);
    stores = runStores(knex);
  });
  beforeEach(() => {
    reader = new InboxReader(knex);
    read = jest.spyOn(reader, 'read');
    body = jest.spyOn(reader, 'body');
  });
  afterAll(() => evaluator.stop());

  /** A run that sleeps, and waits for an event of type b then. */
  const sleeping = () =>
    Driver.start(
      evaluator,
      `
start: Sleep
events:
  - { name: a, type: a }
  - { name: b, type: b, source: /t, correlation: [{ contextAttributeName: region, contextAttributeValue: eu }] }
  - { name: other, type: other }
states:
  - { name: Sleep, type: sleep, duration: PT1H, transition: Wait }
  - { name: Wait, type: event, onEvents: [{ eventRefs: [b] }], transition: More }
  - { name: More, type: event, onEvents: [{ eventRefs: [other] }], end: true }
`,
    );

  async function mailbox(): Promise<{ id: string; open(): Promise<Mailbox> }> {
    const id = randomUUID();
    await stores.inserts.insert(newRun(id), 'owner');
    return {
      id,
      open: async () => new Mailbox(reader, (await stores.runs.load(id))!),
    };
  }

  let sent = 0;
  async function send(
    runId: string,
    type: string,
    data: JsonValue,
    more: { eventName?: string; region?: string; source?: string } = {},
  ): Promise<void> {
    sent += 1;
    const { eventName, region = 'eu', source } = more;
    await stores.inbox.put(
      [
        {
          runId,
          key: String(sent),
          kind: 'event',
          eventName,
          body: event(type, data, {
            id: String(sent),
            extensions: { region },
            ...(source === undefined ? {} : { source }),
          }),
        },
      ],
      1_000,
    );
  }

  it('reads no events before one is waited for, and the bodies of those only that are', async () => {
    const { id, open } = await mailbox();
    await send(id, 'a', `1${LONG}`);
    await send(id, 'b', `2${LONG}`, { region: 'us' });
    await send(id, 'b', `3${LONG}`, { source: '/elsewhere' });
    await send(id, 'b', `4${LONG}`);
    await send(id, 'a', `5${LONG}`, { eventName: 'b' });
    await send(id, 'b', `6${LONG}`, { eventName: 'a' });
    await send(id, 'b', 'short');
    const run = await sleeping();
    const mail = await open();
    await mail.refresh(run.definition, run.state);
    expect(await mail.next(run.definition, run.state)).toBeUndefined();
    expect(mail.seen).toBe(7);
    expect((await read.mock.results[0].value).waiting).toEqual([]);

    await run.pass(HOUR);
    const taken = [];
    for (;;) {
      const next = await mail.next(run.definition, run.state);
      if (next?.kind !== 'event') {
        break;
      }
      taken.push(next);
    }
    expect(
      taken.map(({ event: { data }, name }) => [String(data)[0], name]),
    ).toEqual([
      ['4', undefined],
      ['5', 'b'],
      ['s', undefined],
    ]);
    expect(taken[0].event).toMatchObject({
      type: 'b',
      data: `4${LONG}`,
      extensions: { region: 'eu' },
    });
    expect(mail.taken).toHaveLength(3);
    expect(read).toHaveBeenCalledTimes(2);
    expect(body).toHaveBeenCalledTimes(2);
    // What waits is read without what is long in it.
    const { waiting } = await read.mock.results[1].value;
    expect(waiting).toHaveLength(7);
    expect(JSON.stringify(waiting).length).toBeLessThan(3_000);
  });

  it('wakes a run by an event with one query', async () => {
    const { id, open } = await mailbox();
    const run = await sleeping();
    await run.pass(HOUR);
    await send(id, 'b', 'x'.repeat(500));
    const mail = await open();
    const queries: string[] = [];
    const count = ({ sql }: { sql: string }) => queries.push(sql);
    knex.on('query', count);
    await mail.refresh(run.definition, run.state);
    expect(await mail.next(run.definition, run.state)).toMatchObject({
      event: { type: 'b', data: 'x'.repeat(500) },
    });
    await mail.refresh(run.definition, run.state);
    expect(await mail.next(run.definition, run.state)).toBeUndefined();
    knex.removeListener('query', count);
    expect(queries).toHaveLength(1);
  });

  it('asks nothing where nothing ever came', async () => {
    const { open } = await mailbox();
    const run = await sleeping();
    await run.pass(HOUR);
    const mail = await open();
    await mail.refresh(run.definition, run.state);
    expect(await mail.next(run.definition, run.state)).toBeUndefined();
    expect(read).not.toHaveBeenCalled();
    await send((await mailbox()).id, 'b', 1);
    mail.arrived();
    await mail.refresh(run.definition, run.state);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('gives out again what could not be read', async () => {
    const { id, open } = await mailbox();
    const run = await sleeping();
    await send(id, 'b', LONG);
    const mail = await open();
    await mail.refresh(run.definition, run.state);
    await run.pass(HOUR);
    read.mockRejectedValueOnce(new Error('no connection'));
    await expect(mail.next(run.definition, run.state)).rejects.toThrow('no c');
    expect(mail.isStale).toBe(true);
    body.mockRejectedValueOnce(new Error('no connection'));
    await expect(mail.next(run.definition, run.state)).rejects.toThrow('no c');
    expect(mail.taken).toEqual([]);
    expect(await mail.next(run.definition, run.state)).toMatchObject({
      event: { data: LONG },
    });
    expect(mail.taken).toHaveLength(1);
    mail.restore();
    expect(await mail.next(run.definition, run.state)).toMatchObject({
      event: { data: LONG },
    });
    await transact(knex, tx => stores.inbox.takeIn(tx, mail.taken, 2_000));
    mail.settle();
    expect(await mail.next(run.definition, run.state)).toBeUndefined();
    expect(
      await knex('embedded_inbox').where({ run_id: id }).first('head', 'body'),
    ).toEqual({ head: null, body: null });
  });

  it('reads what became of sub-flows, whole where it is waited for', async () => {
    const { id, open } = await mailbox();
    const run = await Driver.start(
      evaluator,
      `
start: A
states:
  - { name: A, type: operation, actions: [{ name: a, subFlowRef: child }], end: true }
`,
    );
    const ends: [string, Outcome][] = [
      ['9.9', { value: LONG }],
      [run.calls[0].key, { value: LONG }],
    ];
    await send(id, 'a', LONG);
    await stores.inbox.put(
      ends.map(([key, outcome]) => ({
        runId: id,
        key: `child ${key}`,
        kind: 'child',
        body: { key, outcome },
      })),
      1_000,
    );
    const mail = await open();
    await mail.refresh(run.definition, run.state);
    expect(await mail.next(run.definition, run.state)).toEqual({
      kind: 'result',
      key: run.calls[0].key,
      outcome: { value: LONG },
    });
    expect(mail.taken).toHaveLength(2);
    expect(read).toHaveBeenCalledTimes(1);
    expect(body).toHaveBeenCalledTimes(1);
  });

  it('reads a long failure of a sub-flow whole', async () => {
    const { id, open } = await mailbox();
    const run = await Driver.start(
      evaluator,
      `
start: A
states:
  - { name: A, type: operation, actions: [{ name: a, subFlowRef: child }], end: true }
`,
    );
    const { key } = run.calls[0];
    const outcome: Outcome = { failure: { kind: 'child', message: LONG } };
    await stores.inbox.put(
      [{ runId: id, key: 'child', kind: 'child', body: { key, outcome } }],
      1_000,
    );
    const mail = await open();
    await mail.refresh(run.definition, run.state);
    expect(await mail.next(run.definition, run.state)).toEqual({
      kind: 'result',
      key,
      outcome,
    });
  });
});
