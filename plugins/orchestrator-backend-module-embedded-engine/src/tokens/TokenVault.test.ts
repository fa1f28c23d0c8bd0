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
import type { Knex } from 'knex';
import { testDatabases } from '../__testUtils__/engines';
import type { Clock } from '../host/clock';
import { prepareDatabase } from '../store/database';
import { TokenVault } from './TokenVault';

jest.setTimeout(60_000);

const KEY = 'a key of sixteen characters';
const TOKEN = 'ghp_hunter2-and-more+/=';
const signal = new AbortController().signal;

/** A clock whose timers go off when they are told to. */
function testClock() {
  const timers = new Map<() => void, number>();
  const clock: Clock = {
    now: () => 0,
    after: (milliseconds, callback) => {
      timers.set(callback, milliseconds);
      return () => timers.delete(callback);
    },
  };
  const fire = () => {
    const due = [...timers.keys()];
    timers.clear();
    due.forEach(callback => callback());
  };
  return { clock, fire, timers };
}

function vaultOn(
  knex: Knex,
  secretKey: string | undefined,
  { clock } = testClock(),
) {
  const logger = mockServices.logger.mock();
  return { vault: new TokenVault(knex, { secretKey, clock, logger }), logger };
}

/** Everything that the database holds, as text. */
async function dump(knex: Knex): Promise<string> {
  const rows = await knex('embedded_tokens').select();
  return JSON.stringify(rows);
}

/** A row of a run, as far as the sweep looks at it. */
function runRow(id: string, status: string, rootId?: string) {
  return {
    id,
    status,
    root_id: rootId ?? null,
    definition_id: 'w',
    definition_hash: 'h',
    version: '1',
    state: '{}',
    data: '{}',
    input: '{}',
    rev: 0,
    started_at: 0,
  };
}

const databases = testDatabases();

