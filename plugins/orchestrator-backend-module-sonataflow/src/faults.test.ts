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
import {
  isNotStarted,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { randomUUID } from 'node:crypto';
import { FakeDataIndex } from './__testUtils__/FakeDataIndex';
import { FakeRuntime } from './__testUtils__/FakeRuntime';
import { type Fault, FaultProxy } from './__testUtils__/FaultProxy';
import { createSonataFlowEngine } from './engine/createSonataFlowEngine';

/*
 * What goes wrong between the engine and its upstreams, on fakes; faults.test.sonataflow.ts does the same to the real service.
 */

jest.setTimeout(120_000);

const call = { caller: 'user:default/alice' };

/** Milliseconds of one request; short only where the fault is that it takes them all. */
const timeoutOf = (fault?: Fault) =>
  fault && ['hang', 'hang-after', 'dribble'].includes(fault) ? 400 : 8_000;

/** The time-outs of all that a call asks for one after the other, on a busy machine. */
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

/** Faults after which the upstream has done what it was asked. */
const ARRIVING: readonly Fault[] = ['hang-after', 'dribble', 'lose-answer'];

const isStart = {
  match: ({ path }: { path: string }) => path.includes('businessKey='),
};

let dataIndex: FakeDataIndex;
let runtime: FakeRuntime;
let toDataIndex: FaultProxy;
let toRuntime: FaultProxy;
let engine: WorkflowEngine;
let runId: string;
const engines: WorkflowEngine[] = [];

function startRequest(definitionId = 'waits') {
  return {
    definitionId,
    runId: randomUUID(),
    input: { n: 1 },
    provenance: { initiator: 'user:default/alice', workspace: 'default' },
  };
}

/** @param fault - that it will meet */
function createEngine(fault?: Fault): void {
  engine = createSonataFlowEngine({
    config: {
      id: 'sonataflow',
      dataIndexUrl: toDataIndex.url,
      eventsUrl: new URL('/events', toRuntime.url),
      timeout: timeoutOf(fault),
      startTimeout: timeoutOf(fault),
      maxResponseBytes: 1_000_000,
    },
    logger: mockServices.logger.mock(),
    secondLookAfter: 10,
  });
  engines.push(engine);
}

beforeEach(async () => {
  dataIndex = await FakeDataIndex.start();
  runtime = await FakeRuntime.start(dataIndex);
  runtime.deploy({ id: 'waits', behaviour: 'waits' });
  toDataIndex = await FaultProxy.start(dataIndex.url);
  toRuntime = await FaultProxy.start(runtime.url);
  runtime.callItself(toRuntime.url);
  createEngine();
  const direct = createSonataFlowEngine({
    config: { id: 'sonataflow', dataIndexUrl: dataIndex.url },
    logger: mockServices.logger.mock(),
  });
  ({ id: runId } = await direct.start(startRequest(), call));
  await direct.stop();
});

afterEach(async () => {
  for (const one of engines.splice(0)) await one.stop();
  await toDataIndex.stop();
  await toRuntime.stop();
  await runtime.stop();
  await dataIndex.stop();
});

/** How a call fails: in time, and without a word of who did not answer. */
async function failure(work: Promise<unknown>): Promise<Error> {
  const began = performance.now();
  const error = await work.then(
    () => new Error('it did not fail'),
    thrown => thrown as Error,
  );
  expect(performance.now() - began).toBeLessThan(BOUND_MS);
  expect(error.message).not.toMatch(/127\.0|upstream\.internal|https?:|:\d{4}/);
  return error;
}

/** The names of the errors of all methods that ask the Data Index. */
async function failures(): Promise<Record<string, string>> {
  const calls: Record<string, Promise<unknown>> = {
    listDefinitions: engine.listDefinitions(call),
    getDefinitionSource: engine.getDefinitionSource('waits', call),
    get: engine.get(runId, call),
    getMany: engine.getMany([runId], call),
    findStarted: engine.findStarted!([{ runId, definitionId: 'waits' }], call),
    standings: engine.standings!([runId], call),
    countRuns: engine.countRuns!(['waits'], call),
    changes: engine.changes(undefined, { ...call, limit: 10 }),
    health: engine.health(call),
    abort: engine.abort(runId, call),
    retrigger: engine.retrigger(runId, call),
    signal: engine.signal(runId, { name: 'go', data: {} }, call),
    logs: engine.logs(runId, call),
    start: engine.start(startRequest(), call),
  };
  const names = Object.entries(calls).map(async ([method, work]) => [
    method,
    (await failure(work)).name,
  ]);
  return Object.fromEntries(await Promise.all(names));
}

describe.each(FAULTS)('a Data Index with the fault %s', fault => {
  it('becomes a clear error of every method, and nothing is lost', async () => {
    createEngine(fault);
    const { asked } = dataIndex;
    toDataIndex.inject(fault);
    const names = await failures();
    expect(names).toEqual(
      Object.fromEntries(
        Object.keys(names).map(method => [method, ERRORS[fault]]),
      ),
    );
    expect(dataIndex.asked > asked).toBe(ARRIVING.includes(fault));

    toDataIndex.clear();
    await engine.health(call);
    expect((await engine.get(runId, call))?.state).toBe('ACTIVE');
    const { changes } = await engine.changes(undefined, { ...call, limit: 9 });
    expect(changes.map(one => one.runId)).toEqual([runId]);
  });
});

describe('a Data Index that is dead', () => {
  it('is unavailable for every method until it is back', async () => {
    await toDataIndex.stop();
    const names = new Set(Object.values(await failures()));
    expect([...names]).toEqual(['ServiceUnavailableError']);
    const error = await failure(engine.start(startRequest(), call));
    expect(isNotStarted(error)).toBe(true);
    await toDataIndex.resume();
    await engine.health(call);
    expect((await engine.get(runId, call))?.state).toBe('ACTIVE');
  });

  it('tells of errors with status 200, of which nothing is shown', async () => {
    dataIndex.error = 'select upstream.internal from processes';
    const names = new Set(Object.values(await failures()));
    expect([...names]).toEqual(['EngineAnswerError']);
  });
});

describe('a Data Index that many read from', () => {
  it('still tells the index and the reconciler what they cannot do without', async () => {
    const letGo = dataIndex.holdBack('Instances');
    const reads = Array.from({ length: 600 }, () => engine.get(runId, call));
    const outcomes = Promise.allSettled(reads);
    const { changes } = await engine.changes(undefined, { ...call, limit: 9 });
    expect(changes.map(one => one.runId)).toEqual([runId]);
    await engine.health(call);
    expect(
      await engine.findStarted!([{ runId, definitionId: 'waits' }], call),
    ).toEqual(new Map());
    expect(await engine.listDefinitions(call)).toHaveLength(1);
    letGo();
    await outcomes;
  });
});

describe.each(FAULTS)('a runtime with the fault %s', fault => {
  it('makes a start neither twice nor lost', async () => {
    createEngine(fault);
    await engine.listDefinitions(call);
    const { size } = dataIndex.instances;
    const before = toRuntime.requests.length;
    toRuntime.inject(fault, isStart);
    const request = startRequest();
    const error = await failure(engine.start(request, call));
    expect(error.name).toBe(ERRORS[fault]);
    // There may be a run.
    expect(isNotStarted(error)).toBe(false);
    const starts = toRuntime.requests.slice(before).filter(isStart.match);
    expect(starts).toHaveLength(1);

    const made = ARRIVING.includes(fault) ? 1 : 0;
    expect(dataIndex.instances.size - size).toBe(made);
    const found = await engine.findStarted!([request], call);
    expect(found.size).toBe(made);
  });

  it('leaves runs readable and workflows listed, and fails an abort clearly', async () => {
    createEngine(fault);
    toRuntime.inject(fault);
    expect(await engine.get(runId, call)).toMatchObject({
      state: 'ACTIVE',
      data: { n: 1 },
    });
    const [definition] = await engine.listDefinitions(call);
    expect(definition).toMatchObject({ id: 'waits', available: false });
    expect(definition.unavailableReason).not.toMatch(/127|http|internal/);
    const { name } = await failure(engine.abort(runId, call));
    expect(name).toBe(ERRORS[fault]);
  });
});

describe('a runtime that is dead', () => {
  it('has certainly started nothing', async () => {
    await engine.listDefinitions(call);
    await toRuntime.stop();
    // Also finds that the connections from before are gone: what was sent over one of them could have arrived.
    expect((await engine.get(runId, call))?.data).toEqual({ n: 1 });
    const request = startRequest();
    const error = await failure(engine.start(request, call));
    expect(error.name).toBe('ServiceUnavailableError');
    expect(isNotStarted(error)).toBe(true);
    await toRuntime.resume();
    const { id } = await engine.start(request, call);
    const found = await engine.findStarted!([request], call);
    expect(found.get(request.runId)).toBe(id);
  });
});

describe('a workflow that disappears between list and start', () => {
  it('is not there, and nothing was started', async () => {
    const [definition] = await engine.listDefinitions(call);
    expect(definition.available).toBe(true);
    runtime.undeploy('waits');
    const error = await failure(engine.start(startRequest(), call));
    expect(error.name).toBe('NotFoundError');
    expect(isNotStarted(error)).toBe(true);
  });
});
