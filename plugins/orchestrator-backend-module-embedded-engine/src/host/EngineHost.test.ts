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
import type { JsonObject } from '@backstage/types';
import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import {
  call,
  ended,
  register,
  start,
  testDatabases,
  testEngine,
  until,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';
import { isSqlite } from '../store/database';
import { type Clock, systemClock } from './clock';

jest.setTimeout(60_000);

const databases = testDatabases();

const waits: JsonObject = {
  id: 'waits',
  start: 'Begin',
  events: ['first', 'second'].map(name => ({
    name,
    type: name,
    kind: 'consumed',
    source: 'any',
  })),
  states: [
    { name: 'Begin', type: 'inject', data: {}, transition: 'First' },
    {
      name: 'First',
      type: 'event',
      onEvents: [
        {
          eventRefs: ['first'],
          actions: [],
          eventDataFilter: { toStateData: '.first' },
        },
      ],
      transition: 'Second',
    },
    {
      name: 'Second',
      type: 'event',
      onEvents: [
        {
          eventRefs: ['second'],
          actions: [],
          eventDataFilter: { toStateData: '.second' },
        },
      ],
      end: true,
    },
  ],
};

const calls: JsonObject = {
  id: 'calls',
  start: 'Both',
  events: [{ name: 'go', type: 'go', kind: 'consumed', source: 'any' }],
  functions: [{ name: 'get', type: 'custom', operation: 'rest:get:/slow' }],
  states: [
    {
      name: 'Both',
      type: 'parallel',
      branches: [
        { name: 'Call', actions: [{ functionRef: 'get' }] },
        {
          name: 'Wait',
          actions: [{ eventRef: { resultEventRef: 'go' } }],
        },
      ],
      end: true,
    },
  ],
};

/** A clock that is ahead, or behind. */
class SkewedClock implements Clock {
  readonly after = systemClock.after;
  readonly #skew: number;

  constructor(skew: number) {
    this.#skew = skew;
  }

  now(): number {
    return systemClock.now() + this.#skew;
  }
}

describe.each(databases.eachSupportedId())('EngineHost on %p', databaseId => {
  let knex: Knex;
  let stub: RestStub;
  const engines: WorkflowEngine[] = [];

  async function engine(
    options: Parameters<typeof testEngine>[1] = {},
  ): Promise<WorkflowEngine> {
    const made = await testEngine(knex, {
      logger: mockServices.logger.mock(),
      ...options,
      config: {
        egress: [stub.url],
        functions: new Map([['get', { baseUrl: stub.url }]]),
        ...options.config,
      },
    });
    engines.push(made);
    await made.begin?.();
    return made;
  }

  beforeAll(async () => {
    stub = await RestStub.start();
    knex = await databases.init(databaseId);
    const first = await engine();
    await register(first, waits);
    await register(first, calls);
    await register(first, {
      id: 'sleeps',
      start: 'Nap',
      states: [{ name: 'Nap', type: 'sleep', duration: 'PT0.3S', end: true }],
    });
    await first.stop();
  });

  beforeEach(() => stub.reset());

  afterEach(async () => {
    await Promise.all(engines.splice(0).map(made => made.stop()));
  });

  afterAll(() => stub.stop());

  const row = (id: string) => knex('embedded_runs').where({ id }).first();

  async function atRest(id: string): Promise<void> {
    for (;;) {
      const { owner, wake_at: wakeAt } = await row(id);
      if (owner === null && wakeAt === null) {
        return;
      }
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
  }

  describe('messages', () => {
    it('wait in the inbox until the run waits for them, and count once', async () => {
      const current = await engine();
      const id = await start(current, 'waits');
      await atRest(id);
      const second = { name: 'second', data: 2, id: 'same' };
      await current.signal(id, second, call);
      await current.signal(id, second, call);
      await atRest(id);
      expect((await current.get(id, call))!.data).toEqual({});
      await current.signal(id, { name: 'first', data: 1 }, call);
      expect(await ended(current, id)).toMatchObject({
        state: 'COMPLETED',
        data: { first: 1, second: 2 },
      });
      // Nothing of what they held is left.
      expect(await knex('embedded_inbox').where({ run_id: id })).toEqual([]);
    });

    it('are taken in their order', async () => {
      const current = await engine();
      const id = await start(current, 'waits');
      await atRest(id);
      await current.signal(id, { name: 'first', data: 'a' }, call);
      await current.signal(id, { name: 'first', data: 'b' }, call);
      await current.signal(id, { name: 'second', data: 'c' }, call);
      expect((await ended(current, id)).data).toEqual({
        first: 'a',
        second: 'c',
      });
    });

    it('survive a restart, long ones too', async () => {
      const first = await engine();
      const id = await start(first, 'waits');
      await atRest(id);
      const long = 'x'.repeat(30_000);
      await first.signal(id, { name: 'second', data: long }, call);
      await first.stop();
      const second = await engine();
      await second.signal(id, { name: 'first', data: 1 }, call);
      expect((await ended(second, id)).data).toEqual({
        first: 1,
        second: long,
      });
    });

    it('do not count as attempts, however many do not fit', async () => {
      const current = await engine();
      const id = await start(current, 'waits');
      await atRest(id);
      for (let i = 0; i < 8; i += 1) {
        await current.signal(id, { name: 'second', data: i }, call);
        await atRest(id);
      }
      expect((await row(id)).attempts).toBe(0);
      await current.signal(id, { name: 'first', data: 1 }, call);
      expect(await ended(current, id)).toMatchObject({
        state: 'COMPLETED',
        data: { first: 1, second: 0 },
      });
    });

    it('are refused where the run holds too many, or its definition has no such event', async () => {
      const current = await engine({
        config: { limits: { eventsPerRun: 2, eventBytes: 500 } },
      });
      const id = await start(current, 'waits');
      await atRest(id);
      const signal = (name: string, data: string) =>
        current.signal(id, { name, data }, call);
      await expect(signal('third', '')).rejects.toMatchObject({
        name: 'InputError',
      });
      await expect(signal('first', 'x'.repeat(600))).rejects.toMatchObject({
        name: 'InputError',
      });
      await signal('second', 'a');
      await signal('second', 'b');
      await expect(signal('second', 'c')).rejects.toMatchObject({
        name: 'ConflictError',
      });
      await current.abort(id, call);
      await expect(signal('first', 'a')).rejects.toMatchObject({
        name: 'ConflictError',
      });
    });

    it('are taken some at a time, and leave nothing in memory behind them', async () => {
      const current = await engine();
      await register(current, {
        id: 'ticks',
        start: 'Hold',
        events: ['go', 'tick'].map(name => ({
          name,
          type: name,
          kind: 'consumed',
          source: 'any',
        })),
        states: [
          { name: 'Hold', type: 'inject', data: {}, transition: 'Go' },
          {
            name: 'Go',
            type: 'event',
            onEvents: [{ eventRefs: ['go'], actions: [] }],
            transition: 'Tick',
          },
          {
            name: 'Tick',
            type: 'event',
            onEvents: [{ eventRefs: ['tick'], actions: [] }],
            transition: 'More',
          },
          {
            name: 'More',
            type: 'switch',
            dataConditions: [{ condition: '.stop', end: true }],
            defaultCondition: { transition: 'Tick' },
          },
        ],
      });
      const id = await start(current, 'ticks');
      await atRest(id);
      await Promise.all(
        Array.from({ length: 199 }, (_item, i) =>
          current.signal(id, { name: 'tick', data: { [`n${i}`]: i } }, call),
        ),
      );
      await atRest(id);
      await current.signal(id, { name: 'go', data: {} }, call);
      await until(
        current,
        id,
        run => Object.keys(run.data as JsonObject).length === 199,
      );
      // The last of them came with a full hand: there might have been more.
      await atRest(id);
      await current.signal(id, { name: 'tick', data: { stop: true } }, call);
      expect((await ended(current, id)).state).toBe('COMPLETED');
    });

    it('reach a run that another process has in memory', async () => {
      let release = () => {};
      const gate = new Promise<void>(resolve => {
        release = resolve;
      });
      stub.reset({ 'GET /slow': [{ after: gate, body: { slow: 1 } }] });
      const first = await engine();
      const id = await start(first, 'calls');
      await until(first, id, () => stub.calls.length === 1);
      const second = await engine();
      await second.signal(id, { name: 'go', data: { gone: true } }, call);
      // Taken by the process that has it, while its call is under way.
      await until(first, id, run => JSON.stringify(run.data).includes('gone'));
      expect(stub.calls.length).toBe(1);
      release();
      expect(await ended(first, id)).toMatchObject({
        state: 'COMPLETED',
        data: { gone: true, slow: 1 },
      });
      expect(stub.calls.length).toBe(1);
    });

    it('wake a run in error only once it is retriggered', async () => {
      await register(await engine(), {
        ...waits,
        id: 'breaks',
        functions: [
          {
            name: 'f',
            type: 'expression',
            operation: 'if .fine then {} else error("broken") end',
          },
        ],
        start: 'Break',
        states: [
          {
            name: 'Break',
            type: 'operation',
            actions: [{ functionRef: 'f' }],
            transition: 'First',
          },
          ...(waits.states as JsonObject[]).slice(1),
        ],
      });
      const [current] = engines;
      const id = await start(current, 'breaks');
      await ended(current, id);
      await current.signal(id, { name: 'first', data: 1 }, call);
      await current.signal(id, { name: 'second', data: 2 }, call);
      expect(await row(id)).toMatchObject({ status: 'ERROR', wake_at: null });
      await knex('embedded_runs')
        .where({ id })
        .update({ data: JSON.stringify({ fine: true }) });
      await current.retrigger(id, call);
      expect(await ended(current, id)).toMatchObject({
        state: 'COMPLETED',
        data: { fine: true, first: 1, second: 2 },
      });
    });
  });

  it('ends a run of which too much is recorded', async () => {
    const current = await engine({
      config: { limits: { journalEntries: 20 } },
    });
    await register(current, {
      id: 'records',
      start: 'All',
      events: waits.events,
      functions: [{ name: 'f', type: 'expression', operation: '1' }],
      states: [
        {
          name: 'All',
          type: 'foreach',
          inputCollection: '.items',
          iterationParam: 'item',
          actions: [{ functionRef: 'f' }],
          transition: 'First',
        },
        ...(waits.states as JsonObject[]).slice(1),
      ],
    });
    const id = await start(current, 'records', {
      items: Array.from({ length: 30 }, (_item, i) => i),
    });
    expect(await ended(current, id)).toMatchObject({
      state: 'ERROR',
      error: { message: expect.stringContaining('More than 20 results') },
    });
  });

  it('wakes nothing early where a clock is behind, nor loses it where one was ahead', async () => {
    const ahead = await engine({ clock: new SkewedClock(3_600_000) });
    const id = await start(ahead, 'sleeps');
    await until(ahead, id, () => true);
    await ahead.stop();
    const { wake_at: wakeAt } = await row(id);
    // By the clock that is ahead it is due in an hour for others; handed back, it is looked at, and waits.
    const behind = await engine();
    for (;;) {
      const { owner, wake_at: time } = await row(id);
      if (owner === null && Number(time) > systemClock.now() + 3_000_000) break;
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
    expect(wakeAt).toBeDefined();
    expect((await behind.get(id, call))!.state).toBe('ACTIVE');
    const again = await engine({ clock: new SkewedClock(3_600_000) });
    expect((await ended(again, id)).state).toBe('COMPLETED');
  });

  it('sends nothing for a run once its lease is over by its own clock', async () => {
    let jump = 0;
    const now = jest
      .spyOn(performance, 'now')
      .mockImplementation(() => Date.now() + jump);
    try {
      stub.reset({ 'GET /slow': [{ body: { slow: 1 } }] });
      const logger = mockServices.logger.mock();
      const stopped = await engine({ logger, leaseMs: 3_000_000 });
      const [{ id: owner }] = await knex('embedded_owners')
        .where('lease_until', '>', Date.now() + 2_000_000)
        .select('id');
      // The process stands still for longer than its lease; others take it for gone.
      await knex('embedded_owners')
        .where({ id: owner })
        .update({ lease_until: 0 });
      jump = 4_000_000;
      const id = await start(stopped, 'calls');
      for (;;) {
        if (
          logger.warn.mock.calls.some(([text]) =>
            String(text).includes('lease of this process ran out'),
          )
        ) {
          break;
        }
        await new Promise(resolve => {
          setTimeout(resolve, 10);
        });
      }
      expect(stub.calls).toEqual([]);
      const other = await engine();
      await until(other, id, () => stub.calls.length === 1);
      await other.abort(id, call);
    } finally {
      now.mockRestore();
    }
  });

  if (databaseId !== 'SQLITE_3') {
    it('takes over runs though rows are locked by a process that stands still', async () => {
      const current = await engine();
      expect(isSqlite(knex)).toBe(false);
      const ids = [
        await start(current, 'waits'),
        await start(current, 'waits'),
      ];
      await Promise.all(ids.map(atRest));
      await knex('embedded_runs')
        .whereIn('id', ids)
        .update({ owner: 'gone', wake_at: null });
      const locked = await knex.transaction();
      await locked('embedded_runs').where({ id: ids[0] }).forUpdate().first();
      await current.stop();
      const second = await engine({ leaseMs: 150 });
      await atRest(ids[1]);
      expect((await row(ids[0])).owner).toBe('gone');
      expect((await second.get(ids[1], call))!.state).toBe('ACTIVE');
      await locked.rollback();
      await atRest(ids[0]);
    });
  }
});
