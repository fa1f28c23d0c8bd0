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
import { ConflictError } from '@backstage/errors';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import { testEvaluator } from '../__testUtils__/compile';
import { testDatabases } from '../__testUtils__/engines';
import { CorrelationStore } from '../store/CorrelationStore';
import { prepareDatabase } from '../store/database';
import { InboxStore } from '../store/InboxStore';
import { ManualClock } from './__testUtils__/ManualClock';
import {
  anEvent,
  storeRun,
  TestRegistry,
  waiter,
} from './__testUtils__/testEvents';
import { EventMatcher } from './EventMatcher';
import { EventRouter } from './EventRouter';
import { messageKey, startedRunId } from './identity';
import { type EventStarter, InsideDelivery } from './InsideDelivery';
import { RareWarnings } from './RareWarnings';
import { StartIndex } from './StartIndex';

jest.setTimeout(60_000);

const databases = testDatabases();
const evaluator = testEvaluator();
afterAll(() => evaluator.stop());

type Start = Parameters<EventStarter['start']>[0];

const byOrder = { correlation: [{ contextAttributeName: 'orderid' }] };
const producer = {
  id: 'r',
  definitionHash: 'h',
  depth: 3,
  provenance: {
    initiator: 'user:default/ann',
    owner: 'user:default/ann',
    actor: 'plugin:scaffolder',
    tokenId: 't1',
    workspace: 'w',
  },
};

