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
import type { JsonObject } from '@backstage/types';
import { createEmbeddedEngine } from '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';
import { until } from '../workflows/__testUtils__/workflowFixture';
import { EVENT_DEFINITIONS } from './__testUtils__/eventDefinitions';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(120_000);

const STRUCTURED = 'application/cloudevents+json';

let counter = 0;

/** An event of an order of its own. */
function placed(more: JsonObject = {}): JsonObject & { order: string } {
  counter += 1;
  return {
    specversion: '1.0',
    id: `event-${counter}`,
    source: '/shop',
    type: 'order.placed',
    order: `order-${counter}`,
    data: { total: counter },
    ...more,
  };
}

describe('events over HTTP, with the embedded engine', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_15'] });

  describe.each(databases.eachSupportedId())('on %s', databaseId => {
    let portal: TestPortal;
    const users: Record<string, string> = {};

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
        config: { orchestrator: { auth: { admins: ['user:default/carol'] } } },
      });
      for (const name of ['alice', 'bob', 'carol']) {
        users[name] = await portal.issuer.userToken(`user:default/${name}`);
      }
      for (const definition of EVENT_DEFINITIONS) {
        const { body } = await call('post', '/v2/workflows', users.carol).send(
          definition,
        );
        // What is wrong with a definition is in the body.
        if (body.error) throw new Error(body.error.message);
      }
    });

    afterAll(() => portal?.stop());

    function call(method: 'get' | 'post', path: string, token: string) {
      return request(portal.server)
        [method](`/api/orchestrator${path}`)
        .set('Authorization', `Bearer ${token}`);
    }
    const send = (token: string, event: object) =>
      call('post', '/v2/events', token)
        .set('Content-Type', STRUCTURED)
        .send(JSON.stringify(event));
    const sendBinary = (token: string, event: JsonObject) => {
      const { data, ...attributes } = event;
      const sent = call('post', '/v2/events', token);
      for (const [name, value] of Object.entries(attributes)) {
        sent.set(`ce-${name}`, encodeURIComponent(String(value)));
      }
      return data === undefined ? sent : sent.send(data as object);
    };
    const mint = async (token: string, body: object) => {
      counter += 1;
      const answer = await call('post', '/v2/tokens', token)
        .send({ name: `token-${counter}`, ...body })
        .expect(201);
      return answer.body as { secret: string; token: { id: string } };
    };
    const runs = async (token: string, workflowId: string) =>
      (
        await call('post', `/v2/workflows/${workflowId}/instances`, token)
          .send({})
          .expect(200)
      ).body.items as any[];
    const runOf = (token: string, workflowId: string, total: unknown) =>
      until(async () =>
        (await runs(token, workflowId)).find(
          run => run.workflowdata?.total === total,
        ),
      );
    const ended = (token: string, id: string) =>
      until(async () => {
        const { body } = await call(
          'get',
          `/v2/workflows/instances/${id}`,
          token,
        );
        return body.state === 'COMPLETED' && body;
      });
    const stateOf = async (token: string, id: string) =>
      (await call('get', `/v2/workflows/instances/${id}`, token)).body.state;

    it('start a run as their sender, and no second one', async () => {
      const event = placed();
      const answer = await send(users.alice, event).expect(202);
      expect(answer.body).toEqual({});
      const { total } = event.data as JsonObject;
      const run = await runOf(users.alice, 'order', total);
      expect(run).toMatchObject({
        initiatorEntity: 'user:default/alice',
        state: 'ACTIVE',
        workspace: 'default',
      });
      for (const name of ['alice', 'bob']) {
        expect((await send(users[name], event).expect(202)).body).toEqual({});
      }
      await sendBinary(users.bob, event).expect(202);
      const everybodys = await runs(users.carol, 'order');
      expect(
        everybodys.filter(({ workflowdata }) => workflowdata.total === total),
      ).toHaveLength(1);
      expect(await runs(users.bob, 'order')).toEqual([]);
    });

    it('wake the run that they correlate with, where their sender may signal it', async () => {
      const event = placed();
      await sendBinary(users.alice, event).expect(202);
      const { id } = await runOf(
        users.alice,
        'order',
        (event.data as JsonObject).total,
      );
      const paid = { ...event, type: 'order.paid', data: { paid: true } };
      // What reaches nothing is answered the same.
      await send(users.bob, { ...paid, id: `${event.id}-bob` }).expect(202);
      await send(users.alice, {
        ...paid,
        id: `${event.id}-other`,
        order: 'no such order',
      }).expect(202);
      expect(await stateOf(users.alice, id)).toBe('ACTIVE');
      await sendBinary(users.alice, {
        ...paid,
        id: `${event.id}-paid`,
      }).expect(202);
      expect((await ended(users.alice, id)).workflowdata).toMatchObject({
        paid: true,
      });
      const { body } = await call(
        'get',
        '/v2/audit/events?event=run.signalled',
        users.carol,
      ).expect(200);
      expect(body.items.filter((item: any) => item.instanceId === id)).toEqual([
        expect.objectContaining({
          actor: 'user:default/alice',
          workflowId: 'order',
          outcome: 'succeeded',
        }),
      ]);
      const started = await call(
        'get',
        '/v2/audit/events?event=run.started',
        users.carol,
      ).expect(200);
      expect(
        started.body.items.filter((item: any) => item.instanceId === id),
      ).toHaveLength(1);
    });

    it('of runs start others for the same initiator', async () => {
      const event = placed();
      await send(users.bob, event).expect(202);
      const { total } = event.data as JsonObject;
      const { id } = await runOf(users.bob, 'order', total);
      await send(users.bob, {
        ...event,
        id: `${event.id}-paid`,
        type: 'order.paid',
      }).expect(202);
      await ended(users.bob, id);
      const next = await until(
        async () => (await runs(users.bob, 'after-shipping'))[0],
      );
      expect(next).toMatchObject({
        initiatorEntity: 'user:default/bob',
        workflowdata: { by: 'ship' },
      });
      expect(
        (await runs(users.alice, 'after-shipping')).map(run => run.id),
      ).not.toContain(next.id);
    });

    it('do with a token what the token may', async () => {
      const trigger = await mint(users.alice, {
        kind: 'trigger',
        workflowId: 'order',
      });
      const event = placed();
      await send(trigger.secret, event).expect(202);
      const { total } = event.data as JsonObject;
      const run = await runOf(users.alice, 'order', total);
      expect(run.initiatorEntity).toBe(`token:${trigger.token.id}`);
      expect(await runs(users.carol, 'audit-order')).not.toContainEqual(
        expect.objectContaining({ workflowdata: { total } }),
      );
      await send(trigger.secret, {
        ...event,
        id: `${event.id}-paid`,
        type: 'order.paid',
      }).expect(202);
      expect(await stateOf(users.alice, run.id)).toBe('ACTIVE');

      const signaller = await mint(users.alice, {
        kind: 'personal',
        scopes: ['instances:write'],
      });
      const another = placed();
      await send(signaller.secret, another).expect(202);
      await send(signaller.secret, {
        ...event,
        id: `${event.id}-really`,
        type: 'order.paid',
      }).expect(202);
      await ended(users.alice, run.id);
      expect(await runs(users.carol, 'order')).not.toContainEqual(
        expect.objectContaining({ workflowdata: another.data }),
      );

      const reader = await mint(users.alice, {
        kind: 'personal',
        scopes: ['workflows:read', 'instances:read'],
      });
      const refused = await send(reader.secret, placed()).expect(403);
      expect(refused.body.error).toMatchObject({
        code: 'auth.missing_scope',
        requiredScopes: ['workflows:execute'],
      });
    });

    it('stay within the workspaces of their sender', async () => {
      const narrow = await mint(users.alice, {
        kind: 'personal',
        scopes: ['workflows:execute', 'instances:read'],
        workspaces: ['audit'],
      });
      const event = placed();
      await send(narrow.secret, event).expect(202);
      const { total } = event.data as JsonObject;
      await runOf(users.alice, 'audit-order', total);
      expect(await runs(users.carol, 'order')).not.toContainEqual(
        expect.objectContaining({ workflowdata: { total } }),
      );
    });

    it('are refused where they are none', async () => {
      const post = (type: string, body: string) =>
        call('post', '/v2/events', users.alice)
          .set('Content-Type', type)
          .send(body);
      const event = JSON.stringify(placed());
      await post('application/cloudevents-batch+json', `[${event}]`).expect(
        415,
      );
      await post('text/plain', event).expect(415);
      await post(`${STRUCTURED}; charset=latin1`, event).expect(415);
      await post(STRUCTURED, '{').expect(400);
      await post('application/json', event).expect(400);
      await post(
        STRUCTURED,
        JSON.stringify(placed({ data: 'x'.repeat(65_536) })),
      ).expect(413);
      await call('post', '/v2/events?x=1', users.alice).expect(400);
      const missing = await call('post', '/v2/events', users.alice).expect(400);
      expect(missing.body.error.faults.map((fault: any) => fault.path)).toEqual(
        [
          'header/ce-specversion',
          'header/ce-id',
          'header/ce-source',
          'header/ce-type',
        ],
      );
      const repeated = await sendBinary(users.alice, placed())
        .set('ce-order', ['a', 'b'] as never)
        .expect(400);
      expect(repeated.body.error.faults).toContainEqual({
        path: 'header/ce-order',
        message: 'must be given once',
      });
    });

    it('take any text that JSON has', async () => {
      const event = placed({
        data: { total: 'a\u0000b\ud800', order: ['\u2028'] },
        subject: '\u{1f600}',
      });
      await send(users.alice, event).expect(202);
      const { items } = (
        await call('post', '/v2/workflows/instances', users.alice)
          .send({})
          .expect(200)
      ).body;
      const { id } = items.find((run: any) => run.processId === 'order');
      await call('post', `/v2/workflows/instances/${id}/signal`, users.alice)
        .send({ name: 'paid', data: { text: 'a\u0000b\ud800' } })
        .expect(202);
      const { workflowdata } = await ended(users.alice, id);
      expect(workflowdata.order).toEqual(['\u2028']);
      expect(workflowdata.text).toMatch(/^a.*b/s);
    });

    it('are the only way to start what waits for one', async () => {
      const { body } = await call(
        'post',
        '/v2/workflows/order/execute',
        users.alice,
      )
        .send({ inputData: {} })
        .expect(400);
      expect(body.error.message).toContain('is started by an event');
    });

    it('signals: a name, a key, a run that has ended', async () => {
      const event = placed();
      await send(users.alice, event).expect(202);
      const { id } = await runOf(
        users.alice,
        'order',
        (event.data as JsonObject).total,
      );
      const signal = (body: object, token = users.alice) =>
        call('post', `/v2/workflows/instances/${id}/signal`, token)
          .set('Idempotency-Key', 'once')
          .send(body);
      const unknown = await signal({ name: 'nothing' }).expect(400);
      expect(unknown.body.error.code).toBe('request.invalid');
      await signal({ name: 'paid', extra: 1 }).expect(400);
      await signal({}).expect(400);
      await signal({ name: 'paid' }, users.bob).expect(404);
      const answer = await signal({ name: 'paid', data: { n: 1 } }).expect(202);
      expect(answer.body).toEqual({});
      expect((await ended(users.alice, id)).workflowdata).toMatchObject({
        n: 1,
      });
      const late = await signal({ name: 'paid' }).expect(409);
      expect(late.body.error.code).toBe('instance.conflict');
    });

    it('sub-flows are runs of who started their parents, in lists, rights and statistics', async () => {
      const total = async (token: string) =>
        (await call('get', '/v2/workflows/part/overview', token).expect(200))
          .body.workflowRunStats?.totalCount ?? 0;
      const before = await total(users.alice);
      const { body } = await call(
        'post',
        '/v2/workflows/parent/execute',
        users.alice,
      )
        .send({})
        .expect(200);
      const child = await until(
        async () => (await runs(users.alice, 'part'))[0],
      );
      expect(child).toMatchObject({
        initiatorEntity: 'user:default/alice',
        processId: 'part',
        state: 'ACTIVE',
      });
      expect(child.id).not.toBe(body.id);
      expect(await runs(users.bob, 'part')).toEqual([]);
      await call(
        'get',
        `/v2/workflows/instances/${child.id}`,
        users.bob,
      ).expect(404);
      await call(
        'post',
        `/v2/workflows/instances/${child.id}/signal`,
        users.bob,
      )
        .send({ name: 'go' })
        .expect(404);
      await call(
        'post',
        `/v2/workflows/instances/${child.id}/signal`,
        users.alice,
      )
        .send({ name: 'go' })
        .expect(202);
      await ended(users.alice, body.id);
      await until(async () => (await total(users.alice)) === before + 1);
      expect(await total(users.bob)).toBe(0);
    });
  });
});
