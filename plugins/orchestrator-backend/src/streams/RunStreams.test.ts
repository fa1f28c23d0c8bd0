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

import { TestDatabases } from '@backstage/backend-test-utils';
import {
  createFakeEngine,
  type FakeEngineOptions,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import { alice, bob, fakeAccess } from '../workflows/__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from '../workflows/__testUtils__/workflowFixture';
import { FakeSink } from './__testUtils__/FakeSink';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const HOUR = 3_600_000;

/** Alice by a managed token. */
const aliceByToken = fakeAccess({
  ref: 'user:default/alice',
  principal: {
    type: 'token',
    ref: 'user:default/alice',
    tokenId: 'abc',
    token: { kind: 'personal', owner: 'user:default/alice', grants: [] },
  },
});

describe('RunStreams', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(options: FakeEngineOptions = {}) {
      let time = Date.UTC(2026, 10, 22);
      const now = () => time;
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({
        definitions: [
          { id: 'wait', scenario: 'waits' },
          { id: 'done', scenario: 'completes' },
        ],
        now,
        ...options,
      });
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        now,
        times: { feedInterval: 5 },
      });
      const { streams, service } = fixture;
      const renew = jest.fn(async (): Promise<Access> => alice);
      const open = async (
        instanceId: string,
        after?: string,
        access: Access = alice,
      ) => {
        const sink = new FakeSink();
        const connect = jest.fn(() => sink);
        await streams.open({ access, instanceId, after, renew, connect });
        return sink;
      };
      const start = async (workflowId = 'wait') =>
        (await service.actions.execute(alice, workflowId, {})).id;
      return {
        ...fixture,
        engine,
        open,
        start,
        renew,
        pass: (milliseconds: number) => {
          time += milliseconds;
        },
      };
    }

    it('tells all that happens, until the run has ended', async () => {
      const { engine, streams, open, start, stop } = await create();
      const id = await start();
      const sink = await open(id);
      expect(sink.text).toMatch(/^retry: 2000\n\n/);
      expect(sink.events.map(({ event }) => event)).toEqual([
        'log',
        'state',
        'node',
        'log',
      ]);
      engine.advance(id, 'COMPLETED');
      await streams.look();
      expect(sink.events).toMatchObject([
        { id: '1', event: 'log', data: { detail: { line: 'started' } } },
        { id: '2', event: 'state', data: { detail: { state: 'ACTIVE' } } },
        { id: '3', event: 'node' },
        { id: '4', event: 'log' },
        {
          id: '5',
          event: 'state',
          data: {
            time: '2026-11-22T00:00:00.000Z',
            detail: { state: 'COMPLETED' },
          },
        },
        { id: '6', event: 'node' },
        { id: '7', event: 'log' },
        { id: undefined, event: 'end', data: {} },
      ]);
      expect(sink.ended).toBe('end');
      expect(streams.size).toBe(0);
      await stop();
    });

    it('goes on behind any event, so that nothing is missed or told twice', async () => {
      const { engine, open, start, stop } = await create();
      const id = await start();
      engine.advance(id, 'SUSPENDED');
      engine.advance(id, 'ACTIVE');
      engine.advance(id, 'ABORTED');
      const { events } = await open(id);
      for (let seen = 0; seen < events.length; seen++) {
        const sink = await open(id, events[seen - 1]?.id);
        expect(sink.events).toEqual(events.slice(seen));
      }
      await stop();
    });

    it.each(['x', '-1', '999', '1e3', '9'.repeat(30)])(
      'refuses what is no event of the run: %s',
      async after => {
        const { open, start, streams, stop } = await create();
        const id = await start();
        await expect(open(id, after)).rejects.toMatchObject({
          code: 'request.invalid',
          status: 400,
        });
        expect(streams.size).toBe(0);
        await stop();
      },
    );

    it('decides as on any read of a run, before anything is sent', async () => {
      const { streams, start, stop } = await create();
      const id = await start();
      const connect = jest.fn();
      for (const instanceId of [id, 'unknown']) {
        await expect(
          streams.open({
            access: bob,
            instanceId,
            renew: async () => bob,
            connect,
          }),
        ).rejects.toMatchObject({ code: 'instance.not_found' });
      }
      expect(connect).not.toHaveBeenCalled();
      await stop();
    });

    it('asks once for all streams, and reads once for readers at one place', async () => {
      const { engine, streams, open, start, stop } = await create();
      const ids = [await start(), await start()];
      const sinks = [];
      for (let index = 0; index < 10; index++) {
        sinks.push(await open(ids[index % 2]));
      }
      const { calls } = engine.troubles;
      const before = { read: calls.get('readHistory')!, heads: 0 };
      for (let round = 1; round <= 3; round++) {
        await streams.look();
        expect(calls.get('heads')).toBe(round);
        expect(calls.get('readHistory')).toBe(before.read);
      }
      engine.advance(ids[0], 'SUSPENDED');
      await streams.look();
      expect(calls.get('readHistory')).toBe(before.read + 1);
      const [first, second] = sinks.map(({ events }) => events.length);
      expect(first).toBe(second + 3);
      await stop();
    });

    it('reads in parts what is long', async () => {
      const { engine, streams, open, start, stop } = await create();
      const id = await start();
      for (let index = 0; index < 100; index++) {
        engine.advance(id, index % 2 ? 'ACTIVE' : 'SUSPENDED');
      }
      engine.advance(id, 'COMPLETED');
      const sink = await open(id);
      expect(sink.events).toHaveLength(100);
      await streams.look();
      const ids = sink.events.map(event => event.id);
      expect(ids.slice(0, -1)).toEqual(
        Array.from({ length: 4 + 303 }, (_, index) => String(index + 1)),
      );
      expect(sink.ended).toBe('end');
      await stop();
    });

    it('reads nothing for who takes nothing, and gives up on who takes nothing for long', async () => {
      const { engine, streams, open, start, pass, renew, stop } =
        await create();
      const id = await start();
      const slow = await open(id);
      const dead = await open(id);
      for (const sink of [slow, dead]) sink.fill();
      engine.advance(id, 'SUSPENDED');
      await streams.look();
      const { length } = slow.events;
      engine.advance(id, 'ACTIVE');
      await streams.look();
      expect(slow.events).toHaveLength(length);
      pass(20_000);
      slow.drain();
      await streams.look();
      expect(slow.events).toHaveLength(length + 3);
      pass(10_000);
      await streams.look();
      expect([slow.ended, dead.ended]).toEqual([undefined, 'destroy']);
      expect(renew).toHaveBeenCalled();
      await stop();
    });

    it('shows every 15 s that it lives, and ends after an hour', async () => {
      const { streams, open, start, pass, stop } = await create();
      const sink = await open(await start());
      const { text } = sink;
      pass(14_999);
      await streams.look();
      expect(sink.text).toBe(text);
      pass(1);
      await streams.look();
      expect(sink.text).toBe(`${text}:\n\n`);
      pass(HOUR - 15_001);
      await streams.look();
      expect(sink.ended).toBeUndefined();
      pass(1);
      await streams.look();
      expect(sink.ended).toBe('end');
      expect(sink.events.some(({ event }) => event === 'end')).toBe(false);
      await stop();
    });

    it('ends within 30 s of the end of rights, which it asks for every 20 s', async () => {
      const { streams, open, start, pass, renew, stop } = await create();
      const sink = await open(await start());
      pass(19_999);
      await streams.look();
      expect(renew).not.toHaveBeenCalled();
      pass(1);
      await streams.look();
      expect(renew).toHaveBeenCalledTimes(1);
      expect(sink.ended).toBeUndefined();
      renew.mockRejectedValue(
        new OrchestratorError('auth.token_revoked', 'Revoked'),
      );
      pass(19_000);
      await streams.look();
      expect(sink.ended).toBeUndefined();
      pass(1_000);
      await streams.look();
      expect(sink.ended).toBe('end');
      await stop();
    });

    it('ends where the run became one of somebody else, or the decision cannot be had', async () => {
      const { streams, open, start, pass, renew, stop } = await create();
      const id = await start();
      const sinks = [await open(id), await open(id)];
      renew.mockResolvedValueOnce(bob);
      renew.mockRejectedValueOnce(
        new OrchestratorError('auth.policy_unavailable', 'Not now'),
      );
      pass(20_000);
      await streams.look();
      expect(sinks.map(({ ended }) => ended)).toEqual(['end', 'end']);
      await stop();
    });

    it('decides at once where the token of the reader has changed, and on no other', async () => {
      const { streams, open, start, renew, stop } = await create();
      const id = await start();
      const own = await open(id, undefined, aliceByToken);
      const other = await open(id);
      streams.tokensChanged(['token:another', 'owner:user:default/bob']);
      await streams.look();
      expect(renew).not.toHaveBeenCalled();
      renew.mockRejectedValue(
        new OrchestratorError('auth.token_revoked', 'Revoked'),
      );
      streams.tokensChanged(['token:abc']);
      await streams.look();
      expect([own.ended, other.ended]).toEqual(['end', undefined]);
      expect(renew).toHaveBeenCalledTimes(1);
      await stop();
    });

    it('refuses with an engine that does not answer, and no decision waits for it', async () => {
      const { engine, streams, open, start, pass, renew, stop } =
        await create();
      const sink = await open(await start());
      const release = engine.troubles.hold('heads');
      renew.mockRejectedValue(
        new OrchestratorError('auth.token_revoked', 'Revoked'),
      );
      pass(20_000);
      const looked = streams.look();
      while (!sink.ended) await new Promise(setImmediate);
      expect(sink.ended).toBe('end');
      release();
      await looked;
      await stop();
    });

    it('goes on when the engine answers again', async () => {
      const { engine, streams, open, start, logger, stop } = await create();
      const id = await start();
      const sink = await open(id);
      engine.troubles.setDown(true);
      await streams.look();
      await streams.look();
      expect(sink.ended).toBeUndefined();
      expect(
        logger.warn.mock.calls.filter(([text]) =>
          String(text).includes('cannot be followed'),
        ),
      ).toHaveLength(1);
      engine.troubles.setDown(false);
      engine.advance(id, 'COMPLETED');
      await streams.look();
      expect(sink.ended).toBe('end');
      await stop();
    });

    it('opens 20 for one principal, and another one when one of them has ended', async () => {
      const { streams, open, start, stop } = await create();
      const id = await start();
      const sinks = [];
      for (let index = 0; index < 20; index++) sinks.push(await open(id));
      const refused = { code: 'auth.rate_limited', status: 429 };
      await expect(open(id)).rejects.toMatchObject({
        ...refused,
        details: { retryAfter: expect.any(Number) },
      });
      // A token of hers is nobody else.
      await expect(open(id, undefined, aliceByToken)).rejects.toMatchObject(
        refused,
      );
      sinks[7].disconnect();
      await new Promise(setImmediate);
      expect(streams.size).toBe(19);
      await open(id);
      await expect(open(id)).rejects.toMatchObject(refused);
      await stop();
      expect(streams.size).toBe(0);
    });

    it('gives the place back where the stream could not begin', async () => {
      const { engine, open, start, stop } = await create();
      const id = await start();
      for (let index = 0; index < 25; index++) {
        engine.troubles.failNext('readHistory', new Error('broken'));
        await expect(open(id)).rejects.toMatchObject({ status: 502 });
      }
      await open(id);
      await stop();
    });

    it('ends all streams with the plugin, and opens no more', async () => {
      const { engine, streams, open, start, stop } = await create();
      const id = await start();
      const sinks = [await open(id), await open(id)];
      sinks[1].fill();
      engine.advance(id, 'SUSPENDED');
      await streams.look();
      await stop();
      expect(sinks.map(({ ended }) => ended)).toEqual(['end', 'destroy']);
      await expect(open(id)).rejects.toMatchObject({ status: 503 });
      expect(streams.size).toBe(0);
    });

    it('ends where the run is deleted', async () => {
      const { engine, streams, open, start, stop } = await create();
      const id = await start();
      const sink = await open(id);
      engine.forget(id);
      await streams.look();
      expect(sink.ended).toBe('end');
      expect(sink.events.some(({ event }) => event === 'end')).toBe(false);
      await stop();
    });

    it('does not pass on what would make lines of its own', async () => {
      const { engine, open, start, stop } = await create();
      const id = await start();
      engine.storage.runs.get(id)!.history.push({
        id: '5\nevent: end',
        kind: 'log',
        time: '',
        detail: {},
      });
      await expect(open(id)).rejects.toMatchObject({
        code: 'engine.bad_answer',
      });
      engine.storage.runs.get(id)!.history.splice(4, 1, {
        id: '5',
        kind: 'log',
        time: '2026-11-22T00:00:00.000Z',
        detail: { line: 'a\n\nevent: end\ndata: {}\r\u2028' },
      });
      const sink = await open(id);
      expect(sink.events).toHaveLength(5);
      expect(sink.events[4].data.detail.line).toContain('event: end');
      await stop();
    });

    it('tells of runs of other engines how their state changes', async () => {
      const { engine, streams, open, start, stop } = await create({
        keepsHistory: false,
        capabilities: { acceptsRunId: false },
      });
      const id = await start();
      const sink = await open(id);
      expect(sink.events.map(({ data }) => data.detail)).toEqual([
        { state: 'ACTIVE' },
      ]);
      engine.advance(id, 'SUSPENDED');
      engine.advance(id, 'ERROR');
      while (!sink.ended) {
        await streams.look();
        await new Promise(setImmediate);
      }
      const states = sink.events.map(({ data }) => data.detail?.state);
      expect(states.filter(state => state !== 'SUSPENDED')).toEqual([
        'ACTIVE',
        'ERROR',
        undefined,
      ]);
      const last = sink.events.at(-2)!.id;
      const again = await open(id, last);
      expect(again.events.map(({ event }) => event)).toEqual(['end']);
      await expect(open(id, '7')).rejects.toMatchObject({ status: 400 });
      await expect(open(id, '7.GONE')).rejects.toMatchObject({ status: 400 });
      await stop();
    });
  });
});
