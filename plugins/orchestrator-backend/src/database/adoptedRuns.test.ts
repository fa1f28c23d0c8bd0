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
  change,
  createRemoteRuns,
  ORIGIN,
  RESERVATION,
} from './__testUtils__/remoteRuns';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const adopted = {
  initiator: 'user:default/carol',
  targetEntity: 'component:default/old',
};
const CAROLS = {
  initiator: 'user:default/carol',
  owner: 'user:default/carol',
  targetEntity: 'component:default/old',
  adopted: true,
};

describe('runs from before this plugin was there', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    const create = async () =>
      createRemoteRuns(await databases.init(databaseId));

    it('belong to whom their data names, and say so', async () => {
      const { bring, runs, audited, expectCounted } = await create();
      await bring(change('old', { adopted }));
      expect(await runs.find('old')).toMatchObject(CAROLS);
      expect(await audited()).toEqual([]);
      await expectCounted();
    });

    it('do so though they were known before, also when nothing else changed', async () => {
      const { bring, runs, expectCounted } = await create();
      await bring(change('old'), change('child', { parentId: 'old' }));
      await bring(change('old', { adopted }));
      expect(await runs.find('old')).toMatchObject(CAROLS);
      const { targetEntity, ...carols } = CAROLS;
      expect(await runs.find('child')).toMatchObject(carols);
      await expectCounted();
    });

    it('change no owner that is known', async () => {
      const { bring, runs } = await create();
      await runs.reserve(RESERVATION);
      await bring(change('made', { startedAs: 'reserved', adopted }));
      await bring(
        change('told', {
          adopted,
          provenance: {
            initiator: 'user:default/bob',
            workspace: 'payments',
          },
        }),
      );
      await bring(change('old', { adopted }));
      const mallory = { initiator: 'user:default/mallory' };
      for (const id of ['made', 'told', 'old']) {
        await bring(change(id, { adopted: mallory, revision: 99 }));
      }
      expect(await runs.find('made')).toMatchObject({
        ...ORIGIN,
        adopted: undefined,
      });
      expect(await runs.find('told')).toMatchObject({
        initiator: 'user:default/bob',
        adopted: undefined,
      });
      expect(await runs.find('old')).toMatchObject({
        ...CAROLS,
        revision: 99,
      });
    });
  });
});
