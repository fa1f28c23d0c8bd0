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
import { InputError } from '@backstage/errors';
import {
  createFakeEngine,
  type FakeDefinition,
  type FakeEngineOptions,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import type { WorkflowTimes } from './workflowTimes';
import { admin, alice, bob, fakeAccess } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

jest.setTimeout(60_000);

const definitions: FakeDefinition[] = [
  {
    id: 'greet',
    name: 'Greet',
    scenario: 'completes',
    inputSchema: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
    },
  },
  { id: 'wait', scenario: 'waits', workspace: 'payments' },
  { id: 'fail', scenario: 'fails' },
  { id: 'fail-once', scenario: 'failsOnce' },
  { id: 'gone', available: false, unavailableReason: 'Broken in line 3' },
];

const NOT_FOUND = { code: 'instance.not_found', status: 404 };

describe('starting, aborting and retriggering runs', () => {
  const databases = TestDatabases.create({
    ids: ['SQLITE_3', 'POSTGRES_15'],
  });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(
      options: FakeEngineOptions = {},
      times?: Partial<WorkflowTimes>,
    ) {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({ definitions, ...options });
      const fixture = await createWorkflowFixture({
        database,
        engines: [engine],
        times,
      });
      return { ...fixture, ...fixture.service, database, engine };
    }

    it('starts a run that its initiator can see', async () => {
      const { actions, runs, audit, stop } = await create();
      const { id } = await actions.execute(
        fakeAccess({ ref: 'user:default/alice', actor: 'plugin:scaffolder' }),
        'greet',
        { inputData: { name: 'Ann' }, targetEntity: 'component:default/web' },
      );
      const run = await runs.get(alice, id);
      expect(run).toMatchObject({
        id,
        processId: 'greet',
        processName: 'Greet',
        state: 'COMPLETED',
        workspace: 'default',
        initiatorEntity: 'user:default/alice',
        actor: 'plugin:scaffolder',
        targetEntity: 'component:default/web',
        workflowdata: { name: 'Ann' },
      });
      await expect(runs.get(bob, id)).rejects.toMatchObject(NOT_FOUND);
      expect(audit.events).toEqual([
        expect.objectContaining({
          eventId: 'execute-workflow',
          outcome: 'succeeded',
          added: { id },
          meta: { workflowId: 'greet' },
        }),
      ]);
      await stop();
    });

    it('names every fault of an input and starts nothing', async () => {
      const { actions, engine, stop } = await create();
      await expect(
        actions.execute(alice, 'greet', { inputData: { age: 'old' } }),
      ).rejects.toMatchObject({
        code: 'request.invalid',
        details: {
          faults: [
            expect.objectContaining({ path: 'body/inputData' }),
            expect.objectContaining({ path: 'body/inputData/age' }),
          ],
        },
      });
      expect(engine.storage.runs.size).toBe(0);
      await stop();
    });

    it('starts with a faulty input where the definition allows it', async () => {
      const { actions, stop } = await create({
        definitions: [{ ...definitions[0], failOnValidationErrors: false }],
      });
      await expect(
        actions.execute(alice, 'greet', { inputData: { age: 'old' } }),
      ).resolves.toEqual({ id: expect.any(String) });
      await stop();
    });

    it('refuses inputs that no database or stack would take', async () => {
      const { actions, stop } = await create();
      const deep = JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
      await expect(
        actions.execute(alice, 'fail', {
          inputData: deep,
          targetEntity: 'a\0b',
        }),
      ).rejects.toMatchObject({
        code: 'request.invalid',
        details: {
          faults: [
            expect.objectContaining({ path: 'body/targetEntity' }),
            expect.objectContaining({ path: 'body/inputData' }),
          ],
        },
      });
      await stop();
    });

    it('answers for a schema that cannot be used', async () => {
      const { actions, stop } = await create({
        definitions: [{ id: 'odd', inputSchema: { $ref: 'elsewhere.json' } }],
      });
      await expect(actions.execute(alice, 'odd', {})).rejects.toMatchObject({
        code: 'engine.bad_answer',
        status: 502,
      });
      await stop();
    });

    it('says why a workflow cannot be started now', async () => {
      const { actions, stop } = await create();
      await expect(actions.execute(alice, 'gone', {})).rejects.toMatchObject({
        code: 'engine.unavailable',
        message: 'Broken in line 3',
      });
      await expect(actions.execute(alice, 'none', {})).rejects.toMatchObject({
        code: 'workflow.not_found',
      });
      await stop();
    });

    it('aborts a run, which a list shows at once', async () => {
      const { actions, runs, audit, stop } = await create();
      const { id } = await actions.execute(alice, 'wait', {});
      await expect(actions.abort(bob, id)).rejects.toMatchObject(NOT_FOUND);
      await actions.abort(alice, id);
      expect((await runs.get(alice, id)).state).toBe('ABORTED');
      const { items } = await runs.list(alice, {});
      expect(items).toMatchObject([{ id, state: 'ABORTED' }]);
      await expect(actions.abort(alice, id)).rejects.toMatchObject({
        code: 'instance.conflict',
        status: 409,
      });
      expect(audit.events.map(one => [one.eventId, one.outcome])).toEqual([
        ['execute-workflow', 'succeeded'],
        ['abort-workflow', 'succeeded'],
        ['abort-workflow', 'failed'],
      ]);
      await stop();
    });

    it('refuses to change a run that may only be read', async () => {
      const { actions, stop } = await create();
      const { id } = await actions.execute(alice, 'wait', {});
      const reader = fakeAccess({
        ref: 'user:default/alice',
        changeable: { kind: 'workspaces', values: ['default'] },
      });
      await expect(actions.abort(reader, id)).rejects.toMatchObject({
        code: 'auth.workspace_forbidden',
      });
      await stop();
    });

    it('retriggers a run that failed, as one of its workflow', async () => {
      const { actions, runs, stop } = await create();
      const { id } = await actions.execute(alice, 'fail-once', {});
      expect(await runs.get(alice, id)).toMatchObject({
        state: 'ERROR',
        error: { nodeDefinitionId: 'step', message: 'The step failed' },
      });
      await expect(actions.retrigger(alice, 'fail', id)).rejects.toMatchObject(
        NOT_FOUND,
      );
      await expect(
        actions.retrigger(bob, 'fail-once', id),
      ).rejects.toMatchObject(NOT_FOUND);
      await actions.retrigger(alice, 'fail-once', id);
      expect((await runs.get(alice, id)).state).toBe('COMPLETED');
      await expect(
        actions.retrigger(alice, 'fail-once', id),
      ).rejects.toMatchObject({ code: 'instance.conflict' });
      await stop();
    });

    it('names a token that an engine cannot pass on', async () => {
      const { actions, engine, stop } = await create();
      const { id } = await actions.execute(alice, 'fail', {});
      const fault = { path: 'authTokens/0/provider', message: 'is none' };
      jest
        .spyOn(engine, 'retrigger')
        .mockRejectedValueOnce(
          Object.assign(new InputError('refused'), { faults: [fault] }),
        );
      await expect(
        actions.retrigger(alice, 'fail', id, [{ provider: '', token: 't' }]),
      ).rejects.toMatchObject({
        code: 'request.invalid',
        details: {
          faults: [{ path: 'body/authTokens/0/provider', message: 'is none' }],
        },
      });
      await stop();
    });

    it('answers for whatever goes wrong in an engine, without its words', async () => {
      const { actions, engine, runs, logger, stop } = await create(
        {},
        {
          engineTimeout: 50,
        },
      );
      const { id } = await actions.execute(alice, 'wait', {});
      engine.troubles.failNext('get', new Error('http://10.0.0.1 said no'));
      await expect(runs.get(alice, id)).rejects.toMatchObject({
        code: 'engine.bad_answer',
        message: 'Engine "fake" gave a bad answer',
      });
      const logged = JSON.stringify(logger.error.mock.calls);
      expect(logged).toContain('gave a bad answer: Error');
      expect(logged).not.toContain('10.0.0.1');
      engine.troubles.setDown(true);
      await expect(runs.get(alice, id)).rejects.toMatchObject({
        code: 'engine.unavailable',
        details: { retryAfter: 5 },
      });
      const { items, totalCount } = await runs.list(admin, {});
      expect(items).toMatchObject([{ id, nodes: [] }]);
      expect(totalCount).toBe(1);
      engine.troubles.setDown(false);
      const release = engine.troubles.hold('get');
      await expect(runs.get(alice, id)).rejects.toMatchObject({
        code: 'engine.timeout',
        status: 504,
      });
      release();
      await stop();
    });

    it('answers 503 while the database is away, and starts nothing', async () => {
      const { actions, runs, engine, database, stop } = await create();
      await stop();
      await database.knex.destroy();
      const unavailable = { code: 'service.unavailable', status: 503 };
      await expect(actions.execute(alice, 'wait', {})).rejects.toMatchObject(
        unavailable,
      );
      await expect(runs.list(alice, {})).rejects.toMatchObject(unavailable);
      expect(engine.storage.runs.size).toBe(0);
    });

    it('does not take a run that failed again at once for one that goes on', async () => {
      const { actions, runs, engine, stop } = await create(
        {},
        { feedInterval: 1 },
      );
      const { id } = await actions.execute(alice, 'fail', {});
      const told = () => until(async () => engine.storage.outbox.size === 0);
      await told();
      const retrigger = engine.retrigger.bind(engine);
      jest.spyOn(engine, 'retrigger').mockImplementation(async (...args) => {
        await retrigger(...args);
        await told();
      });
      await actions.retrigger(alice, 'fail', id);
      expect((await runs.list(alice, {})).items).toMatchObject([
        { id, state: 'ERROR' },
      ]);
      const filters = { field: 'state', operator: 'EQ', value: 'ERROR' };
      expect(await runs.list(alice, { filters })).toMatchObject({
        totalCount: 1,
      });
      await stop();
    });
  });
});
