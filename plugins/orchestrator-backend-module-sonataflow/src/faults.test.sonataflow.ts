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

import type {
  EngineRun,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { type Fault, FaultProxy } from './__testUtils__/FaultProxy';
import {
  call,
  startRequest,
  startUntil,
  until,
  untilState,
} from './__testUtils__/realRuns';
import { RealSonataFlow } from './__testUtils__/RealSonataFlow';

/*
 * What goes wrong between us and a real SonataFlow, injected by a proxy in front of its Data Index and its runtime.
 */

/** Short where the fault is that no answer comes. */
const SHORT_MS = 1_500;
const TIMEOUT_MS = 10_000;
/** A method that asks several times one after the other, and a busy machine, take longer than one time-out. */
const BOUND_MS = 15_000;

/** What each fault must become. */
const ERRORS: Record<Fault, string> = {
  hang: 'EngineTimeoutError',
  'hang-after': 'EngineTimeoutError',
  dribble: 'EngineTimeoutError',
  'error-500': 'EngineAnswerError',
  'error-503': 'ServiceUnavailableError',
  html: 'EngineAnswerError',
  'broken-json': 'EngineAnswerError',
  huge: 'EngineAnswerError',
  redirect: 'EngineAnswerError',
  reset: 'ServiceUnavailableError',
  'lose-answer': 'ServiceUnavailableError',
  garbage: 'EngineAnswerError',
};
const FAULTS = Object.keys(ERRORS) as Fault[];
/** Those after which nothing comes. */
const SILENT: readonly Fault[] = ['hang', 'hang-after', 'dribble'];

/** Whether the request arrives, though its answer does not. */
function arrives(fault: Fault): boolean {
  return ['hang-after', 'dribble', 'lose-answer'].includes(fault);
}

const toDataIndex = {
  match: ({ path }: { path: string }) => path === '/graphql',
};
const toRuntime = {
  match: ({ path }: { path: string }) => path !== '/graphql',
};
const isStart = {
  match: ({ path }: { path: string }) => path.includes('businessKey='),
};

/** How a call fails, and that it does so in time and without a word of who did not answer. */
async function failure(
  work: Promise<unknown>,
): Promise<{ name: string; notStarted?: boolean }> {
  const started = Date.now();
  const error = await work.then(
    () => ({ name: 'none', message: '' }),
    reason => reason,
  );
  expect(Date.now() - started).toBeLessThan(BOUND_MS);
  expect(error.message).not.toMatch(
    /127\.0\.0\.1|localhost|upstream\.internal|https?:|:\d{4}|secret/,
  );
  const { name, notStarted } = error;
  return { name, ...(notStarted ? { notStarted } : {}) };
}

describe('Between us and a real SonataFlow', () => {
  let real: RealSonataFlow;
  let proxy: FaultProxy;
  let engine: WorkflowEngine;
  const engines: WorkflowEngine[] = [];
  let waiting: EngineRun;

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    await real.resetStub();
    proxy = await FaultProxy.start(new URL(real.service));
    await real.leadRuntime(Number(proxy.url.port));
  });

  /** A new engine, which has seen nothing yet that it could answer from. */
  function createEngine(fault?: Fault): void {
    const isSilent = fault !== undefined && SILENT.includes(fault);
    engine = real.engine({
      dataIndexUrl: proxy.url,
      eventsUrl: new URL('/events', proxy.url),
      timeout: isSilent ? SHORT_MS : TIMEOUT_MS,
      startTimeout: isSilent ? SHORT_MS : TIMEOUT_MS,
      maxResponseBytes: 1_000_000,
    });
    engines.push(engine);
  }

  beforeEach(async () => {
    proxy.clear();
    createEngine();
    const direct = real.engine();
    waiting = await startUntil(direct, 'contractWaits', 'ACTIVE', { n: 1 });
    await direct.stop();
  });

  afterEach(async () => {
    for (const one of engines.splice(0)) await one.stop();
  });

  afterAll(async () => {
    await real.leadRuntime(real.port);
    await proxy.stop();
  });

  describe.each(FAULTS)('the Data Index: %s', fault => {
    it('becomes a clear error of every method, in time', async () => {
      createEngine(fault);
      proxy.inject(fault, toDataIndex);
      const { id } = waiting;
      const failures = await Promise.all(
        Object.entries({
          listDefinitions: engine.listDefinitions(call),
          source: engine.getDefinitionSource('contractWaits', call),
          get: engine.get(id, call),
          getMany: engine.getMany([id], call),
          findStarted: engine.findStarted!(
            [{ runId: id, definitionId: 'contractWaits' }],
            call,
          ),
          standings: engine.standings!([id], call),
          countRuns: engine.countRuns!(['contractWaits'], call),
          changes: engine.changes(undefined, { ...call, limit: 10 }),
          health: engine.health(call),
          abort: engine.abort(id, call),
          retrigger: engine.retrigger(id, call),
          signal: engine.signal(id, { name: 'go', data: {} }, call),
          logs: engine.logs(id, call),
        }).map(async ([method, work]) => [method, (await failure(work)).name]),
      );
      expect(Object.fromEntries(failures)).toEqual(
        Object.fromEntries(failures.map(([method]) => [method, ERRORS[fault]])),
      );
      // Before anything was sent there is certainly no run.
      const request = startRequest('contractCompletes');
      expect(await failure(engine.start(request, call))).toEqual({
        name: ERRORS[fault],
        notStarted: true,
      });

      proxy.clear();
      await engine.health(call);
      expect((await engine.get(id, call))?.state).toBe('ACTIVE');
      expect((await engine.findStarted!([request], call)).size).toBe(0);
    });
  });

  describe.each(FAULTS)('the runtime, at a start: %s', fault => {
    it('is no run that is lost, nor one that is made twice', async () => {
      createEngine(fault);
      await engine.listDefinitions(call);
      proxy.inject(fault, isStart);
      const request = startRequest('contractWaits');
      const before = proxy.requests.length;
      const failed = await failure(engine.start(request, call));
      const starts = proxy.requests.slice(before).filter(isStart.match);

      expect(failed.name).toBe(ERRORS[fault]);
      // There may be a run, and nobody starts another one.
      expect(failed.notStarted).toBeUndefined();
      expect(starts).toHaveLength(1);

      proxy.clear();
      const reached = arrives(fault);
      const runs = await (reached
        ? until(async () => {
            const found = await engine.findStarted!([request], call);
            return found.size > 0 && found;
          })
        : engine.findStarted!([request], call));
      expect(runs.size).toBe(reached ? 1 : 0);
    });
  });

  describe.each(FAULTS)('the runtime, at reads and aborts: %s', fault => {
    it('leaves runs readable, says why workflows cannot be started, and aborts clearly or not at all', async () => {
      createEngine(fault);
      proxy.inject(fault, toRuntime);
      const run = await engine.get(waiting.id, call);
      expect(run).toMatchObject({ state: 'ACTIVE', data: { n: 1 } });
      expect(run?.lost).toBeUndefined();

      const listed = await engine.listDefinitions(call);
      const waits = listed.find(({ id }) => id === 'contractWaits');
      expect(waits).toMatchObject({
        available: false,
        unavailableReason: expect.not.stringMatching(/127|localhost|http|:\d/),
      });

      const { name } = await failure(engine.abort(waiting.id, call));
      expect(name).toBe(ERRORS[fault]);
      proxy.clear();
      // What has not come to the runtime can be said again.
      if (!arrives(fault)) await engine.abort(waiting.id, call);
      await untilState(engine, waiting.id, 'ABORTED');
    });
  });

  it('a runtime that is dead certainly has not started anything', async () => {
    await engine.listDefinitions(call);
    await real.leadRuntime(undefined);
    try {
      // Also finds that the connections from before are gone: a request on one of them could have arrived.
      expect(await engine.get(waiting.id, call)).toMatchObject({
        state: 'ACTIVE',
        data: { n: 1 },
      });
      const failed = await failure(
        engine.start(startRequest('contractWaits'), call),
      );
      expect(failed).toEqual({
        name: 'ServiceUnavailableError',
        notStarted: true,
      });
    } finally {
      await real.leadRuntime(Number(proxy.url.port));
    }
    const { id } = await engine.start(startRequest('contractWaits'), call);
    await untilState(engine, id, 'ACTIVE');
  });

  it('a Data Index that is dead is 503 until it is back', async () => {
    await proxy.stop();
    expect(await failure(engine.health(call))).toMatchObject({
      name: 'ServiceUnavailableError',
    });
    expect(
      await failure(engine.start(startRequest('contractWaits'), call)),
    ).toEqual({ name: 'ServiceUnavailableError', notStarted: true });
    await proxy.resume();
    await engine.health(call);
    expect((await engine.get(waiting.id, call))?.state).toBe('ACTIVE');
  });

  it('a workflow that disappears between list and start is unknown', async () => {
    await real.sql(
      `insert into definitions (id, version, name, type, source, endpoint, description, metadata)
       select 'vanishing', version, name, type, source, replace(endpoint, id, 'vanishing'), description, metadata
       from definitions where id = 'contractCompletes'`,
    );
    try {
      const listed = await engine.listDefinitions(call);
      expect(listed.find(({ id }) => id === 'vanishing')).toMatchObject({
        available: false,
        unavailableReason: expect.any(String),
      });
      expect(
        await failure(engine.start(startRequest('vanishing'), call)),
      ).toEqual({ name: 'NotFoundError', notStarted: true });
    } finally {
      await real.sql(`delete from definitions where id = 'vanishing'`);
    }
    expect(
      await failure(engine.start(startRequest('vanishing'), call)),
    ).toEqual({ name: 'NotFoundError', notStarted: true });
  });
});
