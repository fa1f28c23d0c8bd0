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
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { createEmbeddedEngine } from '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine';
import request from 'supertest';
import {
  startTestPortal,
  type TestPolicy,
  type TestPortal,
} from '../__testUtils__/TestPortal';
import { SseClient } from './__testUtils__/SseClient';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(120_000);

const DEFINITION = JSON.stringify({
  id: 'watched',
  version: '1',
  specVersion: '0.8',
  name: 'Watched',
  start: 'Say',
  events: [
    { name: 'go', source: '', type: 'go' },
    { name: 'finish', source: '', type: 'finish' },
  ],
  functions: [{ name: 'say', type: 'custom', operation: 'sysout' }],
  states: [
    {
      name: 'Say',
      type: 'operation',
      actions: Array.from({ length: 5 }, (_, index) => ({
        name: `say-${index}`,
        functionRef: {
          refName: 'say',
          arguments: { message: `line ${index}` },
        },
      })),
      transition: 'Wait',
    },
    {
      name: 'Wait',
      type: 'event',
      onEvents: [{ eventRefs: ['go'] }],
      transition: 'Again',
    },
    {
      name: 'Again',
      type: 'operation',
      actions: [
        { functionRef: { refName: 'say', arguments: { message: 'again' } } },
      ],
      transition: 'Last',
    },
    {
      name: 'Last',
      type: 'event',
      onEvents: [{ eventRefs: ['finish'] }],
      end: true,
    },
  ],
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('streams of the embedded engine, over HTTP', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let portal: TestPortal;
    let token: string;
    let isDenied = false;
    /** How far the orchestrator's clock is ahead. */
    let ahead = 0;
    const policy: TestPolicy = () => ({
      result: isDenied ? AuthorizeResult.DENY : AuthorizeResult.ALLOW,
    });

    beforeAll(async () => {
      const knex = await databases.init(databaseId);
      const engine = await createEmbeddedEngine({
        knex,
        logger: mockServices.logger.mock(),
        pollMs: 50,
      });
      portal = await startTestPortal({
        knex,
        engines: [engine],
        policy,
        now: () => Date.now() + ahead,
        config: {
          orchestrator: {
            auth: {
              admins: ['user:default/carol'],
              // A second failure would be 429.
              rateLimit: { identity: { failures: 1 } },
            },
          },
        },
      });
      const carol = await portal.issuer.userToken('user:default/carol');
      await request(portal.server)
        .post('/api/orchestrator/v2/workflows')
        .set(bearer(carol))
        .set('Content-Type', 'application/json')
        .send(DEFINITION)
        .expect(201);
      token = await portal.issuer.userToken('user:default/alice');
    });

    beforeEach(() => {
      isDenied = false;
      // What is remembered of the policy is forgotten.
      ahead += 6_000;
    });

    afterAll(() => portal?.stop());

    const post = (path: string, body: object, as = token) =>
      request(portal.server)
        .post(`/api/orchestrator/v2/${path}`)
        .set(bearer(as))
        .send(body);
    const start = async () =>
      (await post('workflows/watched/execute', {}).expect(200)).body
        .id as string;
    const signal = (id: string, name: string) =>
      post(`workflows/instances/${id}/signal`, { name, data: {} }).expect(202);
    const open = (id: string, after?: string, as = token) =>
      new SseClient(`${portal.url}/v2/workflows/instances/${id}/events`, {
        ...bearer(as),
        ...(after === undefined ? {} : { 'Last-Event-ID': after }),
      });
    const linesOf = (events: SseClient['events']) =>
      events.flatMap(({ data }) =>
        data.detail?.line === undefined ? [] : [data.detail.line],
      );

    it('miss nothing and tell nothing twice, wherever they are cut off', async () => {
      const id = await start();
      const seen: SseClient['events'][number][] = [];
      let after: string | undefined;
      // One event more each time, on a run that waits in between.
      const cutAfter = async (count: number) => {
        const client = open(id, after);
        await client.until(({ events }) => events.length >= count);
        seen.push(...client.events.slice(0, count));
        client.cut();
        after = seen.at(-1)!.id;
      };
      for (let count = 1; count <= 4; count++) await cutAfter(count);
      await signal(id, 'go');
      for (let count = 1; count <= 3; count++) await cutAfter(1);
      await signal(id, 'finish');
      const last = await open(id, after).ended();
      seen.push(...last.events);

      const whole = await open(id).ended();
      expect(seen).toEqual(whole.events);
      expect(whole.events.at(-1)!.event).toBe('end');
      const ids = whole.events.slice(0, -1).map(event => Number(event.id));
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      for (const line of ['line 0', 'line 4', 'again']) {
        expect(
          linesOf(whole.events).filter(text => text.includes(line)),
        ).toHaveLength(1);
      }
      // At any place of the whole.
      for (const [index, event] of whole.events.slice(0, -1).entries()) {
        const rest = await open(id, event.id).ended();
        expect(rest.events).toEqual(whole.events.slice(index + 1));
      }
    });

    it('tell as it happens, to all who read', async () => {
      const id = await start();
      const readers = [open(id), open(id)];
      for (const reader of readers) {
        await reader.until(({ events }) =>
          linesOf(events).some(line => line.includes('line 4')),
        );
      }
      await signal(id, 'go');
      await signal(id, 'finish');
      const [first, second] = await Promise.all(
        readers.map(reader => reader.ended()),
      );
      expect(first.events).toEqual(second.events);
      expect(first.events.at(-2)).toMatchObject({
        event: 'state',
        data: { detail: { state: 'COMPLETED' } },
      });
    });

    it('end when the token of the reader is revoked', async () => {
      const { body } = await post('tokens', {
        kind: 'personal',
        name: 'reader',
        scopes: ['instances:read'],
      }).expect(201);
      const id = await start();
      const reader = await open(id, undefined, body.secret).until(
        ({ events }) => events.length > 0,
      );
      const other = await open(id).until(({ events }) => events.length > 0);
      const begun = Date.now();
      await post(`tokens/${body.token.id}/revoke`, {}).expect(200);
      await reader.ended();
      expect(Date.now() - begun).toBeLessThan(30_000);
      // That it was decided again was no failure of whoever presented the token before.
      expect(reader.events.some(({ event }) => event === 'end')).toBe(false);
      expect((await open(id, reader.lastId, body.secret).ended()).status).toBe(
        401,
      );
      await signal(id, 'go');
      await signal(id, 'finish');
      expect((await other.ended()).events.at(-1)!.event).toBe('end');
    });

    it('end when the permission policy denies what it allowed', async () => {
      const id = await start();
      const reader = await open(id).until(({ events }) => events.length > 0);
      isDenied = true;
      ahead += 20_000;
      await reader.ended();
      expect(reader.events.some(({ event }) => event === 'end')).toBe(false);
      expect((await open(id, reader.lastId).ended()).status).toBe(403);
    });

    it('are refused as any read: without a credential, to others, for an id of no event', async () => {
      const id = await start();
      const url = `${portal.url}/v2/workflows/instances/${id}/events`;
      expect((await new SseClient(url, {}).ended()).status).toBe(401);
      expect(
        (await new SseClient(`${url}?token=${token}`, {}).ended()).status,
      ).toBe(401);
      const bob = await portal.issuer.userToken('user:default/bob');
      expect((await open(id, undefined, bob).ended()).status).toBe(404);
      expect((await open(id, 'x').ended()).status).toBe(400);
      expect((await open(id, '99999').ended()).status).toBe(400);
      await request(portal.server)
        .head(`/api/orchestrator/v2/workflows/instances/${id}/events`)
        .set(bearer(token))
        .expect(200);
    });
  });
});
