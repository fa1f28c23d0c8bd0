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
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const ADMIN = 'user:default/alice';
const BOB = 'user:default/bob';

type Page = components['schemas']['AuditEventList'];

describe('queries of the audit log', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let portal: TestPortal;
    let admin: string;
    let bob: string;

    beforeAll(async () => {
      portal = await startTestPortal({
        knex: await databases.init(databaseId),
        config: { orchestrator: { auth: { admins: [ADMIN] } } },
      });
      admin = await portal.issuer.userToken(ADMIN);
      bob = await portal.issuer.userToken(BOB);
    });
    afterAll(() => portal.stop());

    const call = (path: string, token?: string) => {
      const sent = request(portal.server).get(`/api/orchestrator/v2${path}`);
      return token ? sent.set('Authorization', `Bearer ${token}`) : sent;
    };
    const list = async (query: Record<string, string> = {}): Promise<Page> => {
      const search = new URLSearchParams(query);
      const { body } = await call(`/audit/events?${search}`, admin).expect(200);
      return body;
    };
    it('needs audit:read', async () => {
      for (const path of ['/audit/events', '/audit/verify']) {
        const { body, headers } = await call(path, bob).expect(403);
        expect(body.error).toMatchObject({
          code: 'auth.missing_scope',
          requiredScopes: ['audit:read'],
        });
        expect(headers['www-authenticate']).toContain('scope="audit:read"');
        await call(path).expect(401);
      }
    });

    it('gives every event once, page by page, newest first', async () => {
      for (let index = 0; index < 8; index++) await list();
      const to = new Date().toISOString();
      const all: Page['items'] = [];
      let cursor: string | undefined;
      do {
        const page = await list({
          to,
          event: 'audit.read',
          limit: '3',
          ...(cursor ? { cursor } : {}),
        });
        expect(page.items.length).toBeLessThanOrEqual(3);
        all.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor);
      const whole = await list({ to, event: 'audit.read', limit: '200' });
      expect(whole.nextCursor).toBeUndefined();
      const ids = (items: Page['items']) => items.map(({ id }) => id);
      expect(ids(all)).toEqual(ids(whole.items));
      expect(all.length).toBeGreaterThanOrEqual(7);
      const times = all.map(({ time }) => time);
      expect(times).toEqual([...times].sort().reverse());
    });

    it('takes a time from and a time to', async () => {
      await list();
      const [{ time }] = (await list({ event: 'audit.read' })).items;
      const moment = Date.parse(time);
      const around = async (from: number, to: number) => {
        const { items } = await list({
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
        });
        return items.map(item => item.time);
      };
      expect(await around(moment, moment + 1)).toContain(time);
      expect(await around(moment - 1_000, moment)).not.toContain(time);
      expect(await around(moment + 1, moment + 1)).toEqual([]);
      const zoned = `${new Date(moment + 7_200_000)
        .toISOString()
        .slice(0, -1)}+02:00`;
      const { items } = await list({ from: zoned, limit: '200' });
      expect(items.map(item => item.time)).toContain(time);
    });

    it.each([
      ['from', 'yesterday'],
      ['from', '2026-01-31'],
      ['to', '2026-01-31T12:00:00'],
      ['to', '2026-13-31T12:00:00Z'],
      ['cursor', 'x'],
      ['cursor', Buffer.from('[1,"x"]').toString('base64url')],
      ['cursor', Buffer.from('null').toString('base64url')],
      ['cursor', 'é'],
      ['limit', '0'],
      ['limit', '201'],
      ['outcome', 'unknown'],
      ['actor', ''],
      ['order', 'asc'],
    ])('refuses %s=%s and names it', async (name, value) => {
      const search = new URLSearchParams({ [name]: value });
      const { body } = await call(`/audit/events?${search}`, admin).expect(400);
      expect(body.error.faults[0].path).toBe(`query/${name}`);
    });

    it.each([
      ['actor', 'a\0b'],
      ['actor', "' or 1=1 --"],
      ['event', '%_'],
      ['tokenId', '\ufffd\u{10ffff}'],
    ])('finds nothing for %s=%j', async (name, value) => {
      expect(await list({ [name]: value })).toEqual({ items: [] });
    });
  });
});
