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
import type { JsonObject } from '@backstage/types';
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

describe('A backend in front of a real SonataFlow', () => {
  let real: RealSonataFlow;
  let portal: RealPortal;

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    portal = await startRealPortal(real, await databases.init('POSTGRES_15'));
  });

  afterAll(() => portal?.stop());

  const get = (user: string, id: string) =>
    portal.as(user, 'GET', `/instances/${id}`);
  /** The ids of the runs that a user sees, all or those that a filter lets through. */
  async function list(user: string, filters?: JsonObject): Promise<string[]> {
    const { status, body } = await portal.as(
      user,
      'POST',
      '/instances',
      filters ? { filters } : {},
    );
    expect(status).toBe(200);
    return body.items.map(({ id }: { id: string }) => id);
  }
  const untilListed = (user: string, id: string, state: string) =>
    until(async () =>
      (
        await list(user, { field: 'state', operator: 'EQ', value: state })
      ).includes(id),
    );
  const variable = (field: string, value: string) => ({
    field: 'variables',
    nested: { field, operator: 'EQ', value },
  });

  it('lists its workflows as SonataFlow has them', async () => {
    const { status, body } = await portal.as('alice', 'POST', '/overview', {});
    expect(status).toBe(200);
    const byId = new Map<string, JsonObject>(
      body.overviews.map((one: JsonObject) => [one.workflowId, one]),
    );
    expect(byId.get('sleeps')).toMatchObject({
      name: 'sleep state and action sleeps, sysout',
      description: 'two sleeps, each one second',
      format: 'yaml',
      version: '1.0',
      isAvailable: true,
    });
    expect(byId.has('subChild')).toBe(true);

    const source = await portal.as('alice', 'GET', '/sleeps/source');
    expect(source.body).toContain('id: sleeps');
    expect(
      (await portal.as('alice', 'GET', '/sleeps/pingWorkflowService')).body,
    ).toBe(true);
    const schema = await portal.as('alice', 'GET', '/schemaStrict/inputSchema');
    expect(schema.body.inputSchema).toMatchObject({
      required: expect.arrayContaining(['name']),
    });
    expect((await portal.as('alice', 'GET', '/nowhere/overview')).status).toBe(
      404,
    );
  });

  it('refuses an input that the schema does not allow, before anything is started', async () => {
    const before = await real.sql('select count(*) from processes');
    const refused = await portal.as('alice', 'POST', '/schemaStrict/execute', {
      inputData: { age: -1 },
    });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain('name');
    expect(await real.sql('select count(*) from processes')).toEqual(before);
  });

  it('keeps runs apart by who started them, whatever their input says', async () => {
    const id = await portal.start('alice', 'contractWaits', {
      initiatorEntity: 'user:default/bob',
      note: 'mine',
    });
    const shown = await get('alice', id);
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
    expect((await get('bob', id)).status).toBe(404);
    expect((await get('carol', id)).status).toBe(200);
    expect(await list('alice')).toContain(id);
    expect(await list('bob')).not.toContain(id);
    expect(await list('carol')).toContain(id);
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
    expect((await get('alice', id)).body.state).toBe('ACTIVE');
  });

  it("filters as Red Hat's pages do, and pages", async () => {
    const ids = [];
    for (let i = 0; i < 3; i += 1) {
      ids.push(await portal.start('bob', 'contractCompletes', { i }));
    }
    for (const id of ids) await untilListed('bob', id, 'COMPLETED');

    const own = variable('initiatorEntity', 'user:default/bob');
    expect(await list('bob', own)).toEqual(expect.arrayContaining(ids));
    expect(await list('alice', own)).toEqual([]);
    expect(
      await list('bob', variable('targetEntity', 'component:default/website')),
    ).toEqual(expect.arrayContaining(ids));
    expect(
      await list('bob', variable('targetEntity', 'component:default/other')),
    ).toEqual([]);
    expect(
      await list('bob', {
        operator: 'AND',
        filters: [
          own,
          { field: 'processId', operator: 'EQ', value: 'contractWaits' },
        ],
      }),
    ).toEqual([]);

    const page = await portal.as(
      'bob',
      'POST',
      '/contractCompletes/instances',
      {
        paginationInfo: {
          pageSize: 2,
          offset: 0,
          orderBy: 'start',
          orderDirection: 'DESC',
        },
      },
    );
    expect(page.body.items.map(({ id }: { id: string }) => id)).toEqual([
      ids[2],
      ids[1],
    ]);
    expect(page.body.items[0]).toMatchObject({
      state: 'COMPLETED',
      workflowdata: { i: 2, done: true },
    });
  });

  it('shows a run that fails at once, and retriggers it', async () => {
    const id = await portal.start('alice', 'contractFailsOnce', {});
    await untilListed('alice', id, 'ERROR');
    const failed = await get('alice', id);
    expect(failed.body.error.message).toContain('503');
    const again = await portal.as(
      'alice',
      'POST',
      `/contractFailsOnce/${id}/retrigger`,
      {},
    );
    expect(again.status).toBe(200);
    await untilListed('alice', id, 'COMPLETED');
    expect((await get('alice', id)).body.workflowdata.answer).toEqual({
      fine: true,
    });
    expect(
      (
        await portal.as(
          'alice',
          'POST',
          `/contractFailsOnce/${id}/retrigger`,
          {},
        )
      ).status,
    ).toBe(409);
  });

  it('gives the runs that a run starts to whom the run belongs, and aborts them with it', async () => {
    const id = await portal.start('alice', 'subParent', {
      case: 'plain',
      mode: 'wait',
    });
    const child = await until(async () => {
      const found = await list('alice', {
        operator: 'AND',
        filters: [
          { field: 'processId', operator: 'EQ', value: 'subChild' },
          { field: 'state', operator: 'EQ', value: 'ACTIVE' },
        ],
      });
      return found[0];
    });
    expect((await get('alice', child)).body.initiatorEntity).toBe(
      'user:default/alice',
    );
    expect((await get('bob', child)).status).toBe(404);
    const aborted = await portal.as(
      'alice',
      'DELETE',
      `/instances/${id}/abort`,
    );
    expect(aborted).toMatchObject({
      status: 200,
      body: `Workflow instance ${id} successfully aborted`,
    });
    await untilListed('alice', id, 'ABORTED');
    await untilListed('alice', child, 'ABORTED');
    expect(
      (await portal.as('alice', 'DELETE', `/instances/${id}/abort`)).status,
    ).toBe(409);
  });

  it('shows runs that were started elsewhere to administrators only, and to nobody as their own', async () => {
    const { id } = (await real.direct('POST', '/contractWaits', {
      workflowdata: {},
      initiatorEntity: 'user:default/bob',
    })) as { id: string };
    await until(async () => (await list('carol')).includes(id));
    expect((await get('carol', id)).body.initiatorEntity).not.toBe(
      'user:default/bob',
    );
    expect((await get('bob', id)).status).toBe(404);
    expect(await list('bob')).not.toContain(id);
  });

  it('starts a workflow by its event, and gives the run to whom asked for it', async () => {
    const id = await portal.start('alice', 'gateEventStart', {
      isEvent: true,
      order: 7,
    });
    await untilListed('alice', id, 'ACTIVE');
    expect((await get('bob', id)).status).toBe(404);
    expect((await get('alice', id)).body.workflowdata).toMatchObject({
      order: 7,
    });
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
      const ids = await list('bob', {
        field: 'processId',
        operator: 'EQ',
        value: 'contractWaits',
      });
      return ids.length > 0 && ids;
    });
    expect(found).toHaveLength(1);
    expect(await get('bob', found[0])).toMatchObject({
      status: 200,
      body: {
        initiatorEntity: 'user:default/bob',
        workflowdata: { lost: 'answer' },
      },
    });
    expect((await get('alice', found[0])).status).toBe(404);
  });

  it('shows a run whose version is gone as lost, and lets its owner end it', async () => {
    const id = await portal.start('alice', 'contractWaits', { old: true });
    await untilListed('alice', id, 'ACTIVE');
    // What is left of it once the service runs another version: its row in the Data Index.
    await real.sql(
      `insert into definitions (id, version, name, type, source, endpoint, description, metadata)
       select id, '0.9', name, type, source, endpoint, description, metadata
       from definitions where id = 'contractWaits' and version = '1.0'`,
    );
    try {
      await real.sql(`update processes set version = '0.9' where id = $1`, [
        id,
      ]);
      await real.sql(
        `update process_instances set process_version = '0.9' where id = $1`,
        [id],
      );
      const lost = await until(async () => {
        const answer = await get('alice', id);
        expect(answer.status).toBe(200);
        return answer.body.lost && answer.body;
      });
      expect(lost.error.message).toEqual(expect.any(String));
      // The version that runs is the one that is listed and started.
      const { body } = await portal.as(
        'alice',
        'GET',
        '/contractWaits/overview',
      );
      expect(body).toMatchObject({ version: '1.0', isAvailable: true });

      const ended = await portal.as(
        'alice',
        'DELETE',
        `/instances/${id}/abort`,
      );
      expect(ended.status).toBe(200);
      await untilListed('alice', id, 'ABORTED');
    } finally {
      await real.sql(
        `delete from definitions where id = 'contractWaits' and version = '0.9'`,
      );
    }
  });

  it.each([
    '..%2Fsleeps',
    'a%3Fb',
    '%00',
    '%20',
    '%27%20or%201',
    '%F0%9F%98%80',
  ])('answers 400 or 404 to the id %s', async id => {
    for (const [method, route] of [
      ['GET', `/instances/${id}`],
      ['DELETE', `/instances/${id}/abort`],
      ['GET', `/${id}/overview`],
      ['GET', `/${id}/source`],
      ['POST', `/${id}/execute`],
    ]) {
      const { status } = await portal.as(
        'carol',
        method,
        route,
        method === 'POST' ? { inputData: {} } : undefined,
      );
      expect([400, 404]).toContain(status);
    }
  });
});
