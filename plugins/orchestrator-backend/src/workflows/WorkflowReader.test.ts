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
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { admin, alice, bob, fakeAccess } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const NOT_FOUND = { code: 'workflow.not_found', status: 404 };

describe('WorkflowReader', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(options: { hints?: boolean } = {}) {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({
        definitions: [
          {
            id: 'greet',
            name: 'Zebra',
            description: 'Says hello',
            scenario: 'waits',
            inputSchema: {
              type: 'object',
              properties: { name: { type: 'string' }, toString: {} },
            },
          },
          { id: 'pay', name: 'Ape', workspace: 'payments', scenario: 'fails' },
          {
            id: 'broken',
            format: 'yaml',
            available: false,
            unavailableReason: 'Refused: state x',
            inputSchema: { type: 'object' },
          },
        ],
      });
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        ...options,
      });
      return { ...fixture.service, ...fixture, engine };
    }

    const idsOf = (list: { overviews: { workflowId: string }[] }) =>
      list.overviews.map(({ workflowId }) => workflowId);

    it('lists what the caller may see, with the runs that the caller may see', async () => {
      const { workflows, actions } = await create();
      const { id } = await actions.execute(alice, 'greet', {});
      await actions.execute(bob, 'greet', {});
      await actions.execute(bob, 'pay', {});
      const { overviews, totalCount } = await workflows.list(alice, {});
      expect(totalCount).toBe(3);
      expect(overviews).toEqual([
        {
          workflowId: 'pay',
          name: 'Ape',
          format: 'json',
          version: '1.0',
          workspace: 'payments',
          lastTriggeredMs: 0,
          isAvailable: true,
        },
        {
          workflowId: 'greet',
          name: 'Zebra',
          description: 'Says hello',
          format: 'json',
          version: '1.0',
          workspace: 'default',
          lastRunId: id,
          lastTriggeredMs: expect.any(Number),
          lastRunStatus: 'ACTIVE',
          isAvailable: true,
          workflowRunStats: {
            successRatio: null,
            runsLastMonth: 1,
            successCount: 0,
            errorCount: 0,
            totalCount: 0,
            averageTimeToComplete: 0,
          },
        },
        {
          workflowId: 'broken',
          name: 'broken',
          format: 'yaml',
          version: '1.0',
          workspace: 'default',
          lastTriggeredMs: 0,
          isAvailable: false,
          availability: { isAvailable: false, reason: 'Refused: state x' },
        },
      ]);
      const inPayments = fakeAccess({
        ref: 'user:default/alice',
        readable: { kind: 'workspaces', values: ['payments'] },
      });
      expect(idsOf(await workflows.list(inPayments, {}))).toEqual(['pay']);
      await expect(
        workflows.overview(inPayments, 'greet'),
      ).rejects.toMatchObject(NOT_FOUND);
    });

    it('tells how runs ended', async () => {
      const { workflows, actions, engine, stop } = await create({
        hints: true,
      });
      const done = await actions.execute(alice, 'greet', {});
      const failed = await actions.execute(alice, 'greet', {});
      await actions.execute(alice, 'greet', {});
      engine.advance(done.id, 'COMPLETED');
      engine.advance(failed.id, 'ERROR');
      const stats = await until(async () => {
        const { workflowRunStats } = await workflows.overview(alice, 'greet');
        return workflowRunStats?.totalCount === 2 && workflowRunStats;
      });
      expect(stats).toEqual({
        successRatio: 0.5,
        runsLastMonth: 3,
        successCount: 1,
        errorCount: 1,
        totalCount: 2,
        averageTimeToComplete: expect.any(Number),
      });
      await stop();
    });

    it('filters, sorts and pages', async () => {
      const { workflows } = await create();
      const list = async (body: object) =>
        idsOf(await workflows.list(admin, body));
      const filters = { field: 'name', operator: 'LIKE', value: '%e%' };
      expect(await list({ filters })).toEqual(['pay', 'greet', 'broken']);
      expect(
        await list({
          filters: { field: 'isAvailable', operator: 'EQ', value: false },
        }),
      ).toEqual(['broken']);
      expect(
        await list({
          filters: {
            operator: 'NOT',
            filters: [
              { field: 'description', operator: 'IS_NULL', value: true },
            ],
          },
        }),
      ).toEqual(['greet']);
      expect(await list({ paginationInfo: { orderBy: 'id' } })).toEqual([
        'broken',
        'greet',
        'pay',
      ]);
      const page = await workflows.list(admin, {
        paginationInfo: {
          pageSize: 1,
          offset: 1,
          orderBy: 'workspace',
          orderDirection: 'DESC',
        },
      });
      expect(page).toMatchObject({
        overviews: [{ workflowId: 'greet' }],
        totalCount: 3,
        paginationInfo: { pageSize: 1, offset: 1 },
      });
    });

    it('lists what an entity names and what was run on it', async () => {
      const { workflows, actions } = await create();
      const targetEntity = 'component:default/web';
      await actions.execute(alice, 'pay', { targetEntity });
      await actions.execute(bob, 'greet', { targetEntity });
      expect(await workflows.listForEntity(admin, {})).toEqual({
        overviews: [],
        totalCount: 0,
        paginationInfo: {},
      });
      const list = async (access: typeof alice, body: object) =>
        idsOf(await workflows.listForEntity(access, body));
      expect(await list(alice, { targetEntity })).toEqual(['pay']);
      expect(await list(admin, { targetEntity })).toEqual(['pay', 'greet']);
      expect(
        await list(alice, {
          targetEntity,
          annotationWorkflowIds: ['broken', 'none', 'pay'],
        }),
      ).toEqual(['pay', 'broken']);
      await expect(
        workflows.listForEntity(alice, { targetEntity: 'a\0' }),
      ).rejects.toMatchObject({ code: 'request.invalid' });
    });

    it('gives the schema of the input, with the data of a run of that workflow', async () => {
      const { workflows, actions } = await create();
      const { id } = await actions.execute(alice, 'greet', {
        inputData: { name: 'Ann', secret: 'x' },
      });
      const inputSchema = expect.objectContaining({ type: 'object' });
      expect(await workflows.inputSchema(alice, 'greet')).toEqual({
        inputSchema,
      });
      expect(await workflows.inputSchema(alice, 'greet', id)).toEqual({
        inputSchema,
        data: { name: 'Ann' },
      });
      const missing = { code: 'instance.not_found', status: 404 };
      await expect(
        workflows.inputSchema(bob, 'greet', id),
      ).rejects.toMatchObject(missing);
      await expect(
        workflows.inputSchema(alice, 'pay', id),
      ).rejects.toMatchObject(missing);
      await expect(
        workflows.inputSchema(alice, 'pay', 'none'),
      ).rejects.toMatchObject(missing);
      expect(await workflows.inputSchema(alice, 'pay')).toEqual({});
      expect(await workflows.inputSchema(alice, 'broken')).toEqual({});
    });

    it('says whether a workflow can be run now', async () => {
      const { workflows, engine } = await create();
      expect(await workflows.ping(alice, 'greet')).toBe(true);
      await expect(workflows.ping(alice, 'broken')).rejects.toMatchObject({
        code: 'engine.unavailable',
        message: 'Refused: state x',
      });
      engine.troubles.setDown(true);
      await expect(workflows.ping(alice, 'greet')).rejects.toMatchObject({
        code: 'engine.unavailable',
        message: 'Engine "fake" is not available',
      });
    });

    it('answers 404 for a workflow that there is not', async () => {
      const { workflows } = await create();
      for (const ask of [
        workflows.overview(admin, 'none'),
        workflows.source(admin, 'none'),
        workflows.inputSchema(admin, 'none'),
        workflows.ping(admin, 'none'),
      ]) {
        await expect(ask).rejects.toMatchObject(NOT_FOUND);
      }
    });
  });
});
