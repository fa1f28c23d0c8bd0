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

import { openApiDocument } from '@flowgate/backstage-plugin-orchestrator-common';
import { createFakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import type { JsonObject, JsonValue } from '@backstage/types';
import Ajv2020 from 'ajv/dist/2020';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';

// To make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const ALICE = 'user:default/alice';

/** What the contract says of the body of an answer. */
function createBodyCheck() {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ ...(openApiDocument as object), $id: 'api' });
  return (path: string, method: string, status: string, body: JsonValue) => {
    const pointer = [
      'paths',
      path.replace(/\//g, '~1'),
      method,
      'responses',
      status,
      'content',
      'application~1json',
      'schema',
    ];
    const $ref = `api#/${pointer.map(encodeURIComponent).join('/')}`;
    const validate = ajv.compile({ $ref });
    validate(body);
    return validate.errors ?? [];
  };
}

describe('the workflow API on the wire', () => {
  const faultsOf = createBodyCheck();
  let portal: TestPortal;
  let token: string;

  const engine = createFakeEngine({
    definitions: [
      {
        id: 'wait',
        name: 'Wait',
        description: 'Waits',
        scenario: 'waits',
        inputSchema: {
          type: 'object',
          properties: { name: { type: 'string' } },
        },
      },
      { id: 'fail', scenario: 'fails' },
      { id: 'off', available: false, unavailableReason: 'Broken' },
    ],
  });

  beforeAll(async () => {
    portal = await startTestPortal({
      engines: [engine],
      config: { orchestrator: { auth: { admins: [ALICE] } } },
    });
    token = await portal.issuer.userToken(ALICE);
  });
  afterAll(() => portal.stop());

  const call = (method: 'get' | 'post' | 'put' | 'delete', path: string) =>
    request(portal.server)
      [method](`/api/orchestrator${path}`)
      .set('Authorization', `Bearer ${token}`);

  const execute = async (workflowId: string, body: JsonObject = {}) => {
    const path = `/v2/workflows/${workflowId}/execute`;
    const answer = await call('post', path).send(body).expect(200);
    return answer.body.id as string;
  };

  it('answers with what the contract says', async () => {
    const targetEntity = 'component:default/web';
    const inputData = { name: 'Ann' };
    const authTokens = [{ provider: 'github', token: 'gh-t0ken' }];
    const waiting = await execute('wait', {
      inputData,
      targetEntity,
      authTokens,
    });
    const failed = await execute('fail');
    const answers: [path: string, method: 'get' | 'post', body?: object][] = [
      ['/v2/workflows/overview', 'post', {}],
      ['/v2/workflows/overview', 'post'],
      ['/v2/workflows/overview/entity', 'post', { targetEntity }],
      ['/v2/workflows/{workflowId}/overview', 'get'],
      ['/v2/workflows/{workflowId}/inputSchema', 'get'],
      ['/v2/workflows/{workflowId}/pingWorkflowService', 'get'],
      ['/v2/workflows/{workflowId}/instances', 'post', {}],
      ['/v2/workflows/instances', 'post', { paginationInfo: { pageSize: 5 } }],
      ['/v2/workflows/instances', 'post'],
      ['/v2/workflows/instances/{instanceId}', 'get'],
      ['/v2/workflows/instances/{instanceId}/logs', 'get'],
      ['/v2/workflows/instances/statuses', 'get'],
    ];
    for (const [path, method, body] of answers) {
      for (const instanceId of [waiting, failed]) {
        const filled = path
          .replace('{workflowId}', 'wait')
          .replace('{instanceId}', instanceId);
        const sent = call(method, filled);
        const answer = await (body ? sent.send(body) : sent);
        expect([path, answer.status]).toEqual([path, 200]);
        expect(faultsOf(path, method, '200', answer.body)).toEqual([]);
        expect(answer.text).not.toContain('gh-t0ken');
      }
    }
    expect(JSON.stringify([...engine.storage.runs.values()])).not.toContain(
      'gh-t0ken',
    );
  });

  it('gives the text of a definition as text', async () => {
    const answer = await call('get', '/v2/workflows/wait/source').expect(200);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(JSON.parse(answer.text)).toMatchObject({ id: 'wait' });
  });

  it('gives the input of an earlier run beside the schema', async () => {
    const id = await execute('wait', { inputData: { name: 'Ann', more: 1 } });
    const path = `/v2/workflows/wait/inputSchema?instanceId=${id}`;
    const { body } = await call('get', path).expect(200);
    expect(body).toEqual({
      inputSchema: expect.objectContaining({ type: 'object' }),
      data: { name: 'Ann' },
    });
    await call('get', `/v2/workflows/fail/inputSchema?instanceId=${id}`).expect(
      404,
    );
  });

  it('answers an abort with a text, and a second with a conflict', async () => {
    const id = await execute('wait');
    const path = `/v2/workflows/instances/${id}/abort`;
    const answer = await call('delete', path).expect(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toBe(`Workflow instance ${id} successfully aborted`);
    const again = await call('delete', path).expect(409);
    expect(again.body.error.code).toBe('instance.conflict');
  });

  it('answers a retrigger with no body of the type of JSON', async () => {
    const id = await execute('fail');
    const answer = await call('post', `/v2/workflows/fail/${id}/retrigger`)
      .send({})
      .expect(200);
    expect(answer.text).toBe('');
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    await call('post', `/v2/workflows/wait/${id}/retrigger`).expect(404);
  });

  it('starts one run for one Idempotency-Key', async () => {
    const start = (body: object) =>
      call('post', '/v2/workflows/wait/execute')
        .set('Idempotency-Key', 'key-1')
        .send(body);
    const first = await start({ inputData: { name: 'Ann' } }).expect(200);
    const again = await start({ inputData: { name: 'Ann' } }).expect(200);
    expect(again.body).toEqual(first.body);
    const other = await start({ inputData: { name: 'Bea' } }).expect(409);
    expect(other.body.error.code).toBe('request.idempotency_conflict');
  });

  it('names every fault of an input', async () => {
    const { body } = await call('post', '/v2/workflows/wait/execute')
      .send({ inputData: { name: 5 } })
      .expect(400);
    expect(body.error).toMatchObject({
      code: 'request.invalid',
      faults: [{ path: 'body/inputData/name', message: 'must be string' }],
    });
  });

  it('names every fault of a search', async () => {
    const { body } = await call('post', '/v2/workflows/instances')
      .send({
        filters: {
          operator: 'AND',
          filters: [
            { field: 'nope', operator: 'EQ', value: 1 },
            { field: 'state', operator: 'LIKE', value: 'x' },
          ],
        },
      })
      .expect(400);
    expect(
      body.error.faults.map((fault: { path: string }) => fault.path),
    ).toEqual([
      'body/filters/filters/0/field',
      'body/filters/filters/1/operator',
    ]);
  });

  it('says why a workflow cannot be run now, and when to try again', async () => {
    for (const sent of [
      call('get', '/v2/workflows/off/pingWorkflowService'),
      call('post', '/v2/workflows/off/execute').send({}),
    ]) {
      const answer = await sent.expect(503);
      expect(answer.body.error).toMatchObject({
        code: 'engine.unavailable',
        message: 'Broken',
      });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  it('registers, replaces and deletes a definition', async () => {
    const definition = (version: string) =>
      JSON.stringify({ id: 'made', version });
    const created = await call('post', '/v2/workflows')
      .set('Content-Type', 'application/yaml')
      .send(definition('1.0'))
      .expect(201);
    expect(created.headers.location).toBe(
      '/api/orchestrator/v2/workflows/made',
    );
    expect(faultsOf('/v2/workflows', 'post', '201', created.body)).toEqual([]);
    await call('post', '/v2/workflows')
      .set('Content-Type', 'application/json')
      .send(definition('1.0'))
      .expect(409);

    const replaced = await call('put', '/v2/workflows/made')
      .set('Content-Type', 'application/json')
      .send(definition('2.0'))
      .expect(200);
    expect(replaced.body).toMatchObject({
      workflowId: 'made',
      version: '2.0',
    });
    const deleted = await call('delete', '/v2/workflows/made').expect(204);
    expect(deleted.text).toBe('');
    await call('delete', '/v2/workflows/made').expect(404);
    await call('delete', '/v2/workflows/wait').expect(409);
  });
});
