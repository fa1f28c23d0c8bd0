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
import { createSonataFlowEngine } from '@flowgate/backstage-plugin-orchestrator-backend-module-sonataflow';
import {
  createIndexDatabase,
  createWorkflowFixture,
  until,
} from '../workflows/__testUtils__/workflowFixture';
import { admin, alice } from '../workflows/__testUtils__/fakeAccess';
import { PlainDataIndex } from './__testUtils__/PlainDataIndex';

jest.setTimeout(120_000);

const RUNS = 900;

/** What the feed asks, which goes on beside the pages. */
const OF_THE_FEED = ['Changed', 'Newest', 'Count'];

describe('pages of runs of SonataFlow', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('cost the Data Index one question each, whatever their length', async () => {
    const dataIndex = await PlainDataIndex.start(RUNS);
    closers.push(() => dataIndex.stop());
    const engine = createSonataFlowEngine({
      config: {
        id: 'sonataflow',
        dataIndexUrl: dataIndex.url,
        adoptInitiatorBefore: Date.parse('2026-01-01T00:00:00Z'),
      },
      logger: mockServices.logger.mock(),
    });
    const { service, stop } = await createWorkflowFixture({
      database: await createIndexDatabase(await databases.init('SQLITE_3')),
      engines: [engine],
      times: { feedInterval: 20 },
    });
    closers.push(stop);
    const list = (access: typeof admin, pageSize: number, more = {}) =>
      service.runs.list(access, {
        paginationInfo: { pageSize, offset: 0, orderBy: 'start' },
        ...more,
      });
    await until(async () => (await list(admin, 1)).totalCount === RUNS);

    const cost = async (page: () => Promise<{ items: unknown[] }>) => {
      dataIndex.asked.clear();
      const { items } = await page();
      for (const name of OF_THE_FEED) dataIndex.asked.delete(name);
      return {
        items: items.length,
        asked: Object.fromEntries(dataIndex.asked),
      };
    };
    const one = { Instances: 1 };
    for (const pageSize of [1, 20, 200]) {
      const all = await cost(() => list(admin, pageSize));
      expect(all).toEqual({ items: pageSize, asked: one });
      const own = await cost(() => list(alice, pageSize));
      expect(own).toEqual({ items: pageSize, asked: one });
    }
    // A list without a run asks nothing: the Data Index takes no ids for all of them.
    const filters = { field: 'processId', operator: 'EQ', value: 'none' };
    const none = await cost(() => list(admin, 20, { filters }));
    expect(none).toEqual({ items: 0, asked: {} });
  });
});
