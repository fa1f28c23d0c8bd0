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

import type { WorkflowEngine } from '@flowgate/backstage-plugin-orchestrator-node';
import {
  call,
  startRequest,
  startUntil,
  until,
  untilChange,
  untilReady,
  untilState,
} from './__testUtils__/realRuns';
import { RealSonataFlow } from './__testUtils__/RealSonataFlow';

/*
 * CloudEvents over HTTP to a real SonataFlow: they start runs and reach runs that wait.
 */

describe('Events to a real SonataFlow', () => {
  let real: RealSonataFlow;
  let engine: WorkflowEngine;

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    engine = await untilReady(real.engine({ eventsUrl: real.eventsUrl }));
  });

  afterAll(() => engine.stop());

  it.each([true, false])(
    'start a workflow that waits for one, with the id of the start (asked for: %p)',
    async isEvent => {
      const request = startRequest('gateEventStart', {
        ...(isEvent ? { isEvent } : {}),
        order: { no: 7 },
      });
      const { id } = await engine.start(request, call);
      const run = await untilState(engine, id, 'ACTIVE');
      expect(run.data).toMatchObject({ order: { no: 7 } });
      expect(run.data).not.toHaveProperty('isEvent');
      expect([...(await engine.findStarted!([request], call))]).toEqual([
        [request.runId, id],
      ]);
      const change = await untilChange(engine, ({ runId }) => runId === id);
      expect(change.startedAs).toBe(request.runId);
    },
  );

  it('start one run each, also at the same time', async () => {
    const requests = [1, 2, 3].map(n => startRequest('gateEventStart', { n }));
    const started = await Promise.all(
      requests.map(request => engine.start(request, call)),
    );
    expect(new Set(started.map(({ id }) => id)).size).toBe(3);
    for (const [i, { id }] of started.entries()) {
      const run = await untilState(engine, id, 'ACTIVE');
      expect(run.data).toMatchObject({ n: i + 1 });
    }
  });

  it('reach the run that they are for, and no other', async () => {
    const one = await startUntil(engine, 'contractWaits', 'ACTIVE', { n: 1 });
    const other = await startUntil(engine, 'contractWaits', 'ACTIVE', { n: 2 });
    await engine.signal(one.id, { name: 'go', data: { approved: true } }, call);

    const ended = await untilState(engine, one.id, 'COMPLETED');
    expect(ended.data).toMatchObject({ n: 1, go: { approved: true } });
    expect((await engine.get(other.id, call))?.state).toBe('ACTIVE');
    await expect(
      engine.signal(one.id, { name: 'go', data: {} }, call),
    ).rejects.toMatchObject({ name: 'ConflictError' });
  });

  it('reach a run that an event has started', async () => {
    const { id } = await engine.start(startRequest('gateEventStart'), call);
    await untilState(engine, id, 'ACTIVE');
    await engine.signal(id, { name: 'more', data: { x: 1 } }, call);
    const ended = await untilState(engine, id, 'COMPLETED');
    expect(ended.data).toMatchObject({ more: { x: 1 } });
  });

  it('start nothing where no address for them is configured', async () => {
    const without = real.engine();
    const request = startRequest('gateEventStart');
    await expect(without.start(request, call)).rejects.toMatchObject({
      name: 'ConflictError',
      notStarted: true,
    });
    await without.stop();
    // Neither does the refused start by POST leave a run behind.
    await until(async () => {
      const after = startRequest('contractCompletes');
      await engine.start(after, call);
      return (await engine.findStarted!([after], call)).size === 1;
    });
    expect((await engine.findStarted!([request], call)).size).toBe(0);
  });
});