describe.each(databases.eachSupportedId())('InsideDelivery, %s', databaseId => {
  let knex: Knex;
  let registry: TestRegistry;
  let clock: ManualClock;
  let logger: ReturnType<typeof mockServices.logger.mock>;
  let starts: Start[];
  let starter: EventStarter;

  beforeEach(async () => {
    knex = await databases.init(databaseId);
    await prepareDatabase(knex, {
      skipMigrations: false,
      synchronous: 'normal',
    });
    registry = new TestRegistry(evaluator);
    clock = new ManualClock();
    logger = mockServices.logger.mock();
    starts = [];
    starter = {
      start: async request => {
        starts.push(request);
        return 'new';
      },
    };
  });

  function delivery() {
    const matcher = new EventMatcher(
      registry,
      new CorrelationStore(knex),
      new StartIndex(registry, clock),
    );
    return new InsideDelivery({
      matcher,
      inbox: new InboxStore(knex, { maxWaiting: 2 }),
      starter: { start: request => starter.start(request) },
      config: { crossWorkspace: [{ from: 'w', to: 'friend' }] },
      clock,
      warnings: new RareWarnings(logger, clock),
      limits: {
        eventBytes: 10_000,
        eventTargets: 3,
        depth: 5,
        runsPerStart: 9,
      },
    });
  }

  const produced = (given: Partial<EngineEvent> = {}) => ({
    workspace: 'w',
    event: anEvent({ id: 'r.1', source: '/process/p', ...given }),
  });

  const had = async () =>
    (await knex('embedded_inbox').orderBy('run_id').select('run_id')).map(
      row => row.run_id,
    );

  it('starts workflows of the same workspace and of those that config lists, on behalf of the same principals', async () => {
    for (const workspace of ['w', 'friend', 'foe', undefined]) {
      await registry.add(
        waiter(`in-${workspace}`, { starts: 'paid', workspace }),
      );
    }
    const { event } = produced();
    await delivery().deliver(produced(), producer);
    expect(starts.map(({ entry }) => entry.id).sort()).toEqual([
      'in-friend',
      'in-w',
    ]);
    expect(starts.find(({ entry }) => entry.id === 'in-friend')).toEqual({
      entry: expect.objectContaining({ id: 'in-friend' }),
      runId: startedRunId(event, 'in-friend', 'run'),
      input: {},
      provenance: { ...producer.provenance, workspace: 'friend' },
      event: expect.objectContaining({ id: 'r.1' }),
      producedBy: 'r',
      depth: 4,
    });
  });

  it('does not go back where config lists only one direction', async () => {
    await registry.add(waiter('a', { starts: 'paid', workspace: 'w' }));
    await delivery().deliver({ ...produced(), workspace: 'friend' }, producer);
    expect(starts).toEqual([]);
  });

  it('reaches runs by correlation and by reference within the fence only', async () => {
    for (const workspace of ['w', 'friend', 'foe']) {
      const definition = await registry.add(
        waiter(workspace, { starts: 'ordered', waits: byOrder, workspace }),
      );
      await storeRun(knex, definition, `${workspace}-1`, {
        correlation: { orderid: '5' },
      });
      await storeRun(knex, definition, `${workspace}-2`);
    }
    const orderid = { orderid: '5' };
    await delivery().deliver(produced({ extensions: orderid }), producer);
    expect(await had()).toEqual(['friend-1', 'w-1']);
    for (const name of ['kogitoprocrefid', 'kogitobusinesskey']) {
      for (const id of ['w-2', 'foe-2']) {
        await delivery().deliver(
          produced({ id: `r.${name}.${id}`, extensions: { [name]: id } }),
          producer,
        );
      }
    }
    expect(await had()).toEqual(['friend-1', 'w-1', 'w-2', 'w-2']);
  });

  it('does nothing anew when it is done again', async () => {
    const definition = await registry.add(
      waiter('a', { starts: 'ordered', waits: byOrder, workspace: 'w' }),
    );
    await storeRun(knex, definition, 'a-1', { correlation: { orderid: '5' } });
    await registry.add(waiter('b', { starts: 'paid', workspace: 'w' }));
    const event = produced({ extensions: { orderid: '5' } });
    await delivery().deliver(event, producer);
    await delivery().deliver(event, producer);
    expect(await had()).toEqual(['a-1']);
    expect(new Set(starts.map(({ runId }) => runId)).size).toBe(1);
  });

  it('is not forestalled by an event from outside that says the same of itself', async () => {
    const definition = await registry.add(
      waiter('a', { starts: 'ordered', waits: byOrder, workspace: 'w' }),
    );
    await storeRun(knex, definition, 'a-1', { correlation: { orderid: '5' } });
    const { event } = produced({ extensions: { orderid: '5' } });
    const correlations = new CorrelationStore(knex);
    const router = new EventRouter({
      matcher: new EventMatcher(
        registry,
        correlations,
        new StartIndex(registry, clock),
      ),
      correlations,
      inbox: new InboxStore(knex, { maxWaiting: 2 }),
      clock,
      logger,
      limits: { eventBytes: 10_000, eventTargets: 3 },
    });
    await router.deliver({ ...event, data: 'forged' }, ['a-1'], {
      caller: 'user:default/mallory',
    });
    await delivery().deliver(
      produced({ extensions: { orderid: '5' } }),
      producer,
    );
    const keys = await knex('embedded_inbox').select('message_key');
    expect(keys.map(row => row.message_key)).toContain(
      messageKey(event, 'run'),
    );
    expect(router.runIdFor(event, 'a')).not.toBe(
      startedRunId(event, 'a', 'run'),
    );
  });

  it('ends chains of events that start one another', async () => {
    await registry.add(waiter('a', { starts: 'paid', workspace: 'w' }));
    await delivery().deliver(produced(), { ...producer, depth: 4 });
    expect(starts.map(({ depth }) => depth)).toEqual([5]);
    await delivery().deliver(produced(), { ...producer, depth: 5 });
    expect(starts).toHaveLength(1);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('more than 5 runs would stand above it'),
    );
  });

  it('says so where a start has led to as many runs as it may', async () => {
    await registry.add(waiter('a', { starts: 'paid', workspace: 'w' }));
    starter = { start: async () => 'tooManyInAll' };
    await delivery().deliver(produced(), producer);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('led to more than 9 runs'),
    );
  });

  it('starts nothing where nobody is known to be behind it', async () => {
    await registry.add(waiter('a', { starts: 'paid', workspace: 'w' }));
    await delivery().deliver(produced(), {
      ...producer,
      provenance: undefined,
    });
    expect(starts).toEqual([]);
  });

  it('lets no workflow that cannot be started stand in the way of others', async () => {
    for (const id of ['a', 'b', 'c']) {
      await registry.add(waiter(id, { starts: 'paid', workspace: 'w' }));
    }
    starter = {
      start: async request => {
        if (request.entry.id === 'a') {
          throw new ConflictError('The workflow a cannot run: secret reason');
        }
        starts.push(request);
        return 'new';
      },
    };
    await delivery().deliver(produced(), producer);
    expect(starts.map(({ entry }) => entry.id)).toEqual(['b', 'c']);
    expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('secret');
  });

  it('fails where the database does, so that it is done again', async () => {
    await registry.add(waiter('a', { starts: 'paid', workspace: 'w' }));
    starter = {
      start: async () => {
        throw new Error('the database is away');
      },
    };
    await expect(delivery().deliver(produced(), producer)).rejects.toThrow(
      'away',
    );
  });

  it('gives an event that reaches too much, or is none, to nobody, and says so without its data', async () => {
    const definition = await registry.add(
      waiter('a', { starts: 'ordered', waits: byOrder, workspace: 'w' }),
    );
    for (let i = 0; i < 4; i += 1) {
      await storeRun(knex, definition, `a-${i}`, {
        correlation: { orderid: '5' },
      });
    }
    const extensions = { orderid: '5' };
    await delivery().deliver(
      produced({ data: 'geheim', extensions }),
      producer,
    );
    await delivery().deliver(
      produced({ data: 'geheim', extensions: { 'geheim!': '5' } }),
      producer,
    );
    expect(await had()).toEqual([]);
    expect(logger.warn).toHaveBeenCalledTimes(2);
    expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('geheim');
  });

  it('gives an event to the runs of a workflow also where another has too many', async () => {
    for (const [id, count] of [
      ['crowd', 6],
      ['few', 2],
    ] as const) {
      const definition = await registry.add(
        waiter(id, { starts: 'ordered', waits: byOrder, workspace: 'w' }),
      );
      for (let i = 0; i < count; i += 1) {
        await storeRun(knex, definition, `${id}-${i}`, {
          correlation: { orderid: '5' },
        });
      }
    }
    await delivery().deliver(
      produced({ extensions: { orderid: '5' } }),
      producer,
    );
    expect(await had()).toEqual(['few-0', 'few-1']);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('more than 3 runs of workflow crowd'),
    );
  });

  it('does not count runs of other workspaces among those that it would reach', async () => {
    const own = await registry.add(
      waiter('own', { starts: 'ordered', waits: byOrder, workspace: 'w' }),
    );
    const foe = await registry.add(
      waiter('foe', { starts: 'ordered', waits: byOrder, workspace: 'foe' }),
    );
    const correlation = { orderid: '5' };
    await storeRun(knex, own, 'own-1', { correlation });
    for (let i = 0; i < 10; i += 1) {
      await storeRun(knex, foe, `foe-${i}`, { correlation });
    }
    await delivery().deliver(produced({ extensions: correlation }), producer);
    expect(await had()).toEqual(['own-1']);
  });

  it('warns once of a run that takes no more, however often', async () => {
    const definition = await registry.add(
      waiter('a', { starts: 'ordered', waits: byOrder, workspace: 'w' }),
    );
    await storeRun(knex, definition, 'a-1', { correlation: { orderid: '5' } });
    const one = delivery();
    for (let i = 0; i < 10; i += 1) {
      await one.deliver(
        produced({ id: `r.${i}`, extensions: { orderid: '5' } }),
        producer,
      );
    }
    expect(await had()).toHaveLength(2);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });
});

describe('RareWarnings', () => {
  it('says each kind once a minute, and how often it was', () => {
    const clock = new ManualClock();
    const logger = mockServices.logger.mock();
    const warnings = new RareWarnings(logger, clock);
    for (let i = 0; i < 5; i += 1) {
      warnings.warn('a', 'It is so');
      warnings.warn('b', 'Else');
    }
    clock.advance(60_000);
    warnings.warn('a', 'It is so');
    clock.advance(60_000);
    warnings.warn('a', 'It is so');
    expect(logger.warn.mock.calls.map(([text]) => text)).toEqual([
      'It is so',
      'Else',
      'It is so (and 4 times before)',
      'It is so',
    ]);
  });
});
