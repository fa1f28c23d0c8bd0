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

import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import {
  createFakeEngine,
  type FakeEngine,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { WorkflowIdStore } from '../database/WorkflowIdStore';
import { createIndexDatabase } from './__testUtils__/workflowFixture';
import { DefinitionCatalog } from './DefinitionCatalog';
import { EngineCalls, Engines } from './EngineCalls';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

describe('DefinitionCatalog', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create(...engines: FakeEngine[]) {
      let time = 0;
      const logger = mockServices.logger.mock();
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const ids = new WorkflowIdStore(database);
      const restart = () =>
        new DefinitionCatalog({
          engines: new Engines(
            engines.map(engine => new EngineCalls(engine, 1_000, logger)),
          ),
          ids,
          logger,
          now: () => time,
        });
      return {
        catalog: restart(),
        restart,
        ids,
        database,
        logger,
        advance: (by: number) => {
          time += by;
        },
        warnings: () => logger.warn.mock.calls.map(([text]) => text),
      };
    }

    const idsOf = async (catalog: DefinitionCatalog) =>
      (await catalog.all()).map(({ workflowId }) => workflowId).sort();

    it('has the workflows of all engines', async () => {
      const { catalog } = await create(
        createFakeEngine({
          id: 'one',
          definitions: [{ id: 'a', workspace: 'payments' }],
        }),
        createFakeEngine({ id: 'two', definitions: [{ id: 'b' }] }),
      );
      expect(await idsOf(catalog)).toEqual(['a', 'b']);
      expect(await catalog.find('a')).toMatchObject({
        engineId: 'one',
        workspace: 'payments',
      });
      expect(catalog.peek('b')).toMatchObject({ engineId: 'two' });
    });

    it('hides what cannot be served, with one warning each', async () => {
      const engine = createFakeEngine({
        definitions: [{ id: 'events' }, { id: 'a b' }, { id: 'fine' }],
      });
      const { catalog, warnings } = await create(engine);
      await catalog.refresh();
      await catalog.refresh();
      expect(await idsOf(catalog)).toEqual(['fine']);
      expect(warnings()).toEqual([
        'Workflow "events" of engine "fake" is hidden: the id is reserved',
        'A workflow of engine "fake" is hidden: its id has characters that ids cannot have',
      ]);
    });

    it('finds what an engine had that has not answered since the start, as unavailable', async () => {
      const engine = createFakeEngine({
        definitions: [{ id: 'a', workspace: 'payments' }],
      });
      const { catalog, restart, advance } = await create(engine);
      await catalog.refresh();
      engine.troubles.setDown(true);
      const restarted = restart();
      for (const find of ['find', 'findFresh'] as const) {
        expect(await restarted[find]('a')).toMatchObject({
          engineId: 'fake',
          workspace: 'payments',
          definition: {
            available: false,
            unavailableReason: 'Engine "fake" does not answer',
          },
        });
        expect(await restarted[find]('never')).toBeUndefined();
      }
      expect(await idsOf(restarted)).toEqual([]);
      engine.removeDefinition('a');
      engine.troubles.setDown(false);
      advance(2_000);
      await restarted.refresh();
      expect(await restarted.find('a')).toBeUndefined();
    });

    it('leaves an id to the engine and the workspace that had it first', async () => {
      const one = createFakeEngine({ id: 'one', definitions: [{ id: 'a' }] });
      const two = createFakeEngine({ id: 'two' });
      const { catalog, restart, warnings } = await create(two, one);
      await catalog.refresh();
      two.setDefinition({ id: 'a' });
      await catalog.refresh();
      expect(await catalog.find('a')).toMatchObject({ engineId: 'one' });

      one.setDefinition({ id: 'a', workspace: 'payments' });
      await catalog.refresh();
      expect(await idsOf(catalog)).toEqual([]);
      one.removeDefinition('a');
      const restarted = restart();
      expect(await idsOf(restarted)).toEqual([]);
      expect(new Set(warnings())).toEqual(
        new Set([
          'Workflow "a" of engine "two" is hidden: the id belongs to engine "one", which had it first',
          'Workflow "a" is hidden: it says workspace "payments", but the id belongs to workspace "default", which had it first',
        ]),
      );
    });

    it('follows a workflow that was moved over HTTP', async () => {
      const engine = createFakeEngine({
        definitions: [{ id: 'a', origin: 'http' }],
      });
      const { catalog, ids } = await create(engine);
      await catalog.refresh();
      engine.setDefinition({ id: 'a', origin: 'http', workspace: 'payments' });
      await catalog.refresh();
      expect(await catalog.find('a')).toMatchObject({ workspace: 'payments' });
      expect(await ids.find('a')).toMatchObject({ workspace: 'payments' });
    });

    it('keeps a definition that its engine cannot read now in its workspace', async () => {
      const engine = createFakeEngine({
        definitions: [{ id: 'a', origin: 'http', workspace: 'payments' }],
      });
      const { catalog, ids } = await create(engine);
      await catalog.refresh();
      engine.setDefinition({
        id: 'a',
        origin: 'http',
        workspace: 'default',
        available: false,
      });
      await catalog.refresh();
      expect(await catalog.find('a')).toMatchObject({
        workspace: 'payments',
        definition: { available: false },
      });
      expect(await ids.find('a')).toMatchObject({ workspace: 'payments' });
    });

    it('keeps the workflows of an engine that does not answer, as unavailable', async () => {
      const engine = createFakeEngine({ definitions: [{ id: 'a' }] });
      const { catalog } = await create(engine);
      await catalog.refresh();
      engine.troubles.setDown(true);
      await catalog.refresh();
      expect((await catalog.find('a'))?.definition).toMatchObject({
        available: false,
        unavailableReason: 'Engine "fake" does not answer',
      });
      engine.troubles.setDown(false);
      await catalog.refresh();
      expect((await catalog.find('a'))?.definition.available).toBe(true);
    });

    it('looks again for an unknown id, but not for every request', async () => {
      const engine = createFakeEngine();
      const { catalog, advance } = await create(engine);
      await catalog.refresh();
      engine.setDefinition({ id: 'new' });
      expect(await catalog.find('new')).toBeUndefined();
      advance(1_000);
      await Promise.all([catalog.find('new'), catalog.find('other')]);
      expect(await catalog.find('new')).toBeDefined();
      expect(engine.troubles.calls.get('listDefinitions')).toBe(2);
    });

    it('asks anew where a stale answer would be wrong', async () => {
      const engine = createFakeEngine({ definitions: [{ id: 'a' }] });
      const { catalog } = await create(engine);
      await catalog.refresh();
      const release = engine.troubles.hold('listDefinitions');
      const underWay = catalog.refresh();
      engine.removeDefinition('a');
      const fresh = catalog.findFresh('a');
      release();
      await underWay;
      expect(await fresh).toBeUndefined();
    });

    it('keeps what did not change as the same object', async () => {
      const engine = createFakeEngine({
        definitions: [{ id: 'a', inputSchema: { type: 'object' } }],
      });
      const { catalog } = await create(engine);
      const before = (await catalog.find('a'))?.definition;
      engine.setDefinition({ id: 'a', inputSchema: { type: 'object' } });
      await catalog.refresh();
      expect((await catalog.find('a'))?.definition).toBe(before);
      engine.setDefinition({ id: 'a', inputSchema: {} });
      await catalog.refresh();
      expect((await catalog.find('a'))?.definition).not.toBe(before);
    });

    it('keeps what it knows while the database is away', async () => {
      const engine = createFakeEngine({ definitions: [{ id: 'a' }] });
      const { catalog, database } = await create(engine);
      await catalog.refresh();
      await database.knex.destroy();
      await expect(catalog.refresh()).rejects.toMatchObject({
        code: 'service.unavailable',
      });
      expect(await idsOf(catalog)).toEqual(['a']);
    });
  });
});
