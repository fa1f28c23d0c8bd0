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
import { AnswerLoser } from './__testUtils__/AnswerLoser';
import {
  type RealPortal,
  startRealPortal,
  until,
} from './__testUtils__/realPortal';
import { RealSonataFlow } from './__testUtils__/RealSonataFlow';

/*
 * A whole backend with Backstage's own auth, on PostgreSQL, in front of a real SonataFlow.
 */

const databases = TestDatabases.create({ ids: ['POSTGRES_15'] });

describe('Whose run it is, on a real SonataFlow', () => {
  let real: RealSonataFlow;
  let portal: RealPortal;

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    portal = await startRealPortal(real, await databases.init('POSTGRES_15'));
  });

  afterAll(() => portal?.stop());

  it('keeps runs apart by who started them, whatever their input says', async () => {
    const id = await portal.start('alice', 'contractWaits', {
      initiatorEntity: 'user:default/bob',
      note: 'mine',
    });
    const shown = await portal.get('alice', id);
    expect(shown).toMatchObject({
      status: 200,
      body: {
        id,
        processId: 'contractWaits',
        state: 'ACTIVE',
        initiatorEntity: 'user:default/alice',
        targetEntity: 'component:default/website',
        workflowdata: { note: 'mine', begun: true },
      },
    });
    expect(shown.body.workflowdata.initiatorEntity).toBeUndefined();
    expect((await portal.get('bob', id)).status).toBe(404);
    expect((await portal.get('carol', id)).status).toBe(200);
    expect(await portal.list('alice')).toContain(id);
    expect(await portal.list('bob')).not.toContain(id);
    expect(await portal.list('carol')).toContain(id);
    const row = await until(() => real.row(id));
    expect(row.variables).toMatchObject({
      initiatorEntity: 'user:default/alice',
      targetEntity: 'component:default/website',
    });
    for (const [method, route] of [
      ['DELETE', `/instances/${id}/abort`],
      ['POST', `/contractWaits/${id}/retrigger`],
    ]) {
      const refused = await portal.as(
        'bob',
        method,
        route,
        method === 'POST' ? {} : undefined,
      );
      expect(refused.status).toBe(404);
    }
    expect((await portal.get('alice', id)).body.state).toBe('ACTIVE');
  });

  it('gives the runs that a run starts to whom the run belongs, and aborts them with it', async () => {
    const id = await portal.start('alice', 'subParent', {
      case: 'plain',
      mode: 'wait',
    });
    const child = await until(async () => {
      const found = await portal.list('alice', {
        operator: 'AND',
        filters: [
          { field: 'processId', operator: 'EQ', value: 'subChild' },
          { field: 'state', operator: 'EQ', value: 'ACTIVE' },
        ],
      });
      return found[0];
    });
    expect((await portal.get('alice', child)).body.initiatorEntity).toBe(
      'user:default/alice',
    );
    expect((await portal.get('bob', child)).status).toBe(404);
    const aborted = await portal.as(
      'alice',
      'DELETE',
      `/instances/${id}/abort`,
    );
    expect(aborted).toMatchObject({
      status: 200,
      body: `Workflow instance ${id} successfully aborted`,
    });
    await portal.untilListed('alice', id, 'ABORTED');
    await portal.untilListed('alice', child, 'ABORTED');
    expect(
      (await portal.as('alice', 'DELETE', `/instances/${id}/abort`)).status,
    ).toBe(409);
  });

  it('shows runs that were started elsewhere to administrators only, and to nobody as their own', async () => {
    const { id } = (await real.direct('POST', '/contractWaits', {
      workflowdata: {},
      initiatorEntity: 'user:default/bob',
    })) as { id: string };
    await until(async () => (await portal.list('carol')).includes(id));
    expect((await portal.get('carol', id)).body.initiatorEntity).not.toBe(
      'user:default/bob',
    );
    expect((await portal.get('bob', id)).status).toBe(404);
    expect(await portal.list('bob')).not.toContain(id);
  });

  it('gives services behind a workflow what is configured, and never what the caller calls with', async () => {
    await real.resetStub({
      'GET /things/seen': [{ status: 500 }, { body: { ok: true } }],
    });
    const authTokens = (token: string) => [
      { provider: 'github', token },
      { provider: 'gitlab', token: 'not-configured' },
    ];
    const { body } = await portal.as('alice', 'POST', '/gateCalls/execute', {
      inputData: {},
      authTokens: authTokens('first-token'),
    });
    await portal.untilListed('alice', body.id, 'ERROR');
    const again = await portal.as(
      'alice',
      'POST',
      `/gateCalls/${body.id}/retrigger`,
      { authTokens: authTokens('second-token') },
    );
    expect(again.status).toBe(200);
    await portal.untilListed('alice', body.id, 'ACTIVE');

    const [started] = await real.headersSeen();
    expect(started['x-authorization-github']).toBe('first-token');
    const all = JSON.stringify(await real.headersSeen());
    expect(all).not.toContain('not-configured');
    expect(all).not.toContain((await portal.tokenOf('alice')).split('.')[2]);
    expect(started).not.toHaveProperty('authorization');
    expect(started).not.toHaveProperty('cookie');
    // The token is one for that plugin, on behalf of Alice.
    const credentials = await portal.helpdesk.authenticate(
      started['x-authorization-backstage'],
    );
    expect(credentials.principal).toMatchObject({
      type: 'user',
      userEntityRef: 'user:default/alice',
    });
    // Neither is in what is kept of the run.
    const shown = await portal.get('alice', body.id);
    expect(JSON.stringify(shown.body)).not.toMatch(/first-token|second-token/);
    expect(JSON.stringify(await real.row(body.id))).not.toMatch(
      /first-token|second-token/,
    );
  });

  it('finds a run whose answer was lost, and whose it is', async () => {
    const loser = await AnswerLoser.start(real.port);
    await real.leadRuntime(loser.port);
    try {
      loser.loseNext('/contractWaits');
      const lost = await portal.as('bob', 'POST', '/contractWaits/execute', {
        inputData: { lost: 'answer' },
      });
      expect([502, 503, 504]).toContain(lost.status);
      expect(JSON.stringify(lost.body)).not.toMatch(/127\.0\.0\.1|:\d{4}/);
    } finally {
      await real.leadRuntime(real.port);
      await loser.stop();
    }
    const found = await until(async () => {
      const ids = await portal.list('bob', {
        field: 'processId',
        operator: 'EQ',
        value: 'contractWaits',
      });
      return ids.length > 0 && ids;
    });
    expect(found).toHaveLength(1);
    expect(await portal.get('bob', found[0])).toMatchObject({
      status: 200,
      body: {
        initiatorEntity: 'user:default/bob',
        workflowdata: { lost: 'answer' },
      },
    });
    expect((await portal.get('alice', found[0])).status).toBe(404);
  });
});
