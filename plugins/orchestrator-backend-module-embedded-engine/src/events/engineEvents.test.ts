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
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  crashableEngine,
  lastingDatabase,
} from '../__testUtils__/crashableEngine';
import {
  call,
  ended,
  register,
  start,
  testDatabases,
  testEngine,
  until,
} from '../__testUtils__/engines';
import { raise } from '../__testUtils__/events';
import { anEvent } from './__testUtils__/testEvents';

jest.setTimeout(60_000);

const databases = testDatabases();

/** Waits for something that goes on by itself. */
async function when(condition: () => boolean | Promise<boolean>) {
  while (!(await condition())) {
    await new Promise(resolve => {
      setTimeout(resolve, 10);
    });
  }
}

/** A definition that is started by events of a type, and sends one of another. */
function relay(
  id: string,
  takes: string,
  sends: string,
  more: JsonObject = {},
) {
  return {
    id,
    start: 'Begin',
    events: [
      { name: 'taken', kind: 'consumed', type: takes },
      { name: 'sent', kind: 'produced', type: sends },
    ],
    states: [
      {
        name: 'Begin',
        type: 'event',
        onEvents: [{ eventRefs: ['taken'] }],
        end: { produceEvents: [{ eventRef: 'sent', data: '.' }] },
      },
    ],
    ...more,
  };
}

/** Starts by a POST, and sends events one after another. */
function sender(id: string, type: string, count = 1, attributes?: JsonObject) {
  return {
    id,
    start: 'Send',
    events: [{ name: 'sent', kind: 'produced', type }],
    states: [
      {
        name: 'Send',
        type: 'inject',
        data: {},
        end: {
          produceEvents: Array.from({ length: count }, (_v, i) => ({
            eventRef: 'sent',
            data: `{n: ${i}, x: .x}`,
            ...(attributes ? { contextAttributes: attributes } : {}),
          })),
        },
      },
    ],
  };
}

/** Waits for an event after its start. */
function receiver(id: string, type: string, more: JsonObject = {}) {
  return {
    id,
    start: 'First',
    events: [{ name: 'waited', kind: 'consumed', type }],
    states: [
      { name: 'First', type: 'inject', data: {}, transition: 'Wait' },
      {
        name: 'Wait',
        type: 'event',
        onEvents: [
          {
            eventRefs: ['waited'],
            eventDataFilter: { toStateData: '.got' },
          },
        ],
        end: true,
      },
    ],
    ...more,
  };
}

/** Starts by an order, and waits for its payment. */
const orders = {
  id: 'orders',
  start: 'Ordered',
  events: ['ordered', 'paid'].map(name => ({
    name,
    type: name,
    kind: 'consumed',
    correlation: [{ contextAttributeName: 'orderid' }],
  })),
  states: [
    {
      name: 'Ordered',
      type: 'event',
      onEvents: [{ eventRefs: ['ordered'] }],
      transition: 'Paid',
    },
    {
      name: 'Paid',
      type: 'event',
      onEvents: [{ eventRefs: ['paid'] }],
      end: true,
    },
  ],
};

const ordered = (orderid: string, id: string) =>
  anEvent({ id, type: 'ordered', data: { id }, extensions: { orderid } });
const paid = (orderid: string, id: string, data: JsonObject = {}) =>
  anEvent({ id, type: 'paid', data, extensions: { orderid } });

