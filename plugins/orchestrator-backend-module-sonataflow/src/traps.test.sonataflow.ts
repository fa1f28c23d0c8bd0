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
import { randomUUID } from 'node:crypto';
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
 * What SonataFlow 10.1.0 and its Data Index do that a client would not expect. Each test shows first that the trap is there, where
 * that can be seen from outside.
 */

const NOT_FOUND = { name: 'NotFoundError' };
const CONFLICT = { name: 'ConflictError' };

describe('Traps of a real SonataFlow', () => {
  let real: RealSonataFlow;
  let engine: WorkflowEngine;
  const engines: WorkflowEngine[] = [];
  const another = (...options: Parameters<RealSonataFlow['engine']>) => {
    const made = real.engine(...options);
    engines.push(made);
    return made;
  };

  async function askDataIndex(query: string, variables: object) {
    const response = await fetch(`${real.service}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data } = await response.json();
    return data.ProcessInstances;
  }

  /** What the Data Index has of a run. */
  async function rowOf(id: string) {
    const [row] = await askDataIndex(
      'query($id: String) { ProcessInstances(where: {id: {equal: $id}}) { id state businessKey variables } }',
      { id },
    );
    return row;
  }

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    engine = await untilReady(another());
  });

  beforeEach(() => real.resetStub());

  afterAll(async () => {
    for (const one of engines) await one.stop();
  });

  it('an empty list is not taken for all runs', async () => {
    await startUntil(engine, 'contractWaits', 'ACTIVE');
    const all = await askDataIndex(
      'query($ids: [String!]) { ProcessInstances(where: {id: {in: $ids}}) { id } }',
      { ids: [] },
    );
    expect(all.length).toBeGreaterThan(0);

    expect((await engine.getMany([], call)).size).toBe(0);
    expect((await engine.findStarted!([], call)).size).toBe(0);
    expect((await engine.standings!([], call)).size).toBe(0);
    expect((await engine.countRuns!([], call)).size).toBe(0);
  });

  it('data that the Data Index only merged is not shown while the run has its own', async () => {
    const run = await startUntil(engine, 'gateMerged', 'ACTIVE', {
      dropped: 'long ago',
    });
    const row = await until(() => rowOf(run.id));
    expect(row.variables.workflowdata).toMatchObject({ dropped: 'long ago' });

    expect(run.data).toEqual({ kept: true });
  });

  it('what a run says of its initiator is what its start said, whatever its input says', async () => {
    const { id } = await engine.start(
      startRequest('contractWaits', {
        initiatorEntity: 'user:default/mallory',
        workflowdatainput: { odd: true },
        targetEntity: 'component:default/other',
        workflowdata: { initiatorEntity: 'user:default/mallory' },
      }),
      call,
    );
    const row = await until(() => rowOf(id));
    expect(row.variables).toMatchObject({
      initiatorEntity: 'user:default/alice',
      targetEntity: 'component:default/website',
    });
    expect(row.variables.workflowdata.initiatorEntity).toBeUndefined();
    // The feed does not take it for an owner.
    const change = await untilChange(engine, ({ runId }) => runId === id);
    expect(change.provenance).toBeUndefined();
    expect(change.adopted).toBeUndefined();
  });

  it('runs from before a date take their owner from what started them, and never from their own data', async () => {
    const direct = async (body: object) => {
      const response = await fetch(`${real.service}/contractWaits`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (await response.json()).id as string;
    };
    const old = await direct({
      workflowdata: { n: 1 },
      initiatorEntity: 'user:default/Bob',
      targetEntity: 'component:default/website',
    });
    const own = await direct({ initiatorEntity: 'user:default/mallory' });
    const adopting = another({ adoptInitiatorBefore: Date.now() });
    const changeOf = (one: WorkflowEngine, id: string) =>
      untilChange(one, ({ runId }) => runId === id);

    expect((await changeOf(adopting, old)).adopted).toEqual({
      initiator: 'user:default/bob',
      targetEntity: 'component:default/website',
    });
    expect((await changeOf(adopting, own)).adopted).toBeUndefined();
    expect((await changeOf(engine, old)).adopted).toBeUndefined();
  });

  it.each([400, 401, 404, 409, 500, 503])(
    'a start that fails at once with a downstream %d is a started run',
    async status => {
      await real.resetStub({
        'GET /things/seen': [{ status, body: { id: 'not ours' } }],
      });
      const request = startRequest('gateCalls', { status });
      const { id } = await engine.start(request, call);
      const run = await untilState(engine, id, 'ERROR');
      expect(run.error?.message).toContain(String(status));
      expect([...(await engine.findStarted!([request], call))]).toEqual([
        [request.runId, id],
      ]);
    },
  );

  it('an abort ends the runs that the run has started, too', async () => {
    const parent = await startUntil(engine, 'subParent', 'ACTIVE', {
      case: 'plain',
      mode: 'wait',
    });
    const child = await untilChange(
      engine,
      ({ parentId }) => parentId === parent.id,
    );
    expect(child).toMatchObject({ definitionId: 'subChild', state: 'ACTIVE' });

    await engine.abort(parent.id, call);

    await untilState(engine, parent.id, 'ABORTED');
    await untilState(engine, child.runId, 'ABORTED');
  });

  it('answers that call themselves JSON may be text', async () => {
    const run = await startUntil(engine, 'contractWaits', 'ACTIVE');
    const url = `${real.service}/management/processes/contractWaits/instances/${run.id}/retrigger`;
    const answer = await fetch(url, { method: 'POST' });
    expect(answer.headers.get('content-type')).toContain('json');
    await expect(answer.json()).rejects.toThrow();

    await expect(engine.retrigger(run.id, call)).rejects.toMatchObject(
      CONFLICT,
    );
    await engine.abort(run.id, call);
    await expect(engine.abort(run.id, call)).rejects.toMatchObject(CONFLICT);
    await expect(engine.abort(randomUUID(), call)).rejects.toMatchObject(
      NOT_FOUND,
    );
  });

  it.each([
    '../contractWaits',
    'a/b',
    'a?businessKey=x',
    'a#b',
    'a%2Fb',
    '..',
    '"}){id}}',
    "' or 1=1 --",
    'ä\u0000\n€\u{1F600}',
    ' ',
    'x'.repeat(5_000),
  ])('an id stays an id: %j', async id => {
    await expect(engine.start(startRequest(id), call)).rejects.toMatchObject({
      ...NOT_FOUND,
      notStarted: true,
    });
    expect(await engine.getDefinitionSource(id, call)).toBeUndefined();
    expect(await engine.get(id, call)).toBeUndefined();
    expect((await engine.getMany([id], call)).size).toBe(0);
    expect(
      (await engine.findStarted!([{ runId: id, definitionId: id }], call)).size,
    ).toBe(0);
    await expect(engine.abort(id, call)).rejects.toMatchObject(NOT_FOUND);
    await expect(engine.retrigger(id, call)).rejects.toMatchObject(NOT_FOUND);
  });

  it('patterns of the Data Index are not searched for', async () => {
    const request = startRequest('contractCompletes');
    await engine.start(request, call);
    await until(async () => {
      const found = await engine.findStarted!([request], call);
      return found.size === 1;
    });
    for (const pattern of ['%', '*', request.runId.replace(/.$/, '_')]) {
      expect(
        (await engine.findStarted!([{ ...request, runId: pattern }], call))
          .size,
      ).toBe(0);
    }
  });
});
