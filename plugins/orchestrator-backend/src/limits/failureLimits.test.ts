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
import type { JsonObject } from '@backstage/types';
import {
  formatOrchestratorToken,
  parseOrchestratorToken,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { Knex } from 'knex';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const START = Date.now();

describe('the failure limits', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });
  const portals: TestPortal[] = [];
  let now: number;

  beforeEach(() => {
    now = START;
  });

  afterEach(async () => {
    for (const portal of portals.splice(0)) await portal.stop();
  });

  async function start(options: { rateLimit?: JsonObject; knex?: Knex } = {}) {
    const portal = await startTestPortal({
      knex: options.knex,
      now: () => now,
      config: {
        orchestrator: {
          auth: {
            admins: ['user:default/carol'],
            ...(options.rateLimit ? { rateLimit: options.rateLimit } : {}),
          },
        },
      },
    });
    portals.push(portal);
    const call = (token?: string, headers: Record<string, string> = {}) => {
      const sent = request(portal.server)
        .get('/api/orchestrator/v2/whoami')
        .set(headers);
      return token === undefined
        ? sent
        : sent.set('Authorization', `Bearer ${token}`);
    };
    const statusesOf = async (count: number, ...one: Parameters<typeof call>) =>
      (await Promise.all(Array.from({ length: count }, () => call(...one))))
        .map(({ status }) => status)
        .sort();
    const mint = async (name: string) => {
      const { body } = await request(portal.server)
        .post('/api/orchestrator/v2/tokens')
        .set(
          'Authorization',
          `Bearer ${await portal.issuer.userToken('user:default/carol')}`,
        )
        .send({ kind: 'service', name, scopes: ['workflows:read'] })
        .expect(201);
      return body.secret as string;
    };
    return { portal, call, statusesOf, mint };
  }

  /** Another secret under the id of a token. */
  function forge(token: string): string {
    const parts = parseOrchestratorToken(token)!;
    return formatOrchestratorToken({ ...parts, secret: 'x'.repeat(43) });
  }

  const times = (count: number, status: number) =>
    Array<number>(count).fill(status);

  it('answer 20 failures of an address in a minute, and the next when the first is a minute old', async () => {
    const { call, statusesOf } = await start();
    await call('garbage').expect(401);
    now += 10_000;
    expect(await statusesOf(25, 'garbage')).toEqual([
      ...times(19, 401),
      ...times(6, 429),
    ]);
    const { headers, body } = await call('garbage').expect(429);
    expect(headers['retry-after']).toBe('50');
    expect(body.error.code).toBe('auth.rate_limited');
    now += 49_999;
    await call('garbage').expect(429).expect('retry-after', '1');
    now += 1;
    await call('garbage').expect(401);
    await call('garbage').expect(429).expect('retry-after', '10');
  });

  it('answer 10 failures of a token, and its right secret always', async () => {
    const { call, statusesOf, mint } = await start();
    const [token, other] = [await mint('one'), await mint('two')];
    expect(await statusesOf(12, forge(token))).toEqual([
      ...times(10, 401),
      ...times(2, 429),
    ]);
    await call(forge(other)).expect(401);
    await call(token).expect(200);
  });

  it('count by address whatever is refused, and serve what verifies', async () => {
    const { portal, call, mint } = await start({
      rateLimit: { ip: { failures: 3 } },
    });
    const token = await mint('one');
    const user = await portal.issuer.userToken('user:default/alice');
    const basic = request(portal.server)
      .get('/api/orchestrator/v2/whoami')
      .set('Authorization', 'Basic YTpi');
    const statuses: number[] = [];
    for (const sent of [
      call(`${user.slice(0, -4)}AAAA`),
      basic,
      call(forge(token)),
      call('garbage'),
      call(token),
      call(user),
    ]) {
      statuses.push((await sent).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 200, 200]);
  });

  it('do not count a missing credential, nor what a valid one may not do or find', async () => {
    const { portal, call, mint } = await start({
      rateLimit: { ip: { failures: 1 } },
    });
    const token = await mint('one');
    const get = (path: string) =>
      request(portal.server)
        .get(`/api/orchestrator/v2${path}`)
        .set('Authorization', `Bearer ${token}`);
    const statuses: number[] = [];
    for (const sent of [
      call(),
      get('/audit/events'),
      get('/nothing'),
      call('garbage'),
      call('garbage'),
      call(),
      get('/audit/events'),
      get('/nothing'),
    ]) {
      statuses.push((await sent).status);
    }
    expect(statuses).toEqual([401, 403, 404, 401, 429, 401, 403, 404]);
  });

  it('go by the address of the peer, whatever a header says', async () => {
    const { call } = await start({ rateLimit: { ip: { failures: 2 } } });
    const statuses: number[] = [];
    for (let n = 1; n <= 4; n += 1) {
      const { status } = await call('garbage', {
        'x-forwarded-for': `192.0.2.${n}`,
        forwarded: `for=192.0.2.${n}`,
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 429, 429]);
  });

  it('are off where the config says 0', async () => {
    const { statusesOf, mint } = await start({
      rateLimit: { ip: { failures: 0 }, identity: { failures: 0 } },
    });
    const token = await mint('one');
    expect(await statusesOf(30, forge(token))).toEqual(times(30, 401));
  });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    /** Waits until the replicas have told each other of so many failures. */
    async function untilShared(knex: Knex, failures: number) {
      for (;;) {
        const rows = await knex('orchestrator_auth_failures').select('times');
        const shared = rows.flatMap(row => JSON.parse(row.times)).length;
        expect(shared).toBeLessThanOrEqual(failures);
        if (shared === failures) return;
        await new Promise(resolve => setTimeout(resolve, 10));
      }
    }

    it('hold for all replicas together', async () => {
      const knex = await databases.init(databaseId);
      const rateLimit = { ip: { failures: 5 } };
      const one = await start({ knex, rateLimit });
      const other = await start({ knex, rateLimit });

      expect(await one.statusesOf(3, 'garbage')).toEqual(times(3, 401));
      await untilShared(knex, 3);
      await other.call('garbage').expect(401);
      await untilShared(knex, 4);
      expect(await other.statusesOf(2, 'garbage')).toEqual([401, 429]);
      await untilShared(knex, 5);
      // It learns from its next failure that the limit was reached elsewhere.
      await one.call('garbage').expect(401);
      await untilShared(knex, 6);
      await one.call('garbage').expect(429).expect('retry-after', '60');
      now += 60_000;
      await one.call('garbage').expect(401);
      await other.call('garbage').expect(401);
    });
  });
});
