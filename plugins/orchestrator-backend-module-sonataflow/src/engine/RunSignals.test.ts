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

import { randomUUID } from 'node:crypto';
import { call, FakeWorld, startOf } from './__testUtils__/FakeWorld';

const SOURCE = [
  'id: approve',
  'events:',
  '  - {name: approved, type: a.approved, source: /people, correlation: [{contextAttributeName: orderid}]}',
  '  - {name: done, type: a.done, kind: produced}',
  'states: [{name: Wait, type: callback, eventRef: approved}]',
].join('\n');

describe('the signals of a SonataFlow engine', () => {
  let world: FakeWorld;
  beforeEach(async () => {
    world = await FakeWorld.start();
    world.runtime.deploy({ id: 'approve', behaviour: 'waits', source: SOURCE });
  });
  afterEach(() => world.close());

  const withEvents = () =>
    world.engine({ eventsUrl: new URL('/events', world.runtime.url) });
  const approval = { name: 'approved', data: { by: 'bob' } };

  it('are CloudEvents for the run alone', async () => {
    const engine = withEvents();
    expect(engine.capabilities.signal).toBe(true);
    const request = startOf('approve', { orderid: 'of somebody else' });
    const { id } = await engine.start(request, call);
    await engine.signal(id, approval, call);
    expect(world.runtime.events).toEqual([
      {
        specversion: '1.0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        type: 'a.approved',
        source: '/people',
        datacontenttype: 'application/json',
        data: { by: 'bob' },
        kogitoprocrefid: id,
        // Never a value of the data, which could be that of another run.
        orderid: request.runId,
      },
    ]);
    expect((await engine.get(id, call))!.state).toBe('COMPLETED');
  });

  it.each(['done', 'unknown', '', '__proto__'])(
    'are refused for the event %p, which the workflow does not wait for',
    async name => {
      const engine = withEvents();
      const { id } = await engine.start(startOf('approve'), call);
      await expect(
        engine.signal(id, { name, data: {} }, call),
      ).rejects.toMatchObject({ name: 'InputError' });
      expect(world.runtime.events).toEqual([]);
    },
  );

  it('are refused where no address for events is configured', async () => {
    const engine = world.engine();
    expect(engine.capabilities.signal).toBe(false);
    const { id } = await engine.start(startOf('approve'), call);
    await expect(engine.signal(id, approval, call)).rejects.toMatchObject({
      name: 'ConflictError',
    });
  });

  it('are refused with data that SonataFlow cannot keep', async () => {
    const engine = withEvents();
    const { id } = await engine.start(startOf('approve'), call);
    await expect(
      engine.signal(id, { name: 'approved', data: { by: '\0' } }, call),
    ).rejects.toMatchObject({ name: 'InputError', faults: [{ path: '/by' }] });
    expect(world.runtime.events).toEqual([]);
  });

  it.each(['completes', 'fails'])(
    'are refused for a run of %s, which has ended',
    async definitionId => {
      const engine = withEvents();
      const { id } = await engine.start(startOf(definitionId), call);
      await expect(engine.signal(id, approval, call)).rejects.toMatchObject({
        name: 'ConflictError',
      });
    },
  );

  it('are refused for a run that is not there', async () => {
    await expect(
      withEvents().signal(randomUUID(), approval, call),
    ).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});
