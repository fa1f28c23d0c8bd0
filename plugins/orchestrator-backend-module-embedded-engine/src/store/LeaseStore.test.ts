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
import { testDatabases } from '../__testUtils__/engines';
import { prepareDatabase } from './database';
import { LeaseStore } from './LeaseStore';

jest.setTimeout(60_000);

const databases = testDatabases();
/** Runs that wait for events, or have ended. */
const OTHERS = 5_000;

describe.each(databases.eachSupportedId())('LeaseStore on %p', databaseId => {
  let knex: Knex;
  let leases: LeaseStore;

  beforeAll(async () => {
    knex = await databases.init(databaseId);
    await prepareDatabase(knex, {
      skipMigrations: false,
      synchronous: 'normal',
    });
    leases = new LeaseStore(knex);
    const row = (id: string, status: string, more: object = {}) => ({
      ...{ id, definition_id: 'some', definition_hash: 'hash', version: '1.0' },
      ...{ status, rev: 1, owner: null, wake_at: null, started_at: 1 },
      ...{ state: '{}', data: '{}', input: '{}', provenance: null, ...more },
    });
    const others = Array.from({ length: OTHERS }, (_, n) =>
      row(`other-${n}`, n % 2 ? 'ACTIVE' : 'COMPLETED'),
    );
    await knex.batchInsert('embedded_runs', others, 50);
    await knex('embedded_runs').insert([
      row('later', 'ACTIVE', { wake_at: 300 }),
      row('second', 'ACTIVE', { wake_at: 20 }),
      row('first', 'ERROR', { wake_at: 10 }),
      row('ended', 'ABORTED', { wake_at: 10 }),
      row('gone', 'ACTIVE', { owner: 'nobody', wake_at: 10 }),
    ]);
    if (databaseId !== 'SQLITE_3') await knex.raw('analyze embedded_runs');
  });

  /** How the database goes about the statements on runs of some work. */
  async function plansOf(work: () => Promise<unknown>): Promise<string[]> {
    const queries: { sql: string; bindings: Knex.RawBinding[] }[] = [];
    const listen = (query: (typeof queries)[number]) => queries.push(query);
    knex.on('query', listen);
    await work();
    knex.removeListener('query', listen);
    const ofRuns = queries.filter(({ sql }) => sql.includes('embedded_runs'));
    expect(ofRuns).toHaveLength(1);
    const [{ sql, bindings }] = ofRuns;
    const how =
      databaseId === 'SQLITE_3' ? 'explain query plan' : 'explain (costs off)';
    const explained = await knex.raw(
      `${how} ${sql.replace(/\$\d+/g, '?')}`,
      bindings,
    );
    const rows = databaseId === 'SQLITE_3' ? explained : explained.rows;
    return rows.map((row: object) => Object.values(row).join(' '));
  }

  it.each<[string, () => Promise<unknown>]>([
    ['runs that are due', () => leases.takeDue('me', 5)],
    ['when the next is due', () => leases.nextDue()],
    ['runs of those who are gone', () => leases.takeOver('nobody')],
  ])('finds %s without going through all others', async (_what, work) => {
    const plans = (await plansOf(work)).join('\n');
    expect(plans).toMatch(/embedded_runs_(wake_at|owner)_idx/);
    expect(plans).not.toMatch(/Seq Scan on embedded_runs|SCAN embedded_runs/);
    expect(plans).not.toMatch(/(owner=\?)|(status=\?)/);
    expect(plans).not.toMatch(/status_ended_at/);
  });

  it('takes on what is due, and nothing else', async () => {
    expect(await leases.nextDue()).toBe(10);
    const taken = await leases.takeDue('me', 20);
    expect(taken.map(({ id }) => id).sort()).toEqual(['first', 'second']);
    expect(await leases.takeDue('me', 20)).toEqual([]);
    expect(await leases.nextDue()).toBe(300);
  });

  it('takes over the runs of those who are gone, and no others', async () => {
    await leases.register('me', undefined, 60_000);
    const taken = await leases.takeOver('another');
    expect(taken.map(({ id }) => id)).toEqual(['gone']);
    expect(await leases.takeOver('another')).toEqual([]);
  });
});
