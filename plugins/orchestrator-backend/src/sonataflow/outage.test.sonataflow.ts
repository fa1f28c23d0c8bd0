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
import type { Knex } from 'knex';
import { AnswerLoser } from './__testUtils__/AnswerLoser';
import {
  type Answer,
  type RealPortal,
  startRealPortal,
  until,
} from './__testUtils__/realPortal';
import { RealSonataFlow } from './__testUtils__/RealSonataFlow';

/*
 * A whole backend while SonataFlow is gone, and SonataFlow while the backend is gone.
 */

const databases = TestDatabases.create({ ids: ['POSTGRES_15'] });
/** An outage must be told of within the configured time, and a busy machine takes longer than that. */
const BOUND_MS = 20_000;

describe('An outage', () => {
  let real: RealSonataFlow;
  let knex: Knex;
  let portal: RealPortal;

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    knex = await databases.init('POSTGRES_15');
    portal = await startRealPortal(real, knex);
  });

  afterAll(async () => {
    await portal?.stop();
    await real.turn('start');
  });

  const get = (user: string, id: string) =>
    portal.as(user, 'GET', `/instances/${id}`);
  async function states(user: string): Promise<Map<string, string>> {
    const { status, body } = await portal.as(user, 'POST', '/instances', {});
    expect(status).toBe(200);
    return new Map(
      body.items.map((one: { id: string; state: string }) => [
        one.id,
        one.state,
      ]),
    );
  }
  const untilState = (user: string, id: string, state: string) =>
    until(async () => (await states(user)).get(id) === state);
  async function inTime(work: Promise<Answer>): Promise<Answer> {
    const started = Date.now();
    const answer = await work;
    expect(Date.now() - started).toBeLessThan(BOUND_MS);
    expect(JSON.stringify(answer.body)).not.toMatch(
      new RegExp(`127\\.0\\.0\\.1|:${real.port}|ECONN|graphql`),
    );
    return answer;
  }

  it('of SonataFlow, by a crash, is 503 until it is back, and nothing is lost', async () => {
    const waiting = await portal.start('alice', 'contractWaits', { n: 1 });
    const failed = await portal.start('alice', 'contractFails', {});
    await untilState('alice', waiting, 'ACTIVE');
    await untilState('alice', failed, 'ERROR');

    await real.turn('kill');

    const refused = await inTime(
      portal.as('alice', 'POST', '/contractWaits/execute', { inputData: {} }),
    );
    expect(refused.status).toBe(503);
    expect(refused.body.error.code).toBe('engine.unavailable');
    expect((await inTime(get('alice', waiting))).status).toBe(503);
    expect(
      (
        await inTime(
          portal.as('alice', 'DELETE', `/instances/${waiting}/abort`),
        )
      ).status,
    ).toBe(503);
    // Whose run it is needs no engine.
    expect((await inTime(get('bob', waiting))).status).toBe(404);
    await until(async () => {
      const { body } = await inTime(
        portal.as('alice', 'GET', '/contractWaits/overview'),
      );
      return body.isAvailable === false && body.availability;
    });

    await real.turn('start');

    await until(async () => {
      const { status, body } = await get('alice', waiting);
      return status === 200 && body;
    });
    expect((await get('alice', waiting)).body).toMatchObject({
      state: 'ACTIVE',
      initiatorEntity: 'user:default/alice',
      workflowdata: { n: 1 },
    });
    await until(async () => {
      const { body } = await portal.as(
        'alice',
        'GET',
        '/contractWaits/overview',
      );
      return body.isAvailable === true;
    });
    const after = await portal.start('alice', 'contractCompletes', {});
    await untilState('alice', after, 'COMPLETED');
    expect(
      (await portal.as('alice', 'DELETE', `/instances/${waiting}/abort`))
        .status,
    ).toBe(200);
    await untilState('alice', waiting, 'ABORTED');
    expect((await states('alice')).get(failed)).toBe('ERROR');
  });

  it('of the backend: what became of runs meanwhile is in its lists afterwards', async () => {
    const ended = await portal.start('alice', 'contractWaits', { n: 2 });
    const kept = await portal.start('alice', 'contractWaits', { n: 3 });
    await untilState('alice', kept, 'ACTIVE');
    await portal.stop();

    await real.direct(
      'DELETE',
      `/management/processes/contractWaits/instances/${ended}`,
    );
    const { id: elsewhere } = (await real.direct('POST', '/contractCompletes', {
      n: 4,
    })) as { id: string };

    portal = await startRealPortal(real, knex);
    await untilState('alice', ended, 'ABORTED');
    await untilState('carol', elsewhere, 'COMPLETED');
    const own = await states('alice');
    expect(own.get(kept)).toBe('ACTIVE');
    expect(own.has(elsewhere)).toBe(false);
    expect((await get('bob', ended)).status).toBe(404);
  });

  it('of both: a run whose answer nobody got has its owner afterwards', async () => {
    const before = await states('bob');
    const loser = await AnswerLoser.start(real.port);
    await real.leadRuntime(loser.port);
    loser.loseNext('/contractWaits');
    const lost = await portal.as('bob', 'POST', '/contractWaits/execute', {
      inputData: { n: 5 },
    });
    await portal.stop();
    await real.leadRuntime(real.port);
    await loser.stop();
    expect(lost.status).toBe(503);
    await real.turn('stop');
    portal = await startRealPortal(real, knex);

    await real.turn('start');

    const id = await until(async () => {
      const now = await states('bob');
      return [...now.keys()].find(one => !before.has(one));
    });
    expect(await get('bob', id)).toMatchObject({
      status: 200,
      body: {
        state: 'ACTIVE',
        initiatorEntity: 'user:default/bob',
        workflowdata: { n: 5 },
      },
    });
    expect((await get('alice', id)).status).toBe(404);
  });
});
