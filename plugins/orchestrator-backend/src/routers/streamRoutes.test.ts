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

import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import express from 'express';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { SseClient } from '../streams/__testUtils__/SseClient';
import { alice } from '../workflows/__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from '../workflows/__testUtils__/workflowFixture';
import { createStreamRoutes } from './streamRoutes';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

describe('a stream behind what stands before every plugin of Backstage', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let fixture: Awaited<ReturnType<typeof createWorkflowFixture>>;
  let server: Server;
  const engine = createFakeEngine({
    definitions: [{ id: 'wait', scenario: 'waits' }],
  });

  beforeAll(async () => {
    const database = await createIndexDatabase(
      await databases.init('SQLITE_3'),
    );
    fixture = await createWorkflowFixture({ database, engines: [engine] });
    const middleware = MiddlewareFactory.create({
      config: new ConfigReader({ backend: { cors: { origin: '*' } } }),
      logger: mockServices.logger.mock(),
    });
    const { streamInstanceEvents } = createStreamRoutes(fixture.streams);
    const app = express();
    app.use(middleware.helmet());
    app.use(middleware.cors());
    app.use(middleware.compression());
    app.use(middleware.logging());
    app.get('/plain', (_req, res) => {
      res.type('text/event-stream').send('data: x\n\n'.repeat(500));
    });
    app.use('/:instanceId', (req, res, next) => {
      streamInstanceEvents({
        access: alice,
        renew: async () => alice,
        path: req.params,
        query: req.query as Record<string, string>,
        headers: req.headers as Record<string, string>,
        body: undefined,
        res,
      }).catch(next);
    });
    server = createServer(app);
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
  });

  afterAll(async () => {
    await fixture.stop();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  const url = (path: string) =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;
  const gzip = { 'Accept-Encoding': 'gzip, br' };
  const start = async () =>
    (await fixture.service.actions.execute(alice, 'wait', {})).id;

  it('is sent at once, and not compressed', async () => {
    // Other streams of this type would be.
    const plain = await new SseClient(url('plain'), gzip).ended();
    expect(plain.headers['content-encoding']).toMatch(/gzip|br/);

    const id = await start();
    const client = await new SseClient(url(id), gzip).until(
      ({ events }) => events.length === 4,
    );
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(client.headers['content-encoding']).toBeUndefined();
    engine.advance(id, 'SUSPENDED');
    await fixture.streams.look();
    await client.until(({ events }) => events.length === 7);
    engine.advance(id, 'COMPLETED');
    await fixture.streams.look();
    await client.ended();
    expect(client.events.at(-1)).toMatchObject({ event: 'end' });
  });

  it('goes on behind the last event that the header names, whatever the query says', async () => {
    const id = await start();
    engine.advance(id, 'COMPLETED');
    const all = (await new SseClient(url(id), {}).ended()).events;
    const rest = await new SseClient(url(`${id}?after=1`), {
      'Last-Event-ID': '5',
    }).ended();
    expect(rest.events).toEqual(all.slice(5));
    const behind = await new SseClient(url(`${id}?after=6`), {}).ended();
    expect(behind.events).toEqual(all.slice(6));
  });

  it('is forgotten when its client is gone', async () => {
    const id = await start();
    const client = await new SseClient(url(id), {}).until(
      ({ events }) => events.length === 4,
    );
    expect(fixture.streams.size).toBe(1);
    client.cut();
    while (fixture.streams.size > 0) await new Promise(setImmediate);
    engine.advance(id, 'COMPLETED');
    await fixture.streams.look();
  });

  it('ends with the plugin, and keeps no connection open', async () => {
    const id = await start();
    const client = await new SseClient(url(id), {}).until(
      ({ events }) => events.length === 4,
    );
    await fixture.streams.stop();
    await client.ended();
    const count = await new Promise(resolve => {
      server.getConnections((_error, connections) => resolve(connections));
    });
    expect(count).toBe(0);
  });
});
