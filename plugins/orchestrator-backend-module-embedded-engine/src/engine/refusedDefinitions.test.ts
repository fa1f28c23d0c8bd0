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

import { mockServices } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import type { EngineDefinition } from '@flowgate/backstage-plugin-orchestrator-node';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  call,
  ended,
  start,
  testDatabases,
  testEngine,
} from '../__testUtils__/engines';
import { RestStub } from '../__testUtils__/restStub';

const databases = testDatabases();

/** A definition that needs the base address of a function. */
const needsBase = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  name: `The ${id}`,
  version: '7',
  start: 'A',
  functions: [{ name: 'get', type: 'custom', operation: 'rest:get:/x' }],
  states: [
    {
      name: 'A',
      type: 'operation',
      actions: [{ functionRef: 'get' }],
      end: true,
    },
  ],
  ...more,
});

const shown = (definitions: readonly EngineDefinition[]) =>
  definitions
    .map(({ available, id, name, version, workspace }) => ({
      id,
      name,
      version,
      workspace,
      available,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const configured = {
  functions: new Map([['get', { baseUrl: 'http://api.test' }]]),
};

describe.each(databases.eachSupportedId())(
  'definitions that are refused after they were accepted, on %p',
  databaseId => {
    it('stay in the workspace in which they were registered', async () => {
      const knex = await databases.init(databaseId);
      const before = await testEngine(knex, { config: configured });
      const put = (definition: JsonObject) => ({
        source: JSON.stringify(definition),
        format: 'json' as const,
      });
      await before.definitions!.create(
        put(needsBase('kept', { metadata: { workspace: 'payments' } })),
        call,
      );
      await before.definitions!.create(put(needsBase('moved')), call);
      await before.definitions!.replace(
        'moved',
        put(needsBase('moved', { metadata: { workspace: 'secops' } })),
        call,
      );
      await before.stop();

      const after = await testEngine(knex);
      const expected = [
        { id: 'kept', workspace: 'payments' },
        { id: 'moved', workspace: 'secops' },
      ].map(({ id, workspace }) => ({
        id,
        name: `The ${id}`,
        version: '7',
        workspace,
        available: false,
      }));
      expect(shown(await after.listDefinitions(call))).toEqual(expected);
      await expect(start(after, 'kept')).rejects.toThrow('cannot run');
      await after.stop();

      // Too large to be read at all.
      const narrow = await testEngine(knex, {
        config: { ...configured, limits: { definitionBytes: 10 } },
      });
      expect(shown(await narrow.listDefinitions(call))).toEqual(expected);
      await narrow.stop();

      const again = await testEngine(knex, { config: configured });
      expect(shown(await again.listDefinitions(call))).toEqual(
        expected.map(definition => ({ ...definition, available: true })),
      );
      await again.stop();
    });

    it('stay in the workspace that a file names, or else in that of its folder', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'refused-'));
      const files = {
        own: needsBase('own', { metadata: { workspace: 'payments' } }),
        inherits: needsBase('inherits'),
        odd: needsBase('odd', {
          metadata: { workspace: ['payments'] },
          name: 5,
          version: {},
        }),
      };
      for (const [name, definition] of Object.entries(files)) {
        await writeFile(
          path.join(folder, `${name}.sw.json`),
          JSON.stringify(definition),
        );
      }
      await writeFile(path.join(folder, 'none.sw.json'), '{"id": "none", "id"');
      const logger = mockServices.logger.mock();
      const engine = await testEngine(await databases.init(databaseId), {
        logger,
        config: { definitions: [{ folder, workspace: 'ops' }] },
      });
      try {
        expect(shown(await engine.listDefinitions(call))).toEqual(
          [
            ['inherits', 'The inherits', '7', 'ops'],
            ['odd', 'odd', '1.0', 'ops'],
            ['own', 'The own', '7', 'payments'],
          ].map(([id, name, version, workspace]) => ({
            id,
            name,
            version,
            workspace,
            available: false,
          })),
        );
        expect(logger.error).toHaveBeenCalledTimes(4);
      } finally {
        await engine.stop();
        await rm(folder, { recursive: true, force: true });
      }
    });

    it('read secrets by the workspace of their folder, also when they are taken up again', async () => {
      const stub = await RestStub.start();
      const folder = await mkdtemp(path.join(tmpdir(), 'secrets-'));
      await writeFile(
        path.join(folder, 'w.sw.json'),
        JSON.stringify(
          needsBase('w', {
            states: [
              {
                name: 'A',
                type: 'sleep',
                duration: 'PT0.001S',
                transition: 'B',
              },
              {
                name: 'B',
                type: 'operation',
                actions: [
                  {
                    functionRef: {
                      refName: 'get',
                      arguments: { HEADER_X: '$SECRET.key' },
                    },
                  },
                ],
                end: true,
              },
            ],
          }),
        ),
      );
      const knex = await databases.init(databaseId);
      const config = (workflow: string, workspace?: string) => ({
        definitions: workspace === undefined ? [] : [{ folder, workspace }],
        egress: [stub.url],
        functions: new Map([['get', { baseUrl: stub.url }]]),
        secrets: new Map([
          ['key', { value: 'hunter2-key', workflows: [workflow] }],
        ]),
      });
      stub.reset({ 'GET /x': [{ body: {} }, { body: {} }] });
      try {
        // It begins in one process, and ends in another that does not have the folder.
        const first = await testEngine(knex, {
          config: config('payments/w', 'payments'),
        });
        const runId = await start(first, 'w');
        await first.stop();
        const second = await testEngine(knex, { config: config('payments/w') });
        await second.begin?.();
        expect(await ended(second, runId)).toMatchObject({
          state: 'COMPLETED',
        });
        expect(stub.calls.map(({ headers }) => headers.x)).toEqual([
          'hunter2-key',
        ]);
        await second.stop();

        const other = await testEngine(knex, {
          config: config('payments/w', 'ops'),
        });
        await other.begin?.();
        expect(await ended(other, await start(other, 'w'))).toMatchObject({
          state: 'ERROR',
          error: { message: 'This workflow has no secret named "key"' },
        });
        await other.stop();
        expect(stub.calls).toHaveLength(1);
      } finally {
        await stub.stop();
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
);
