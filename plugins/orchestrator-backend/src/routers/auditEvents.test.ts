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
  type components,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import type { Knex } from 'knex';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';
import { AUDIT } from '../database/AuditRow';
import { until } from '../workflows/__testUtils__/workflowFixture';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const ADMIN = 'user:default/alice';
const BOB = 'user:default/bob';

type Page = components['schemas']['AuditEventList'];
type Verification = components['schemas']['AuditVerification'];

describe('what the audit log tells', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let knex: Knex;
    let portal: TestPortal;
    let admin: string;
    let bob: string;

    const start = (config: JsonObject = {}) =>
      startTestPortal({
        knex,
        engines: [
          createFakeEngine({
            definitions: [{ id: 'wait', scenario: 'waits' }],
          }),
        ],
        config: { orchestrator: { auth: { admins: [ADMIN], ...config } } },
      });

    beforeAll(async () => {
      knex = await databases.init(databaseId);
      portal = await start();
      admin = await portal.issuer.userToken(ADMIN);
      bob = await portal.issuer.userToken(BOB);
    });
    afterAll(() => portal.stop());

    const call = (
      path: string,
      token?: string,
      method: 'get' | 'post' | 'delete' = 'get',
    ) => {
      const sent = request(portal.server)[method](
        `/api/orchestrator/v2${path}`,
      );
      return token ? sent.set('Authorization', `Bearer ${token}`) : sent;
    };
    const list = async (query: Record<string, string> = {}): Promise<Page> => {
      const search = new URLSearchParams(query);
      const { body } = await call(`/audit/events?${search}`, admin).expect(200);
      return body;
    };
    const verify = async (): Promise<Verification> =>
      (await call('/audit/verify', admin).expect(200)).body;
    const find = (query: Record<string, string>) =>
      until(async () => (await list(query)).items[0]);

    it('tells of a refusal once for a caller, code and minute, with how often', async () => {
      for (let index = 0; index < 3; index++) {
        await call('/audit/events', bob).expect(403);
      }
      const counted = await until(async () => {
        const { items } = await list({ actor: BOB, event: 'auth.denied' });
        const counts = items.map(({ count }) => count!);
        return counts.reduce((sum, count) => sum + count, 0) >= 3 && items;
      });
      expect(counted[0]).toMatchObject({
        event: 'auth.denied',
        actor: BOB,
        outcome: 'denied',
        code: 'auth.missing_scope',
        address: expect.stringMatching(/127\.0\.0\.1$|^::1$/),
      });
      expect(counted[0].tokenId).toBeUndefined();
    });

    it('tells of starts and aborts, and of who reads it', async () => {
      const started = await call('/workflows/wait/execute', bob, 'post')
        .send({ inputData: {} })
        .expect(200);
      const { id } = started.body;
      await call(`/workflows/instances/${id}/abort`, bob, 'delete').expect(200);
      const { items } = await list({ actor: BOB, outcome: 'succeeded' });
      const told = items.filter(({ instanceId }) => instanceId === id);
      const event = {
        id: expect.any(String),
        time: expect.stringMatching(/^20.*Z$/),
        actor: BOB,
        workflowId: 'wait',
        instanceId: id,
        outcome: 'succeeded',
        address: expect.any(String),
      };
      expect(told.map(({ seq, ...item }) => item)).toEqual(
        expect.arrayContaining([
          { ...event, event: 'run.started' },
          { ...event, event: 'run.aborted' },
        ]),
      );
      expect(told).toHaveLength(2);
      expect((await list({ event: 'audit.read' })).items[0]).toMatchObject({
        actor: ADMIN,
        outcome: 'succeeded',
        meta: { filters: ['event'] },
      });
    });

    it('tells of the life of a managed token and of its refusals, and nothing of its secret', async () => {
      const made = await call('/tokens', bob, 'post')
        .send({ kind: 'personal', name: 'ci', scopes: ['workflows:read'] })
        .expect(201);
      const { token, secret } = made.body;
      await call('/audit/events', secret).expect(403);
      await call(`/tokens/${token.id}/revoke`, bob, 'post')
        .send({ reason: 'Lost' })
        .expect(200);
      await call('/whoami', secret).expect(401);
      const forged = formatOrchestratorToken({
        kind: 'personal',
        id: token.id,
        secret: 'A'.repeat(43),
      });
      await call('/whoami', forged).expect(401);

      const items = await until(async () => {
        const page = await list({ tokenId: token.id });
        return page.items.length === 4 && page.items;
      });
      expect(
        items.map(({ event, outcome, code, actor, count }) => ({
          event,
          outcome,
          code,
          actor,
          count,
        })),
      ).toEqual(
        expect.arrayContaining([
          { event: 'token.created', outcome: 'succeeded', actor: BOB },
          { event: 'token.revoked', outcome: 'succeeded', actor: BOB },
          {
            event: 'token.used_denied',
            outcome: 'denied',
            code: 'auth.missing_scope',
            actor: BOB,
            count: 1,
          },
          {
            event: 'token.used_denied',
            outcome: 'denied',
            code: 'auth.token_revoked',
            count: 1,
          },
        ]),
      );
      // Who does not have the secret is nobody who is known.
      const garbage = await until(async () => {
        const { items: refused } = await list({ event: 'auth.denied' });
        return refused.find(({ code }) => code === 'auth.invalid_token');
      });
      expect(garbage).not.toMatchObject({ tokenId: expect.anything() });
      const everything = JSON.stringify([await knex(AUDIT), portal.audited]);
      expect(everything).toContain(token.id);
      for (const text of [secret, forged, admin, bob]) {
        expect(everything).not.toContain(text);
        expect(everything).not.toContain(text.slice(20, 60));
      }
    });

    it('seals the events, and finds one that was changed', async () => {
      await find({ event: 'run.started' });
      const row = await until(() =>
        knex(AUDIT).where({ event: 'run.started' }).whereNotNull('seq').first(),
      );
      expect(await verify()).toMatchObject({
        status: 'ok',
        sealed: expect.any(Number),
        unsealed: expect.any(Number),
        checkpoint: {
          seq: expect.any(Number),
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          time: expect.stringMatching(/Z$/),
        },
      });
      const tell = (actor: string) =>
        knex(AUDIT).where({ id: row.id }).update({ actor });
      await tell('user:default/mallory');
      expect(await verify()).toMatchObject({
        status: 'broken',
        firstBroken: { seq: Number(row.seq), reason: expect.any(String) },
      });
      await tell(row.actor);
      expect(await verify()).toMatchObject({ status: 'ok' });
      const checkpoints = portal.audited.filter(
        ({ eventId }) => eventId === 'audit-checkpoint',
      );
      expect(checkpoints[0]).toMatchObject({
        meta: { seq: expect.any(Number), hash: expect.any(String) },
      });
    });

    it('shows what somebody else wrote into the table as far as it can', async () => {
      const [row] = await knex(AUDIT).where({ event: 'run.started' });
      const tell = (change: object) =>
        knex(AUDIT).where({ id: row.id }).update(change);
      await tell({ at: '9000000000000000', meta: '{' });
      const { items } = await list({ event: 'run.started' });
      expect(items[0]).toMatchObject({
        time: '+275760-09-13T00:00:00.000Z',
        meta: { isUnreadable: true },
      });
      await tell({ at: row.at, meta: row.meta });
    });

    it('tells of the grants only where they are others than before', async () => {
      const changes = async () => {
        const rows = await knex(AUDIT)
          .where({ event: 'grants.changed' })
          .orderBy('at');
        return rows.map(({ meta }) => JSON.parse(meta));
      };
      const [first, ...none] = await changes();
      expect(first).toEqual({ hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(none).toEqual([]);
      const replicas = [await start(), await start()];
      expect(await changes()).toEqual([first]);
      const match = (text: string) => ({
        grants: {
          team: { match: { expression: text }, scopes: ['workflows:read'] },
        },
      });
      for (const text of ['principal.ref == "a"', 'principal.ref == "b"']) {
        replicas.push(await start(match(text)), await start(match(text)));
      }
      const [, second, third, ...more] = await changes();
      expect(second.previous).toBe(first.hash);
      expect(third.previous).toBe(second.hash);
      expect(new Set([first, second, third].map(({ hash }) => hash)).size).toBe(
        3,
      );
      expect(more).toEqual([]);
      await Promise.all(replicas.map(replica => replica.stop()));
    });

    it('answers refusals as ever where the table is away, and nothing else', async () => {
      await knex.schema.renameTable(AUDIT, 'elsewhere');
      try {
        await call('/audit/events', bob).expect(403);
        await call('/audit/events').expect(401);
        const { body } = await call('/audit/events', admin).expect(503);
        expect(body.error.code).toBe('service.unavailable');
        await call('/audit/verify', admin).expect(503);
        await call('/workflows/wait/execute', bob, 'post')
          .send({ inputData: {} })
          .expect(503);
      } finally {
        await knex.schema.renameTable('elsewhere', AUDIT);
      }
      await list();
    });
  });
});
