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
import {
  createFakeEngine,
  FakeStorage,
} from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import { CURSORS } from '../database/engineCursors';
import { admin, alice } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from './__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

describe('an engine that one replica follows', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    async function create() {
      const database = await createIndexDatabase(
        await databases.init(databaseId),
      );
      const storage = new FakeStorage();
      /** A replica with an engine of its own over the same state, so that its questions can be counted. */
      const replica = async () => {
        const engine = createFakeEngine({
          storage,
          definitions: [{ id: 'wait', scenario: 'waits' }],
          capabilities: { acceptsRunId: false },
          keepsProvenance: false,
          hasExclusiveFeed: true,
        });
        const fixture = await createWorkflowFixture({
          database,
          engines: [engine],
          times: { feedInterval: 5 },
        });
        return {
          ...fixture,
          engine,
          asked: () => engine.troubles.calls.get('changes') ?? 0,
        };
      };
      const followed = () => until(async () => storage.outbox.size === 0);
      return { database, replica, followed };
    }

    it('is asked by no other, and by another once that one stops', async () => {
      const { replica, followed } = await create();
      const first = await replica();
      const second = await replica();
      for (const { service } of [first, second]) {
        const before = first.asked();
        await service.actions.execute(alice, 'wait', {});
        await followed();
        await until(async () => first.asked() > before + 2);
      }
      expect(second.asked()).toBe(0);
      await first.stop();

      const asked = first.asked();
      await until(async () => second.asked() > 2);
      await second.service.actions.execute(alice, 'wait', {});
      await followed();
      expect(first.asked()).toBe(asked);
      const { totalCount } = await second.service.runs.list(admin, {});
      expect(totalCount).toBe(3);
      await second.stop();
    });

    it('is followed by another where the one cannot reach it', async () => {
      const { replica, followed } = await create();
      const first = await replica();
      const second = await replica();
      await until(async () => first.asked() > 2);
      first.engine.troubles.setDown(true);
      await until(async () => second.asked() > 2);
      const asked = first.asked();
      await second.service.actions.execute(alice, 'wait', {});
      await followed();
      expect(first.asked()).toBe(asked);
      await Promise.all([first.stop(), second.stop()]);
    });

    it('is followed by another where the one has died', async () => {
      const { database, replica } = await create();
      const first = await replica();
      const second = await replica();
      await until(async () => first.asked() > 2);
      expect(second.asked()).toBe(0);
      // It holds the lease and says nothing any more.
      await database.knex(CURSORS).update({ holder: 'dead', held_until: 1 });
      await until(async () => first.asked() + second.asked() > 5);
      await Promise.all([first.stop(), second.stop()]);
      expect(await database.knex(CURSORS)).toMatchObject([
        { engine_id: 'fake', holder: null },
      ]);
    });
  });
});