describe.each(databases.eachSupportedId())(
  'events and runs, %s',
  databaseId => {
    let knex: Knex;
    let engine: WorkflowEngine;
    let logger: ReturnType<typeof mockServices.logger.mock>;

    beforeEach(async () => {
      knex = await databases.init(databaseId);
      logger = mockServices.logger.mock();
      engine = await testEngine(knex, {
        logger,
        config: { limits: { depth: 4, eventsPerRun: 5, runsPerStart: 12 } },
      });
      await engine.begin?.();
    });

    afterEach(() => engine.stop());

    const idsOf = async (definitionId: string): Promise<string[]> =>
      (
        await knex('embedded_runs')
          .where({ definition_id: definitionId })
          .select('id')
      ).map(row => row.id);

    it('starts one run by an event, however often and wherever it comes', async () => {
      const other = await testEngine(knex, { skipMigrations: true });
      await other.begin?.();
      try {
        await register(engine, orders);
        const event = ordered('5', '1');
        const raised = await Promise.all(
          [engine, other, engine, other].map(each => raise(each, event)),
        );
        const ids = raised.flatMap(({ started }) =>
          started.map(({ id }) => id),
        );
        expect(new Set(ids).size).toBe(1);
        expect(await idsOf('orders')).toEqual([ids[0]]);
        // Another event of the same correlation is another order.
        await raise(engine, ordered('5', '2'));
        expect(await idsOf('orders')).toHaveLength(2);
      } finally {
        await other.stop();
      }
    });

    it('gives an event to every run that correlates, and to each once', async () => {
      await register(engine, orders);
      const runs: string[] = [];
      for (const [orderid, id] of [
        ['5', '1'],
        ['5', '2'],
        ['6', '3'],
      ]) {
        const { started } = await raise(engine, ordered(orderid, id));
        runs.push(started[0].id);
      }
      const { delivered } = await raise(engine, paid('5', 'p', { amount: 9 }));
      expect([...delivered].sort()).toEqual(runs.slice(0, 2).sort());
      for (const id of runs.slice(0, 2)) {
        expect(await ended(engine, id)).toMatchObject({
          state: 'COMPLETED',
          data: { amount: 9 },
        });
      }
      expect((await engine.get(runs[2], call))?.state).toBe('ACTIVE');
      expect((await raise(engine, paid('5', 'p2'))).delivered).toEqual([]);
      const rows = await knex('embedded_correlations').select('run_id');
      expect(new Set(rows.map(row => row.run_id))).toEqual(new Set([runs[2]]));
    });

    it('keeps an event that comes before it is waited for, and counts one that comes twice once', async () => {
      await register(engine, {
        ...receiver('early', 'paid'),
        states: [
          { name: 'First', type: 'inject', data: {}, transition: 'Wait' },
          {
            name: 'Wait',
            type: 'event',
            onEvents: [
              {
                eventRefs: ['waited'],
                eventDataFilter: { toStateData: '.one' },
              },
            ],
            transition: 'Again',
          },
          {
            name: 'Again',
            type: 'event',
            onEvents: [
              {
                eventRefs: ['waited'],
                eventDataFilter: { toStateData: '.two' },
              },
            ],
            end: true,
          },
        ],
      });
      const id = await start(engine, 'early');
      const named = (eventId: string, data: JsonObject) =>
        anEvent({ id: eventId, data, extensions: { kogitoprocrefid: id } });
      await raise(engine, named('1', { n: 1 }));
      await raise(engine, named('1', { n: 1 }));
      await until(
        engine,
        id,
        ({ data }) => (data as JsonObject).one !== undefined,
      );
      expect((await engine.get(id, call))?.state).toBe('ACTIVE');
      await raise(engine, named('2', { n: 2 }));
      expect((await ended(engine, id)).data).toEqual({
        one: { n: 1 },
        two: { n: 2 },
      });
    });

    it('starts and wakes workflows of the workspace by what a run sends, for the same principals', async () => {
      await register(engine, relay('next', 'sent', 'done'));
      await register(engine, {
        ...relay('foreign', 'sent', 'done'),
        metadata: { workspace: 'elsewhere' },
      });
      await register(engine, receiver('waits', 'sent'));
      const waits = await start(engine, 'waits');
      await register(
        engine,
        sender('first', 'sent', 1, { kogitoprocrefid: '.waits' }),
      );
      const first = await start(engine, 'first', { x: 'y', waits });
      expect((await ended(engine, waits)).data).toEqual({
        got: { n: 0, x: 'y' },
      });
      await when(async () => (await idsOf('next')).length === 1);
      const [next] = await idsOf('next');
      expect(await ended(engine, next)).toMatchObject({
        state: 'COMPLETED',
        data: { n: 0, x: 'y' },
        provenance: { initiator: 'user:default/test', workspace: 'default' },
      });
      expect((await ended(engine, first)).state).toBe('COMPLETED');
      await when(
        async () => (await knex('embedded_produced').select()).length === 0,
      );
      expect(await idsOf('foreign')).toEqual([]);
      // The index has to hear of a run that nobody has asked for.
      const told = new Set<string>();
      for (let since: string | undefined = ''; !told.has(next); ) {
        const page = await engine.changes(since, { ...call, limit: 100 });
        page.changes.forEach(({ runId }) => told.add(runId));
        since = page.next;
      }
      expect(told).toContain(next);
    });

    it('ends a game of ping-pong', async () => {
      await register(engine, relay('ping', 'ball', 'back'));
      await register(engine, relay('pong', 'back', 'ball'));
      await raise(engine, anEvent({ type: 'ball', data: { hit: true } }));
      await when(() =>
        logger.warn.mock.calls.some(([text]) =>
          String(text).includes('more than 4 runs would stand above it'),
        ),
      );
      await when(
        async () => (await knex('embedded_produced').select()).length === 0,
      );
      const depths = await knex('embedded_runs')
        .orderBy('depth')
        .select('depth');
      expect(depths.map(({ depth }) => depth)).toEqual([0, 1, 2, 3, 4]);
    });

    it('ends a storm of events that start more and more runs', async () => {
      const document = relay('fork', 'bomb', 'bomb');
      const [begin] = document.states;
      const three = Array.from({ length: 3 }, () => ({ eventRef: 'sent' }));
      await register(engine, {
        ...document,
        states: [{ ...begin, end: { produceEvents: three } }],
      });
      await raise(engine, anEvent({ type: 'bomb' }));
      await when(async () => {
        const active = await knex('embedded_runs').where({ status: 'ACTIVE' });
        const left = await knex('embedded_produced').select();
        return active.length === 0 && left.length === 0;
      });
      // The first one, those that it led to, and what was stored at the same time as the last; 121 without the limit.
      const { length } = await idsOf('fork');
      expect(length).toBeGreaterThanOrEqual(13);
      expect(length).toBeLessThanOrEqual(16);
      expect(JSON.stringify(logger.warn.mock.calls)).toContain(
        'led to more than 12 runs',
      );
    });

    it('fails a run whose event nobody could take, and sends nothing of it', async () => {
      await register(
        engine,
        sender('broken', 'sent', 2, { orderid: '"a\\u0000b"' }),
      );
      const { error, state } = await ended(
        engine,
        await start(engine, 'broken'),
      );
      expect(state).toBe('ERROR');
      expect(error?.message).toContain('control characters');
      expect(await knex('embedded_produced').select()).toEqual([]);
    });

    it('takes no more early events for a run than it may have', async () => {
      await register(engine, receiver('full', 'other'));
      const id = await start(engine, 'full');
      await register(engine, {
        ...receiver('both', 'paid'),
        events: [
          { name: 'waited', kind: 'consumed', type: 'other' },
          { name: 'later', kind: 'consumed', type: 'paid' },
        ],
        states: [
          { name: 'First', type: 'inject', data: {}, transition: 'Wait' },
          {
            name: 'Wait',
            type: 'event',
            onEvents: [{ eventRefs: ['waited'] }],
            transition: 'Later',
          },
          {
            name: 'Later',
            type: 'event',
            onEvents: [{ eventRefs: ['later'] }],
            end: true,
          },
        ],
      });
      const both = await start(engine, 'both');
      const send = (eventId: string) =>
        raise(
          engine,
          anEvent({ id: eventId, extensions: { kogitoprocrefid: both } }),
        );
      for (let i = 0; i < 5; i += 1) {
        expect((await send(`${i}`)).delivered).toEqual([both]);
      }
      expect((await send('one more')).delivered).toEqual([]);
      expect((await engine.get(id, call))?.state).toBe('ACTIVE');
    });

    it('tells what happened in a run that an event has started', async () => {
      await register(engine, orders);
      const { started } = await raise(engine, ordered('5', '1'));
      await raise(engine, paid('5', 'p'));
      const [{ id }] = started;
      await ended(engine, id);
      const history = await engine.history!.read(id, undefined, {
        ...call,
        limit: 100,
      });
      expect(history!.ended).toBe(true);
      expect(history!.events.map(event => event.id)).toEqual(
        history!.events.map((_event, i) => String(i + 1)),
      );
      expect(history!.events.at(-1)).toMatchObject({
        kind: 'state',
        detail: { state: 'COMPLETED' },
      });
      const heads = await engine.history!.heads([id], call);
      expect(heads.get(id)).toBe(history!.events.at(-1)!.id);
      // Nothing of what was sent is told.
      expect(JSON.stringify(history)).not.toContain('orderid');
    });
  },
);

