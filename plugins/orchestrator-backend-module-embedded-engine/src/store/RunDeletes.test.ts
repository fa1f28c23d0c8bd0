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
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { testDatabases } from '../__testUtils__/engines';
import {
  commitOf,
  eventFor,
  newRun,
  prepare,
  runStores,
  waitingState,
} from './__testUtils__/runStores';
import { databaseTime } from './database';

jest.setTimeout(60_000);

const databases = testDatabases();
const OWNER = 'owner';

describe.each(databases.eachSupportedId())('RunDeletes on %p', databaseId => {
  let knex: Knex;
  let stores: ReturnType<typeof runStores>;

  beforeAll(async () => {
    knex = await databases.init(databaseId);
    await prepare(knex);
    stores = runStores(knex);
  });

  async function makeRun(
    status: 'ACTIVE' | 'ERROR' | 'COMPLETED',
    more: Parameters<typeof newRun>[1] = {},
  ): Promise<string> {
    const id = randomUUID();
    await stores.inserts.insert(newRun(id, more), OWNER);
    if (status !== 'ACTIVE') {
      const run = (await stores.runs.load(id))!;
      await stores.runs.commit(
        commitOf(run, OWNER, {
          state: waitingState({ status, events: 1, nodes: 1 }),
          results: [{ key: '1.0', outcome: { value: 1 } }],
          records: [
            {
              entered: [
                { seq: 1, name: 'n', type: 't', definitionId: 'n', enter: 1 },
              ],
              ended: new Map(),
              lines: [{ seq: 1, id: '1', text: 'line' }],
              produced: [],
              size: 0,
              history: [{ kind: 'state', time: 1, detail: { state: status } }],
            },
          ],
        }),
      );
    }
    return id;
  }

  /** How many rows there are of a run, in all tables of the engine. */
  async function rowsOf(id: string): Promise<number> {
    let count = (await knex('embedded_runs').where({ id })).length;
    for (const table of [
      'embedded_nodes',
      'embedded_journal',
      'embedded_logs',
      'embedded_outbox',
      'embedded_inbox',
      'embedded_correlations',
      'embedded_produced',
      'embedded_history',
      'embedded_tokens',
    ]) {
      count += (await knex(table).where({ run_id: id })).length;
    }
    return count;
  }

  it('leaves nothing of runs that have ended, and names those that are gone', async () => {
    const done = await makeRun('COMPLETED');
    const aborted = await makeRun('ACTIVE');
    await stores.inbox.put([eventFor(aborted, 'a')], 1_000);
    await stores.aborts.abort(aborted, 2_000);
    const unknown = randomUUID();
    expect(await rowsOf(done)).toBeGreaterThan(5);
    expect(await stores.deletes.delete([done, aborted, unknown, done])).toEqual(
      [done, aborted, unknown],
    );
    expect(await rowsOf(done)).toBe(0);
    expect(await rowsOf(aborted)).toBe(0);
  });

  it('leaves runs alone that have not ended', async () => {
    const active = await makeRun('ACTIVE');
    const failed = await makeRun('ERROR');
    const before = [await rowsOf(active), await rowsOf(failed)];
    expect(await stores.deletes.delete([active, failed])).toEqual([]);
    expect([await rowsOf(active), await rowsOf(failed)]).toEqual(before);
  });

  it('leaves a run alone whose end another waits for, or whose events are not sent', async () => {
    const parentId = await makeRun('ACTIVE');
    const parent = {
      id: parentId,
      key: '1.0',
      waits: true,
      onParentEnd: 'terminate' as const,
      rootId: parentId,
    };
    const awaited = await makeRun('COMPLETED', { parent, depth: 1 });
    const free = await makeRun('COMPLETED', {
      parent: { ...parent, key: '2.0', waits: false },
      depth: 1,
    });
    const sending = await makeRun('COMPLETED');
    await knex('embedded_produced').insert({ run_id: sending, event: '{}' });
    expect(await stores.deletes.delete([awaited, free, sending])).toEqual([
      free,
    ]);
    await stores.aborts.abort(parentId, 3_000);
    await knex('embedded_produced').where({ run_id: sending }).delete();
    expect(await stores.deletes.delete([awaited, sending])).toEqual([
      awaited,
      sending,
    ]);
  });

  it('forgets a text that nobody needs, a day after it was kept', async () => {
    const keep = (hash: string, age: number) =>
      knex('embedded_sources').insert({
        hash,
        format: 'json',
        source: '{}',
        default_workspace: 'default',
        kept_at: knex.raw('? - ?', [databaseTime(knex), age]),
      });
    const day = 24 * 60 * 60 * 1_000;
    await keep('old', day + 1_000);
    await keep('new', day - 60_000);
    await keep('used', day + 1_000);
    await keep('registered', day + 1_000);
    await knex('embedded_definitions').insert({
      id: 'd',
      hash: 'registered',
      workspace: 'default',
      name: 'd',
      version: '1',
    });
    await makeRun('ACTIVE', { definitionHash: 'used' });
    await stores.deletes.delete(
      await Promise.all(
        ['old', 'new', 'used', 'registered'].map(definitionHash =>
          makeRun('COMPLETED', { definitionHash }),
        ),
      ),
    );
    const left = await knex('embedded_sources').orderBy('hash').select('hash');
    expect(left.map(({ hash }) => hash)).toEqual(['new', 'registered', 'used']);
  });

  it('deletes as many as are named', async () => {
    const ids = await Promise.all(
      Array.from({ length: 230 }, () => makeRun('COMPLETED')),
    );
    expect((await stores.deletes.delete(ids)).length).toBe(230);
    expect(await knex('embedded_runs').whereIn('id', ids.slice(0, 90))).toEqual(
      [],
    );
  });
});