describe.each(databases.eachSupportedId())('TokenVault on %s', id => {
  let knex: Knex;
  beforeAll(async () => {
    knex = await databases.init(id);
    await prepareDatabase(knex, {
      skipMigrations: false,
      synchronous: 'normal',
    });
  });
  beforeEach(() => knex('embedded_tokens').delete());

  it('keeps the tokens of providers that the workflow names, and stores them in no readable form', async () => {
    const { logger, vault } = vaultOn(knex, KEY);
    await vault.put(
      knex,
      'r',
      [
        { provider: 'github', token: 'older' },
        { provider: 'github', token: TOKEN },
        { provider: 'gitlab', token: TOKEN },
        { provider: 'other', token: TOKEN },
      ],
      ['github', 'gitlab', 'absent'],
    );
    expect(await vault.read('r', 'r', signal)).toEqual(
      new Map([
        ['github', { token: TOKEN }],
        ['gitlab', { token: TOKEN }],
      ]),
    );
    expect(await vault.read('s', 's', signal)).toEqual(new Map());
    const stored = await dump(knex);
    for (const offset of [0, 1, 2]) {
      const shifted = Buffer.from('x'.repeat(offset) + TOKEN).toString(
        'base64',
      );
      expect(stored).not.toContain(shifted.slice(4, -4));
    }
    for (const form of [
      TOKEN,
      encodeURIComponent(TOKEN),
      Buffer.from(TOKEN).toString('hex'),
    ]) {
      expect(stored).not.toContain(form);
    }
    const logged = JSON.stringify(
      [logger.debug, logger.info, logger.warn, logger.error].map(
        ({ mock }) => mock.calls,
      ),
    );
    expect(logged).toBe('[[],[],[],[]]');
  });

  it('replaces what is given again, and erases in the transaction', async () => {
    const { vault } = vaultOn(knex, KEY);
    const put = (token: string) =>
      vault.put(knex, 'r', [{ provider: 'p', token }], ['p']);
    await put('one');
    await put('two');
    expect(await vault.read('r', 'r', signal)).toEqual(
      new Map([['p', { token: 'two' }]]),
    );
    await expect(
      knex.transaction(async tx => {
        await vault.erase(tx, ['r']);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect((await vault.read('r', 'r', signal))?.size).toBe(1);
    await knex.transaction(tx => vault.erase(tx, ['q', 'r']));
    expect((await vault.read('r', 'r', signal))?.size).toBe(0);
    expect(await dump(knex)).toBe('[]');
  });

  it('knows tokens of before a restart, but none that another key has encrypted', async () => {
    const { vault } = vaultOn(knex, KEY);
    await vault.put(knex, 'r', [{ provider: 'p', token: TOKEN }], ['p']);
    const again = vaultOn(knex, KEY).vault;
    expect(await again.read('r', 'r', signal)).toEqual(
      new Map([['p', { token: TOKEN }]]),
    );
    for (const key of ['another key of enough characters', undefined]) {
      expect(await vaultOn(knex, key).vault.read('r', 'r', signal)).toEqual(
        new Map([['p', { lost: 'key' }]]),
      );
    }
    // What was encrypted for one run is of no use in the row of another.
    await knex('embedded_tokens').update({ run_id: 's' });
    expect(await again.read('s', 's', signal)).toEqual(
      new Map([['p', { lost: 'key' }]]),
    );
  });

  it('keeps them in memory alone where there is no key', async () => {
    const { vault } = vaultOn(knex, undefined);
    await vault.put(knex, 'r', [{ provider: 'p', token: TOKEN }], ['p']);
    expect(await vault.read('r', 'r', signal)).toEqual(
      new Map([['p', { token: TOKEN }]]),
    );
    expect(JSON.parse(await dump(knex))).toEqual([
      { run_id: 'r', provider: 'p', token: 'memory' },
    ]);
    expect(await vaultOn(knex, undefined).vault.read('r', 'r', signal)).toEqual(
      new Map([['p', { lost: 'memory' }]]),
    );
    await vault.erase(knex, ['r']);
    expect(await vault.read('r', 'r', signal)).toEqual(new Map());
  });

  it('stores nothing where there is nothing to store', async () => {
    const { vault } = vaultOn(knex, KEY);
    await vault.put(knex, 'r', [], ['p']);
    await vault.put(knex, 'r', [{ provider: 'q', token: TOKEN }], ['p']);
    expect(await dump(knex)).toBe('[]');
  });

  it('sweeps out tokens of runs that are gone, ended or failed, now and each hour', async () => {
    const timing = testClock();
    const { vault } = vaultOn(knex, KEY, timing);
    await knex('embedded_runs').insert([
      runRow('active', 'ACTIVE'),
      runRow('done', 'COMPLETED'),
      runRow('failed', 'ERROR'),
      runRow('parent', 'ERROR'),
      runRow('child', 'ACTIVE', 'parent'),
    ]);
    const ids = ['active', 'done', 'failed', 'parent', 'gone'];
    const put = async () => {
      for (const runId of ids) {
        await vault.put(knex, runId, [{ provider: 'p', token: 't' }], ['p']);
      }
    };
    const left = async () =>
      (await knex('embedded_tokens').orderBy('run_id').pluck('run_id')).join();
    await put();
    vault.begin();
    await vault.stop();
    expect(await left()).toBe('active,parent');
    expect(timing.timers.size).toBe(0);

    const { vault: second } = vaultOn(knex, KEY, timing);
    second.begin();
    while (timing.timers.size === 0) {
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
    expect([...timing.timers.values()]).toEqual([3_600_000]);
    await put();
    timing.fire();
    await second.stop();
    expect(await left()).toBe('active,parent');
    expect(timing.timers.size).toBe(0);
    await knex('embedded_runs').delete();
  });

  it('asks again while the database does not answer, until nobody waits', async () => {
    const timing = testClock();
    const broken = Object.assign(
      () => ({
        where: () => ({
          select: async () => {
            throw Object.assign(new Error(`select ${TOKEN}`), {
              code: 'ECONNREFUSED',
            });
          },
        }),
      }),
      {},
    ) as unknown as Knex;
    const { logger, vault } = vaultOn(broken, KEY, timing);
    const controller = new AbortController();
    const reading = vault.read('r', 'r', controller.signal);
    for (const delay of [50, 100]) {
      while (timing.timers.size === 0) {
        await new Promise(resolve => {
          setImmediate(resolve);
        });
      }
      expect([...timing.timers.values()]).toEqual([delay]);
      timing.fire();
    }
    controller.abort();
    expect(await reading).toBeUndefined();
    expect(logger.warn).toHaveBeenCalled();
    expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('hunter2');
  });
});