describe.each(databases.eachSupportedId())(
  'events and a sink, %s',
  databaseId => {
    let server: Server;
    let url: string;
    let status: number;
    let asked: { headers: IncomingHttpHeaders; data: JsonObject }[];

    beforeEach(async () => {
      status = 202;
      asked = [];
      server = createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
          chunks.push(chunk);
        }
        asked.push({
          headers: request.headers,
          data: JSON.parse(Buffer.concat(chunks).toString()),
        });
        response.writeHead(status).end();
      });
      await new Promise<void>(resolve => {
        server.listen(0, '127.0.0.1', resolve);
      });
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    });

    afterEach(async () => {
      server.closeAllConnections();
      await new Promise(resolve => {
        server.close(resolve);
      });
    });

    it('sends what a run has produced, in its order, after a crash too', async () => {
      const database = await lastingDatabase(databases, databaseId);
      const config = { events: { sink: url, crossWorkspace: [] } };
      const first = await crashableEngine(database, { config });
      await first.engine.begin?.();
      await register(
        first.engine,
        sender('first', 'sent', 3, { orderid: '"5 6"' }),
      );
      status = 503;
      const id = await start(first.engine, 'first', { x: 'ä' });
      await when(() => asked.length === 1);
      await first.crash();
      status = 202;
      const second = await crashableEngine(database, {
        config,
        skipMigrations: true,
      });
      try {
        await second.engine.begin?.();
        await when(() => asked.length >= 4);
        const events = asked.slice(1);
        expect(events.map(({ data }) => data)).toEqual([
          { n: 0, x: 'ä' },
          { n: 1, x: 'ä' },
          { n: 2, x: 'ä' },
        ]);
        expect(events.map(({ headers }) => headers['ce-id'])).toEqual([
          `${id}.1`,
          `${id}.2`,
          `${id}.3`,
        ]);
        expect(asked[0].headers['ce-id']).toBe(`${id}.1`);
        expect(events[0].headers).toMatchObject({
          'ce-source': '/process/first',
          'ce-type': 'sent',
          'ce-orderid': '5%206',
          'ce-kogitoprocinstanceid': id,
          'content-type': 'application/json',
        });
        await when(
          async () =>
            (await second.knex('embedded_produced').select()).length === 0,
        );
      } finally {
        await second.close();
        await database.close();
      }
    });

    it('sends each event once, in the order of its run, from two replicas', async () => {
      const knex = await databases.init(databaseId);
      const config = { events: { sink: url, crossWorkspace: [] } };
      const replicas = [
        await testEngine(knex, { config }),
        await testEngine(knex, { config, skipMigrations: true }),
      ];
      await Promise.all(replicas.map(replica => replica.begin?.()));
      try {
        await register(replicas[0], sender('first', 'sent', 3));
        const ids = await Promise.all(
          Array.from({ length: 20 }, (_v, i) =>
            start(replicas[i % 2], 'first'),
          ),
        );
        await when(() => asked.length >= 60);
        await when(
          async () => (await knex('embedded_produced').select()).length === 0,
        );
        const sent = asked.map(({ headers }) => String(headers['ce-id']));
        expect(sent).toHaveLength(60);
        for (const id of ids) {
          expect(sent.filter(name => name.startsWith(id))).toEqual([
            `${id}.1`,
            `${id}.2`,
            `${id}.3`,
          ]);
        }
      } finally {
        await Promise.all(replicas.map(replica => replica.stop()));
      }
    });

    it('has its address in no log', async () => {
      const knex = await databases.init(databaseId);
      const logger = mockServices.logger.mock();
      status = 500;
      const engine = await testEngine(knex, {
        logger,
        config: { events: { sink: `${url}secret-path`, crossWorkspace: [] } },
      });
      await engine.begin?.();
      try {
        await register(engine, sender('first', 'sent'));
        await start(engine, 'first');
        await when(() => logger.warn.mock.calls.length > 0);
        const lines = JSON.stringify(logger.warn.mock.calls);
        expect(lines).toContain('status 500');
        expect(lines).not.toMatch(/127\.0\.0\.1|secret-path/);
      } finally {
        await engine.stop();
      }
    });
  },
);
