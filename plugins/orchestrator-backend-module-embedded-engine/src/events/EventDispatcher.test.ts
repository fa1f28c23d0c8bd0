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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { testDatabases } from '../__testUtils__/engines';
import { prepareDatabase } from '../store/database';
import { type ProducedEvent, ProducedStore } from '../store/ProducedStore';
import { WorkLeases } from '../store/WorkLeases';
import { ManualClock } from './__testUtils__/ManualClock';
import { anEvent } from './__testUtils__/testEvents';
import { EventDispatcher } from './EventDispatcher';
import type { EventSink, Sending } from './EventSink';

jest.setTimeout(60_000);

const databases = testDatabases();
const TAKEN: Sending = { taken: true };
const REFUSED: Sending = { taken: false, reason: 'status 503' };

/** Waits for something that goes on by itself. */
async function until(condition: () => boolean | Promise<boolean>) {
  while (!(await condition())) {
    await new Promise(resolve => {
      setTimeout(resolve, 5);
    });
  }
}

describe.each(databases.eachSupportedId())(
  'EventDispatcher, %s',
  databaseId => {
    let knex: Knex;
    let clock: ManualClock;
    let begun: EventDispatcher[];
    let logger: ReturnType<typeof mockServices.logger.mock>;
    /** What workflows and the sink had, in order. */
    let inside: string[];
    let outside: string[];
    let sinkAnswers: (
      event: EngineEvent,
      signal: AbortSignal,
    ) => Promise<Sending>;
    let delivers: (produced: ProducedEvent) => Promise<void>;

    beforeEach(async () => {
      knex = await databases.init(databaseId);
      await prepareDatabase(knex, {
        skipMigrations: false,
        synchronous: 'normal',
      });
      clock = new ManualClock();
      logger = mockServices.logger.mock();
      begun = [];
      inside = [];
      outside = [];
      sinkAnswers = async () => TAKEN;
      delivers = async () => {};
    });

    afterEach(async () => {
      await Promise.all(begun.map(made => made.stop()));
    });

    const storeRun = (id: string) =>
      knex('embedded_runs').insert({
        id,
        definition_id: 'a',
        definition_hash: 'h',
        version: '1',
        status: 'ACTIVE',
        rev: 1,
        started_at: 0,
        state: '{}',
        data: '{}',
        input: '{}',
        depth: 3,
        provenance: JSON.stringify({
          initiator: 'user:default/ann',
          workspace: 'w',
        }),
      });

    const produce = (runId: string, ...ids: string[]) =>
      knex('embedded_produced').insert(
        ids.map(id => ({
          run_id: runId,
          event: JSON.stringify({ workspace: 'w', event: anEvent({ id }) }),
        })),
      );

    const left = async (): Promise<string[]> =>
      (await knex('embedded_produced').orderBy('seq').select('event')).map(
        row => JSON.parse(row.event).event.id,
      );

    function dispatcher(
      options: { sink?: boolean; clock?: ManualClock; leaseMs?: number } = {},
    ): EventDispatcher {
      const sink: EventSink = {
        send: async (event, signal) => {
          const sending = await sinkAnswers(event, signal);
          if (sending.taken) {
            outside.push(event.id);
          }
          return sending;
        },
      };
      const made = new EventDispatcher({
        store: new ProducedStore(knex),
        leases: new WorkLeases(knex),
        inside: {
          deliver: async produced => {
            await delivers(produced);
            inside.push(produced.event.id);
          },
        },
        workspaceOf: async () => 'w',
        sink: options.sink === false ? undefined : sink,
        clock: options.clock ?? clock,
        logger,
        random: () => 1,
        leaseMs: options.leaseMs,
      });
      begun.push(made);
      return made;
    }

    it('gives events to workflows first, and then to the sink, in the order of each run', async () => {
      await storeRun('r1');
      await storeRun('r2');
      await produce('r1', 'a1', 'a2', 'a3');
      await produce('r2', 'b1', 'b2');
      await produce('r1', 'a4', 'a5', 'a6', 'a7');
      const early: string[] = [];
      sinkAnswers = async ({ id }) => {
        early.push(...(inside.includes(id) ? [] : [id]));
        return TAKEN;
      };
      dispatcher().begin();
      await until(() => outside.length === 9);
      expect(early).toEqual([]);
      for (const had of [inside, outside]) {
        expect(had.filter(id => id.startsWith('a')).join()).toBe(
          'a1,a2,a3,a4,a5,a6,a7',
        );
        expect(had.filter(id => id.startsWith('b')).join()).toBe('b1,b2');
      }
      await until(async () => (await left()).length === 0);
    });

    it('knows where an event comes from and who its run belongs to', async () => {
      await storeRun('r1');
      await produce('r1', 'a1');
      const seen = new Promise(resolve => {
        const made = new EventDispatcher({
          store: new ProducedStore(knex),
          leases: new WorkLeases(knex),
          inside: { deliver: async (...given) => resolve(given) },
          workspaceOf: async () => undefined,
          clock,
          logger,
          random: () => 1,
        });
        begun.push(made);
        made.begin();
      });
      expect(await seen).toEqual([
        { workspace: 'w', event: anEvent({ id: 'a1' }) },
        {
          id: 'r1',
          definitionHash: 'h',
          depth: 3,
          provenance: { initiator: 'user:default/ann', workspace: 'w' },
        },
      ]);
      await until(async () => (await left()).length === 0);
    });

    it('finds events without being told, and at once when it is', async () => {
      await storeRun('r1');
      const made = dispatcher({ sink: false });
      made.begin();
      await produce('r1', 'a1');
      await until(() => {
        clock.advance(1_000);
        return inside.length === 1;
      });
      await until(async () => (await left()).length === 0);
      await produce('r1', 'a2');
      await until(() => {
        made.wake();
        return inside.length === 2;
      });
      expect(inside).toEqual(['a1', 'a2']);
    });

    it('makes the events of a run wait behind one that the sink does not take, and no others', async () => {
      await storeRun('r1');
      await storeRun('r2');
      await produce('r1', 'a1', 'a2');
      await produce('r2', 'b1', 'b2');
      let tries = 0;
      sinkAnswers = async ({ id }) => {
        tries += id === 'a1' ? 1 : 0;
        return id === 'a1' && tries < 3 ? REFUSED : TAKEN;
      };
      const made = dispatcher();
      made.begin();
      await until(() => outside.length === 2 && tries === 1);
      expect(outside).toEqual(['b1', 'b2']);
      // What is produced meanwhile waits too.
      await produce('r1', 'a3');
      await until(() => {
        made.wake();
        return inside.includes('a3');
      });
      await until(() => {
        clock.advance(500);
        return tries === 2;
      });
      expect(outside).toEqual(['b1', 'b2']);
      await until(() => {
        clock.advance(500);
        return outside.length === 5;
      });
      expect(outside).toEqual(['b1', 'b2', 'a1', 'a2', 'a3']);
      expect(tries).toBe(3);
    });

    it('waits longer and longer, for five minutes at most, and warns once a minute', async () => {
      await storeRun('r1');
      await produce('r1', 'a1');
      const times: number[] = [];
      sinkAnswers = async () => {
        times.push(clock.now());
        return REFUSED;
      };
      dispatcher().begin();
      const dueAt = async () =>
        Number((await knex('embedded_produced').first('due_at')).due_at);
      const nextWait = async (tries: number, step: number) => {
        await until(async () => {
          clock.advance(step);
          return times.length === tries && (await dueAt()) > clock.now();
        });
        return (await dueAt()) - times[tries - 1];
      };
      for (let tries = 1; tries <= 12; tries += 1) {
        const wait = await nextWait(tries, tries === 1 ? 0 : 1_000);
        expect(wait).toBe(Math.min(300_000, 1_000 * 2 ** (tries - 1)));
        clock.advance(wait - 1_000);
      }
      const minutes = (times.at(-1)! - times[0]) / 60_000;
      expect(logger.warn.mock.calls.length).toBeLessThanOrEqual(minutes + 1);
      expect(logger.warn).toHaveBeenCalledWith(
        expect.stringContaining('status 503'),
      );
      expect(await left()).toEqual(['a1']);
    });

    it('does again what could not be given to workflows, before what comes after it', async () => {
      await storeRun('r1');
      await storeRun('r2');
      await produce('r1', 'a1', 'a2');
      await produce('r2', 'b1');
      let tries = 0;
      delivers = async ({ event }) => {
        if (event.id === 'a1') {
          tries += 1;
          if (tries < 3) {
            throw new Error('secret text of a statement');
          }
        }
      };
      dispatcher({ sink: false }).begin();
      await until(() => inside.length === 1);
      expect(inside).toEqual(['b1']);
      await until(() => {
        clock.advance(500);
        return inside.length === 3;
      });
      expect(inside).toEqual(['b1', 'a1', 'a2']);
      expect(JSON.stringify(logger.warn.mock.calls)).not.toContain(
        'secret text',
      );
    });

    it('sends what a run has produced that was deleted since', async () => {
      await produce('gone', 'a1');
      dispatcher().begin();
      await until(() => outside.length === 1);
      expect(inside).toEqual([]);
      await until(async () => (await left()).length === 0);
    });

    it('keeps nothing for a sink that is not configured any more', async () => {
      await storeRun('r1');
      await produce('r1', 'a1');
      sinkAnswers = async () => REFUSED;
      const made = dispatcher();
      made.begin();
      await until(() => logger.warn.mock.calls.length > 0);
      await made.stop();
      expect(await left()).toEqual(['a1']);
      dispatcher({ sink: false }).begin();
      await until(async () => (await left()).length === 0);
      await until(() => logger.warn.mock.calls.length > 1);
      expect(logger.warn).toHaveBeenLastCalledWith(
        '1 events of runs are not sent: no sink is configured any more',
      );
    });

    it('is not held up inside by a sink that hangs', async () => {
      await storeRun('r1');
      await produce('r1', 'a1', 'a2');
      let release = () => {};
      sinkAnswers = (_event, signal) =>
        new Promise(resolve => {
          release = () => resolve(TAKEN);
          signal.addEventListener('abort', () => resolve(REFUSED));
        });
      const made = dispatcher();
      made.begin();
      await until(() => inside.length === 2);
      await produce('r1', 'a3');
      await until(() => {
        made.wake();
        return inside.length === 3;
      });
      expect(outside).toEqual([]);
      await until(() => {
        release();
        return outside.length === 3;
      });
      expect(outside).toEqual(['a1', 'a2', 'a3']);
    });

    it('keeps what is under way when it stops', async () => {
      await storeRun('r1');
      await produce('r1', 'a1');
      let isAsked = false;
      sinkAnswers = (_event, signal) =>
        new Promise(resolve => {
          isAsked = true;
          signal.addEventListener('abort', () => resolve(REFUSED));
        });
      const made = dispatcher();
      made.begin();
      await until(() => isAsked);
      await made.stop();
      expect(await left()).toEqual(['a1']);
      expect(await knex('embedded_leases').select()).toEqual([]);
      // Nothing was held against it.
      expect((await knex('embedded_produced').first()).attempts).toBe(0);
      sinkAnswers = async () => TAKEN;
      dispatcher().begin();
      await until(() => outside.length === 1);
    });

    it('sends in one process at a time', async () => {
      await storeRun('r1');
      const ids = Array.from({ length: 30 }, (_v, i) => `a${i}`);
      await produce('r1', ...ids);
      let under = 0;
      let most = 0;
      sinkAnswers = async () => {
        under += 1;
        most = Math.max(most, under);
        await new Promise(resolve => {
          setTimeout(resolve, 1);
        });
        under -= 1;
        return TAKEN;
      };
      const all = [dispatcher(), dispatcher(), dispatcher()];
      all.forEach(made => made.begin());
      await until(() => {
        all.forEach(made => made.wake());
        clock.advance(100);
        return outside.length === 30;
      });
      expect(most).toBe(1);
      expect(outside).toEqual(ids);
      expect(inside).toEqual(ids);
    });

    it('goes on with the work of a process that is gone, and sends nothing once it is not its own', async () => {
      await storeRun('r1');
      await produce('r1', 'a1', 'a2');
      const stopped = new ManualClock();
      let goOn = () => {};
      let isAsked = false;
      sinkAnswers = () =>
        new Promise(resolve => {
          isAsked = true;
          goOn = () => resolve(TAKEN);
        });
      // Its timers never fire: it renews nothing.
      dispatcher({ clock: stopped, leaseMs: 200 }).begin();
      await until(() => isAsked);
      const first = goOn;
      sinkAnswers = async () => TAKEN;
      dispatcher().begin();
      await until(() => {
        clock.advance(1_000);
        return outside.length === 2;
      });
      expect(outside).toEqual(['a1', 'a2']);
      // It goes on, late: what it had begun ends, and that is all.
      await produce('r1', 'a3');
      await until(() => {
        clock.advance(1_000);
        return outside.length === 3;
      });
      stopped.advance(60_000);
      first();
      await until(() => outside.length === 4);
      expect(outside).toEqual(['a1', 'a2', 'a3', 'a1']);
      expect(await left()).toEqual([]);
    });

    it('lives through a database that is away', async () => {
      const made = dispatcher();
      await knex.schema.renameTable('embedded_produced', 'away');
      made.begin();
      await until(() => {
        clock.advance(1_000);
        return logger.warn.mock.calls.length > 0;
      });
      await knex.schema.renameTable('away', 'embedded_produced');
      await storeRun('r1');
      await produce('r1', 'a1');
      await until(() => {
        clock.advance(1_000);
        return outside.length === 1;
      });
      expect(inside).toEqual(['a1']);
    });

    it('lets no workspace hold up another by the number of its runs', async () => {
      const row = (workspace: string, runId: string) => ({
        run_id: runId,
        workspace,
        event: JSON.stringify({ event: anEvent({ id: runId }), workspace }),
      });
      await knex.batchInsert(
        'embedded_produced',
        Array.from({ length: 300 }, (_v, i) => row('storm', `s${i}`)),
        100,
      );
      await knex('embedded_produced').insert(row('w', 'b1'));
      sinkAnswers = async () => TAKEN;
      dispatcher().begin();
      await until(() => outside.includes('b1'));
      expect(outside.indexOf('b1')).toBeLessThan(40);
    });

    it('lets no run hold up another by the number of its events', async () => {
      await storeRun('storm');
      await storeRun('r2');
      await knex.batchInsert(
        'embedded_produced',
        Array.from({ length: 2_000 }, (_v, i) => ({
          run_id: 'storm',
          event: JSON.stringify({
            event: anEvent({ id: `s${i}` }),
            workspace: 'w',
          }),
        })),
        100,
      );
      await produce('r2', 'b1');
      dispatcher({ sink: false }).begin();
      await until(() => inside.includes('b1'));
      // As many of each run in one look.
      expect(inside.indexOf('b1')).toBeLessThanOrEqual(100);
      // Others in this process get on meanwhile.
      expect(inside.length).toBeLessThan(1_000);
    });
  },
);
