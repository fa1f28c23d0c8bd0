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
import { prepare } from '../store/__testUtils__/runStores';
import { LeaseStore } from '../store/LeaseStore';
import { OwnLease } from './OwnLease';

jest.setTimeout(60_000);

const databases = testDatabases();
const LEASE_MS = 60_000;

describe.each(databases.eachSupportedId())('OwnLease on %p', databaseId => {
  let knex: Knex;
  let now: number;
  let lease: OwnLease;

  beforeAll(async () => {
    knex = await databases.init(databaseId);
    await prepare(knex);
  });

  beforeEach(() => {
    now = 1_000;
    lease = new OwnLease(new LeaseStore(knex), LEASE_MS, () => now);
  });

  it('holds from when it is registered, until its time is over by a clock of its own', async () => {
    expect(lease.holds).toBe(false);
    await lease.owner();
    expect(lease.holds).toBe(true);
    now += LEASE_MS - 1;
    expect(lease.holds).toBe(true);
    now += 1;
    // The row in the database says otherwise still: the process was stopped, and looks at its own clock first.
    expect(lease.holds).toBe(false);
    expect(await lease.renew()).toBe(true);
    expect(lease.holds).toBe(true);
  });

  it('counts from before the statement, whose answer may come late', async () => {
    const store = new LeaseStore(knex);
    const renew = store.renew.bind(store);
    jest.spyOn(store, 'renew').mockImplementation(async (...given) => {
      const renewed = await renew(...given);
      now += LEASE_MS;
      return renewed;
    });
    lease = new OwnLease(store, LEASE_MS, () => now);
    await lease.owner();
    expect(await lease.renew()).toBe(true);
    expect(lease.holds).toBe(false);
  });

  it('does not hold under a new name before that is registered', async () => {
    const first = await lease.owner();
    lease.begin();
    expect(lease.holds).toBe(false);
    expect(lease.id).not.toBe(first);
    await lease.owner();
    expect(lease.holds).toBe(true);
  });

  it('is not renewed once another process has ended it', async () => {
    const owner = await lease.owner();
    await new LeaseStore(knex).expire([owner]);
    expect(await lease.renew()).toBe(false);
  });
});
