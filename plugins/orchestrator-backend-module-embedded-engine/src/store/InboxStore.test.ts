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
import fc from 'fast-check';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { testDatabases } from '../__testUtils__/engines';
import {
  commitOf,
  eventFor,
  newRun,
  prepare,
  runStores,
} from './__testUtils__/runStores';
import type { StoredRun } from './rows';
import { transact } from './transact';

jest.setTimeout(60_000);

const databases = testDatabases();

describe.each(databases.eachSupportedId())('InboxStore on %p', databaseId => {
  let knex: Knex;
  let stores: ReturnType<typeof runStores>;

  beforeAll(async () => {
    knex = await databases.init(databaseId);
    await prepare(knex);
    stores = runStores(knex, { maxWaiting: 3 });
  });

  async function waitingRun(): Promise<string> {
    const id = randomUUID();
    await stores.inserts.insert(newRun(id), 'owner');
    const run = (await stores.runs.load(id))!;
    await stores.runs.commit(commitOf(run, 'owner'));
    return id;
  }

  const row = (id: string) => knex('embedded_runs').where({ id }).first();

  const put = (id: string, ...keys: string[]) =>
    stores.inbox.put(
      keys.map(key => eventFor(id, key)),
      1_000,
    );

  it('says what became of a message', async () => {
    const id = await waitingRun();
    expect(await put(id, 'a')).toEqual(['stored']);
    expect(await put(id, 'a')).toEqual(['known']);
    expect(await put(id, 'b', 'b', 'c')).toEqual(['stored', 'known', 'stored']);
    expect(await put(id, 'd', 'b')).toEqual(['full', 'known']);
    expect(await put(randomUUID(), 'a')).toEqual(['unknown']);
    await stores.aborts.abort(id, 3_000);
    expect(await put(id, 'a', 'z')).toEqual(['ended', 'ended']);
  });

  it('has room for what becomes of sub-flows always', async () => {
    const id = await waitingRun();
    await put(id, 'a', 'b', 'c');
    expect(
      await stores.inbox.put(
        [
          {
            runId: id,
            key: 'child',
            kind: 'child',
            body: { key: '1.0', outcome: { value: 1 } },
          },
        ],
        1_000,
      ),
    ).toEqual(['stored']);
  });

  it('has room again for what was taken, and knows that still', async () => {
    const id = await waitingRun();
    await put(id, 'a', 'b', 'c');
    const [run] = await stores.leases.takeDue('owner', 1_000);
    const { mail, waiting } = await stores.reader.read(id, true);
    await stores.runs.commit(
      commitOf(run, 'owner', { mail, taken: [waiting[0].seq] }),
    );
    expect(await put(id, 'a', 'd', 'e')).toEqual(['known', 'stored', 'full']);
    const [taken] = await knex('embedded_inbox').where({
      run_id: id,
      message_key: 'a',
    });
    expect(taken.body).toBeNull();
    await stores.aborts.abort(id, 3_000);
  });

  it('wakes a run that waits, and none in error but by its sub-flows', async () => {
    const id = await waitingRun();
    expect((await row(id)).wake_at).toBeNull();
    await put(id, 'a');
    expect(Number((await row(id)).wake_at)).toBe(0);

    const failed = await waitingRun();
    await knex('embedded_runs').where({ id: failed }).update({
      status: 'ERROR',
    });
    await put(failed, 'a');
    expect((await row(failed)).wake_at).toBeNull();
    await stores.inbox.put(
      [
        {
          runId: failed,
          key: 'child',
          kind: 'child',
          body: { key: '1.0', outcome: { value: 1 } },
        },
      ],
      1_000,
    );
    expect(Number((await row(failed)).wake_at)).toBe(0);
    await stores.aborts.abort(id, 3_000);
    await stores.aborts.abort(failed, 3_000);
  });

  async function ownedRun(): Promise<StoredRun> {
    const id = randomUUID();
    await stores.inserts.insert(newRun(id), 'owner');
    return (await stores.runs.load(id))!;
  }

  it('loses no wake-up to a commit that comes before the message', async () => {
    const run = await ownedRun();
    await stores.runs.commit(commitOf(run, 'owner', { mail: 0 }));
    await put(run.id, 'a');
    expect(Number((await row(run.id)).wake_at)).toBe(0);
    await stores.aborts.abort(run.id, 3_000);
  });

  it('loses no wake-up to a commit that comes after the message', async () => {
    const run = await ownedRun();
    await put(run.id, 'a');
    expect((await row(run.id)).wake_at).toBeNull();
    await stores.runs.commit(commitOf(run, 'owner', { mail: 0 }));
    expect(Number((await row(run.id)).wake_at)).toBe(0);
    await stores.aborts.abort(run.id, 3_000);
  });

  /** Something in a transaction that has done its work, and is over once `go` is called. */
  async function during(
    work: (tx: Knex.Transaction) => Promise<unknown>,
  ): Promise<{ go: () => Promise<void> }> {
    let end = () => {};
    const gate = new Promise<void>(resolve => {
      end = resolve;
    });
    let worked = () => {};
    const begun = new Promise<void>(resolve => {
      worked = resolve;
    });
    const transaction = transact(knex, async tx => {
      await work(tx);
      worked();
      await gate;
    });
    await begun;
    return {
      go: () => {
        end();
        return transaction;
      },
    };
  }

  it('loses no wake-up to a commit that begins while the message is stored', async () => {
    const run = await ownedRun();
    const { go } = await during(tx =>
      stores.inbox.putIn(tx, [eventFor(run.id, 'a')], 1_000),
    );
    const commit = stores.runs.commit(commitOf(run, 'owner', { mail: 0 }));
    await Promise.all([go(), commit]);
    expect(await commit).toMatchObject({ stored: true });
    expect(Number((await row(run.id)).wake_at)).toBe(0);
    await stores.aborts.abort(run.id, 3_000);
  });

  it('loses no wake-up to a commit that is not over when the message comes', async () => {
    const run = await ownedRun();
    const { go } = await during(tx =>
      tx('embedded_runs')
        .where({ id: run.id, rev: run.rev, owner: 'owner' })
        .update({
          rev: run.rev + 1,
          owner: null,
          wake_at: tx.raw('case when mail > 0 then 0 else null end'),
        }),
    );
    const message = put(run.id, 'a');
    await Promise.all([go(), message]);
    expect(await message).toEqual(['stored']);
    expect(Number((await row(run.id)).wake_at)).toBe(0);
    await stores.aborts.abort(run.id, 3_000);
  });

  it('gives each message to one commit, whatever comes between', async () => {
    const wide = runStores(knex, { maxWaiting: 1_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('put', 'claim', 'read', 'store', 'late'), {
          maxLength: 30,
        }),
        async operations => {
          const id = randomUUID();
          await wide.inserts.insert(newRun(id), 'first');
          const taken: number[] = [];
          // Whether each commit was stored, or fenced off, as it should be.
          const outcomes: boolean[] = [];
          let sent = 0;
          // Who has the run, and what it has read.
          let holder:
            | { run: StoredRun; mail: number; read: number[] }
            | undefined;
          const load = (run: StoredRun) => ({
            run,
            mail: run.mailSeen,
            read: [] as number[],
          });
          holder = load((await wide.runs.load(id))!);
          let owner = 'first';
          let stale: typeof holder;
          const act = {
            put: async () => {
              sent += 1;
              await wide.inbox.put([eventFor(id, String(sent))], 1_000);
            },
            claim: async () => {
              const runs = await wide.leases.takeDue('next', 1_000);
              const mine = runs.find(run => run.id === id);
              if (mine !== undefined) {
                owner = 'next';
                holder = load(mine);
              }
            },
            read: async () => {
              if (holder !== undefined) {
                const { mail, waiting } = await wide.reader.read(id, true);
                holder.mail = mail;
                holder.read = waiting.map(({ seq }) => seq);
              }
            },
            store: async () => {
              if (holder !== undefined) {
                const { mail, read, run } = holder;
                const { stored } = await wide.runs.commit(
                  commitOf(run, owner, { mail, taken: read }),
                );
                outcomes.push(stored);
                taken.push(...read);
                stale = holder;
                holder = undefined;
              }
            },
            /** A writer that was fenced off tries again. */
            late: async () => {
              if (stale !== undefined) {
                const { mail, read, run } = stale;
                const { stored } = await wide.runs.commit(
                  commitOf(run, owner, { mail, taken: read }),
                );
                outcomes.push(!stored);
              }
            },
          };
          for (const operation of operations) {
            await act[operation]();
          }
          // Whoever has it comes to an end; then there is nothing left to do only where nothing is left.
          for (;;) {
            await act.read();
            await act.store();
            await act.claim();
            if (holder === undefined) {
              break;
            }
          }
          expect(outcomes).not.toContain(false);
          expect(new Set(taken).size).toBe(taken.length);
          expect(taken.length).toBe(sent);
          await wide.aborts.abort(id, 3_000);
        },
      ),
      { numRuns: 40 },
    );
  });
});
