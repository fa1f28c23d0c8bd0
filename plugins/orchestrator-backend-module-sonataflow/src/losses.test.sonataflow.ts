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
  startUntil,
  until,
  untilReady,
  untilState,
} from './__testUtils__/realRuns';
import { RealSonataFlow } from './__testUtils__/RealSonataFlow';

/*
 * Runs that SonataFlow loses. What is left of them is made in its database, as it was seen after a change of a definition's
 * version, so that no second service has to be built.
 */

describe('Runs that a real SonataFlow loses', () => {
  let real: RealSonataFlow;
  let engine: WorkflowEngine;

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    engine = await untilReady(real.engine());
  });

  afterAll(() => engine.stop());

  async function waiting(): Promise<string> {
    const { id } = await startUntil(engine, 'contractWaits', 'ACTIVE');
    expect([...(await engine.standings!([id], call))]).toEqual([
      [id, 'present'],
    ]);
    return id;
  }

  /** What holds of a run that is lost: it stays as it is, and cannot be ended where it was. */
  async function expectLost(id: string): Promise<void> {
    const run = await until(async () => {
      const found = await engine.get(id, call);
      return found?.lost !== undefined && found;
    });
    expect(run).toMatchObject({
      state: 'ACTIVE',
      lost: expect.not.stringMatching(/127\.0\.0\.1|http|:\d{4}/),
    });
    await until(async () => {
      const standings = await engine.standings!([id], call);
      return standings.get(id) === 'lost';
    });
    const answer = await fetch(
      `${real.service}/management/processes/contractWaits/instances/${id}`,
      { method: 'DELETE' },
    );
    expect(answer.status).toBe(404);
    await expect(engine.abort(id, call)).rejects.toMatchObject({
      name: 'NotFoundError',
    });
    await expect(engine.retrigger(id, call)).rejects.toMatchObject({
      name: expect.stringMatching(/^(NotFound|Conflict)Error$/),
    });
  }

  it('are lost when their version is gone, and only they', async () => {
    const lost = await waiting();
    const kept = await waiting();
    await real.sql(
      `insert into definitions (id, version, name, type, source, endpoint, description, metadata)
       select id, '0.9', name, type, source, endpoint, description, metadata
       from definitions where id = 'contractWaits' and version = '1.0'`,
    );
    try {
      await real.sql(
        `update process_instances set process_version = '0.9' where id = $1`,
        [lost],
      );
      await real.sql(`update processes set version = '0.9' where id = $1`, [
        lost,
      ]);
      await expectLost(lost);
      expect((await engine.get(kept, call))?.lost).toBeUndefined();

      // Both versions stand in the Data Index; the one that runs is the workflow.
      const fresh = real.engine();
      const listed = await fresh.listDefinitions(call);
      expect(listed.filter(({ id }) => id === 'contractWaits')).toEqual([
        expect.objectContaining({ version: '1.0', available: true }),
      ]);
      await fresh.stop();
    } finally {
      await real.sql(
        `delete from definitions where id = 'contractWaits' and version = '0.9'`,
      );
    }
    await engine.abort(kept, call);
    await untilState(engine, kept, 'ABORTED');
  });

  it('are lost when their runtime has lost them', async () => {
    const id = await waiting();
    await real.sql('delete from process_instances where id = $1', [id]);
    await expectLost(id);
    expect((await engine.getMany([id], call)).get(id)?.state).toBe('ACTIVE');
  });

  it('are gone when the Data Index has lost them, which counts show', async () => {
    const id = await waiting();
    const count = async () =>
      (await engine.countRuns!(['contractWaits'], call)).get('contractWaits')!;
    const before = await count();
    await real.sql('delete from nodes where process_instance_id = $1', [id]);
    await real.sql('delete from processes where id = $1', [id]);

    expect(await count()).toBe(before - 1);
    expect((await engine.standings!([id], call)).size).toBe(0);
    expect(await engine.get(id, call)).toBeUndefined();
    expect((await engine.getMany([id], call)).size).toBe(0);
  });

  it('are not lost by a crash of the service', async () => {
    const id = await waiting();
    await real.turn('kill');
    await expect(engine.get(id, call)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    await expect(engine.standings!([id], call)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    await real.turn('start');
    const run = await untilState(engine, id, 'ACTIVE');
    expect(run.lost).toBeUndefined();
    expect((await engine.standings!([id], call)).get(id)).toBe('present');
    await engine.abort(id, call);
    await untilState(engine, id, 'ABORTED');
  });
});
