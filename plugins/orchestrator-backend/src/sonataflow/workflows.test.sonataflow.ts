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

describe('Workflows and runs of a real SonataFlow', () => {
  let real: RealSonataFlow;
  let portal: RealPortal;

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    portal = await startRealPortal(real, await databases.init('POSTGRES_15'));
  });

  afterAll(() => portal?.stop());

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

  it.each(['with \u0000 in it', 'with half of a pair \ud800'])(
    'refuses text that SonataFlow cannot store: %j',
    async text => {
      const before = await real.sql('select count(*) from processes');
      const refused = await portal.as(
        'alice',
        'POST',
        '/contractWaits/execute',
        { inputData: { text } },
      );
      expect(refused.status).toBe(400);
      expect(await real.sql('select count(*) from processes')).toEqual(before);
    },
  );

  it("filters as Red Hat's pages do, and pages", async () => {
    const ids = [];
    for (let i = 0; i < 3; i += 1) {
      ids.push(await portal.start('bob', 'contractCompletes', { i }));
    }
    for (const id of ids) await portal.untilListed('bob', id, 'COMPLETED');

    const own = variable('initiatorEntity', 'user:default/bob');
    expect(await portal.list('bob', own)).toEqual(expect.arrayContaining(ids));
    expect(await portal.list('alice', own)).toEqual([]);
    expect(
      await portal.list(
        'bob',
        variable('targetEntity', 'component:default/website'),
      ),
    ).toEqual(expect.arrayContaining(ids));
    expect(
      await portal.list(
        'bob',
        variable('targetEntity', 'component:default/other'),
      ),
    ).toEqual([]);
    expect(
      await portal.list('bob', {
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
    await portal.untilListed('alice', id, 'ERROR');
    const failed = await portal.get('alice', id);
    expect(failed.body.error.message).toContain('503');
    const again = await portal.as(
      'alice',
      'POST',
      `/contractFailsOnce/${id}/retrigger`,
      {},
    );
    expect(again.status).toBe(200);
    await portal.untilListed('alice', id, 'COMPLETED');
    expect((await portal.get('alice', id)).body.workflowdata.answer).toEqual({
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

  it('starts a workflow by its event, and gives the run to whom asked for it', async () => {
    const id = await portal.start('alice', 'gateEventStart', {
      isEvent: true,
      order: 7,
    });
    await portal.untilListed('alice', id, 'ACTIVE');
    expect((await portal.get('bob', id)).status).toBe(404);
    expect((await portal.get('alice', id)).body.workflowdata).toMatchObject({
      order: 7,
    });
  });

  it('shows a run whose version is gone as lost, and lets its owner end it', async () => {
    const id = await portal.start('alice', 'contractWaits', { old: true });
    await portal.untilListed('alice', id, 'ACTIVE');
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
        const answer = await portal.get('alice', id);
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
      await portal.untilListed('alice', id, 'ABORTED');
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
