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
import { admin, alice, fakeAccess } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from './__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const TAKEN = { code: 'workflow.conflict', status: 409 };

function source(body: object) {
  return { source: JSON.stringify(body), format: 'json' as const };
}

/** Sees the workflows of its workspaces only, and may write there. */
function writerIn(...values: string[]) {
  return fakeAccess({
    ref: 'user:default/writer',
    readable: { kind: 'workspaces', values },
  });
}

describe('DefinitionEditor', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const engine = createFakeEngine({
        definitions: [{ id: 'folder', workspace: 'payments' }],
      });
      const remote = createFakeEngine({
        id: 'remote',
        definitions: [{ id: 'remote', origin: 'remote' }],
        capabilities: { definitions: false },
      });
      const fixture = await createWorkflowFixture({
        database,
        engines: [remote, engine],
      });
      return { ...fixture, ...fixture.service, engine, remote };
    }

    const payments = source({
      id: 'pay',
      version: '1.0',
      workspace: 'payments',
    });

    it('registers a workflow that can be used at once', async () => {
      const { definitions, workflows, actions, audit } = await create();
      const writer = writerIn('payments');
      expect(await definitions.create(writer, payments)).toEqual({
        workflowId: 'pay',
        version: '1.0',
        workspace: 'payments',
        warnings: [],
      });
      expect(await workflows.overview(writer, 'pay')).toMatchObject({
        workflowId: 'pay',
        workspace: 'payments',
        isAvailable: true,
      });
      expect(await workflows.source(writer, 'pay')).toEqual(payments);
      await expect(actions.execute(writer, 'pay', {})).resolves.toBeDefined();
      expect(audit.events[0]).toMatchObject({
        eventId: 'definition-create',
        outcome: 'succeeded',
        meta: { workflowId: 'pay', workspace: 'payments' },
      });
    });

    it('names the faults of a definition and changes nothing', async () => {
      const { definitions, engine, audit } = await create();
      const faulty = source({ id: 'events', scenario: 'x', unsupported: 1 });
      await expect(definitions.create(admin, faulty)).rejects.toMatchObject({
        code: 'request.invalid',
        details: {
          faults: [
            { path: 'body/id', message: 'is reserved' },
            { path: 'body/scenario', message: 'is not known' },
            { path: 'body/unsupported', message: 'is not supported' },
          ],
        },
      });
      await expect(
        definitions.create(admin, { source: 'a: b: c', format: 'yaml' }),
      ).rejects.toMatchObject({ status: 400 });
      expect(engine.storage.definitions.size).toBe(1);
      expect(audit.events).toEqual([]);
    });

    it('refuses a definition whose words no database takes', async () => {
      const { definitions, actions } = await create();
      for (const workspace of ['a\0b', 'a\ud800b']) {
        await expect(
          definitions.create(admin, source({ id: 'odd', workspace })),
        ).rejects.toMatchObject({ code: 'request.invalid' });
      }
      await definitions.create(admin, source({ id: 'odd', name: 'a\0b' }));
      await expect(actions.execute(admin, 'odd', {})).resolves.toBeDefined();
    });

    it('refuses a workspace where the caller may not write', async () => {
      const { definitions, engine } = await create();
      await expect(
        definitions.create(writerIn('default'), payments),
      ).rejects.toMatchObject({ code: 'auth.workspace_forbidden' });
      expect(engine.storage.definitions.has('pay')).toBe(false);
    });

    it('refuses a taken id alike, whether the caller may see it or not', async () => {
      const { definitions } = await create();
      await definitions.create(admin, payments);
      for (const id of ['pay', 'folder', 'remote']) {
        await expect(
          definitions.create(writerIn('default'), source({ id })),
        ).rejects.toMatchObject({
          ...TAKEN,
          message: 'The workflow id is taken',
        });
      }
    });

    it('leaves the id of a deleted workflow to its workspace', async () => {
      const { definitions } = await create();
      await definitions.create(admin, payments);
      await definitions.delete(writerIn('payments'), 'pay');
      await expect(
        definitions.create(writerIn('default'), source({ id: 'pay' })),
      ).rejects.toMatchObject(TAKEN);
      const both = writerIn('default', 'payments');
      expect(
        await definitions.create(both, source({ id: 'pay' })),
      ).toMatchObject({ workspace: 'default' });
      await definitions.delete(admin, 'pay');
      await expect(
        definitions.create(writerIn('payments'), payments),
      ).rejects.toMatchObject(TAKEN);
    });

    it('keeps no id of a workflow that was not made', async () => {
      const { definitions, engine } = await create();
      engine.troubles.failNext('create', new Error('disk full'));
      await expect(definitions.create(admin, payments)).rejects.toMatchObject({
        code: 'engine.bad_answer',
      });
      await expect(
        definitions.create(writerIn('default'), source({ id: 'pay' })),
      ).resolves.toMatchObject({ workflowId: 'pay' });
    });

    it('lets one of two registrations of an id win', async () => {
      const { definitions } = await create();
      const outcomes = await Promise.allSettled([
        definitions.create(admin, payments),
        definitions.create(admin, payments),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual([
        'fulfilled',
        'rejected',
      ]);
      await expect(definitions.create(admin, payments)).rejects.toMatchObject(
        TAKEN,
      );
    });

    it('replaces a workflow, with rights in its old and its new workspace', async () => {
      const { definitions, workflows } = await create();
      await definitions.create(admin, payments);
      const moved = source({ id: 'pay', version: '2.0', workspace: 'default' });
      await expect(
        definitions.update(writerIn('default'), 'pay', moved),
      ).rejects.toMatchObject({ code: 'workflow.not_found' });
      await expect(
        definitions.update(writerIn('payments'), 'pay', moved),
      ).rejects.toMatchObject({ code: 'auth.workspace_forbidden' });
      const both = writerIn('default', 'payments');
      expect(await definitions.update(both, 'pay', moved)).toMatchObject({
        version: '2.0',
        workspace: 'default',
      });
      expect(
        await workflows.overview(writerIn('default'), 'pay'),
      ).toMatchObject({ version: '2.0' });
      await expect(
        workflows.overview(writerIn('payments'), 'pay'),
      ).rejects.toMatchObject({ code: 'workflow.not_found' });
    });

    it('refuses to replace by another id, an unknown one, or one that is only read', async () => {
      const { definitions } = await create();
      await definitions.create(admin, payments);
      await expect(
        definitions.update(admin, 'pay', source({ id: 'other' })),
      ).rejects.toMatchObject({
        code: 'request.invalid',
        details: { faults: [expect.objectContaining({ path: 'body/id' })] },
      });
      await expect(
        definitions.update(admin, 'none', source({ id: 'none' })),
      ).rejects.toMatchObject({ code: 'workflow.not_found' });
      const reader = fakeAccess({
        ref: alice.principal.ref,
        changeable: { kind: 'none' },
      });
      // Rights come before what is wrong with the body.
      await expect(
        definitions.update(reader, 'pay', source({ id: 'other' })),
      ).rejects.toMatchObject({ code: 'auth.workspace_forbidden' });
    });

    it('does not change what does not come over HTTP', async () => {
      const { definitions } = await create();
      for (const id of ['folder', 'remote']) {
        await expect(definitions.delete(admin, id)).rejects.toMatchObject(
          TAKEN,
        );
        await expect(
          definitions.update(admin, id, source({ id })),
        ).rejects.toMatchObject(TAKEN);
      }
    });

    it('deletes a workflow, and its runs stay', async () => {
      const { definitions, workflows, actions, runs, audit } = await create();
      await definitions.create(admin, payments);
      const { id } = await actions.execute(alice, 'pay', {});
      await definitions.delete(admin, 'pay');
      await expect(workflows.overview(admin, 'pay')).rejects.toMatchObject({
        code: 'workflow.not_found',
      });
      expect((await runs.get(alice, id)).processId).toBe('pay');
      await expect(definitions.delete(admin, 'pay')).rejects.toMatchObject({
        code: 'workflow.not_found',
      });
      expect(audit.events.map(({ eventId }) => eventId)).toEqual([
        'definition-create',
        'execute-workflow',
        'definition-delete',
      ]);
    });
  });

  it('says so where no engine takes definitions', async () => {
    const database = await createIndexDatabase(
      await databases.init('SQLITE_3'),
    );
    const { service } = await createWorkflowFixture({ database, engines: [] });
    await expect(
      service.definitions.create(admin, source({ id: 'a' })),
    ).rejects.toMatchObject({
      code: 'engine.unavailable',
      message: 'No engine takes definitions',
    });
  });
});
