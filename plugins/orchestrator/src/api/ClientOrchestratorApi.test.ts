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

import { ClientOrchestratorApi } from './ClientOrchestratorApi';
import { OrchestratorRequestError } from './OrchestratorRequestError';

const BASE = 'http://localhost:7007/api/orchestrator';

function setup(answer: () => Response) {
  const requests: Request[] = [];
  const api = new ClientOrchestratorApi({
    discoveryApi: { getBaseUrl: async id => `http://localhost:7007/api/${id}` },
    fetchApi: {
      async fetch(input, init) {
        // As the portal's own middleware does.
        requests.push(new Request(new Request(input, init)));
        return answer();
      },
    },
  });
  return { api, requests };
}

const json =
  (body: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(body), {
      status,
      headers: { 'Content-Type': 'application/json' },
    });

describe('ClientOrchestratorApi', () => {
  it('asks who the user is', async () => {
    const whoami = {
      authenticated: true,
      principal: { type: 'user', ref: 'user:default/alice' },
      grants: [],
      scopes: [],
    };
    const { api, requests } = setup(json(whoami));
    await expect(api.whoami()).resolves.toEqual(whoami);
    expect(requests[0].method).toBe('GET');
    expect(requests[0].url).toBe(`${BASE}/v2/whoami`);
  });

  it('starts a run with its input in the body and its key in a header', async () => {
    const { api, requests } = setup(json({ id: 'run-1' }));
    await expect(
      api.execute({
        workflowId: 'a.b-c',
        input: { city: 'Oslo' },
        idempotencyKey: 'key-1',
      }),
    ).resolves.toEqual({ id: 'run-1' });
    const [request] = requests;
    expect(request.method).toBe('POST');
    expect(request.url).toBe(`${BASE}/v2/workflows/a.b-c/execute`);
    expect(request.headers.get('Idempotency-Key')).toBe('key-1');
    expect(request.headers.get('Content-Type')).toBe('application/json');
    await expect(request.json()).resolves.toEqual({
      inputData: { city: 'Oslo' },
    });
  });

  it('escapes what it puts into an address', async () => {
    const { api, requests } = setup(json({ id: 'x', processId: 'y' }));
    await api.getRun('../secrets?x=1');
    expect(requests[0].url).toBe(
      `${BASE}/v2/workflows/instances/..%2Fsecrets%3Fx%3D1`,
    );
  });

  it.each([
    [{}, undefined],
    [
      { workflowId: 'weather' },
      { field: 'processId', operator: 'EQ', value: 'weather' },
    ],
    [
      { workflowId: 'weather', initiator: 'user:default/carol' },
      {
        operator: 'AND',
        filters: [
          { field: 'processId', operator: 'EQ', value: 'weather' },
          {
            field: 'variables',
            nested: {
              field: 'initiatorEntity',
              operator: 'EQ',
              value: 'user:default/carol',
            },
          },
        ],
      },
    ],
  ])(
    'lists runs, newest first, with the filter of %p',
    async (only, filters) => {
      const page = { items: [], totalCount: 0, paginationInfo: {} };
      const { api, requests } = setup(json(page));
      await expect(
        api.listRuns({ offset: 20, pageSize: 20, ...only }),
      ).resolves.toEqual(page);
      await expect(requests[0].json()).resolves.toEqual({
        ...(filters && { filters }),
        paginationInfo: {
          offset: 20,
          pageSize: 20,
          orderBy: 'start',
          orderDirection: 'DESC',
        },
      });
    },
  );

  it('takes the empty answer of a retrigger and the text of an abort', async () => {
    const retrigger = setup(() => new Response(null, { status: 200 }));
    await expect(
      retrigger.api.retriggerRun({ workflowId: 'weather', instanceId: 'r1' }),
    ).resolves.toBeUndefined();
    expect(retrigger.requests[0].method).toBe('POST');
    expect(retrigger.requests[0].url).toBe(
      `${BASE}/v2/workflows/weather/r1/retrigger`,
    );

    const abort = setup(json('aborted'));
    await expect(abort.api.abortRun('r1')).resolves.toBeUndefined();
    expect(abort.requests[0].method).toBe('DELETE');
    expect(abort.requests[0].url).toBe(
      `${BASE}/v2/workflows/instances/r1/abort`,
    );
  });

  it('lists tokens with what was asked for in the query', async () => {
    const page = { items: [], nextCursor: 'c2' };
    const { api, requests } = setup(json(page));
    await expect(
      api.listTokens({ status: 'revoked', limit: 20, cursor: 'a/b&c' }),
    ).resolves.toEqual(page);
    expect(requests[0].method).toBe('GET');
    expect(requests[0].url).toBe(
      `${BASE}/v2/tokens?status=revoked&limit=20&cursor=a%2Fb%26c`,
    );

    const all = setup(json(page));
    await all.api.listTokens();
    expect(all.requests[0].url).toBe(`${BASE}/v2/tokens`);
  });

  it.each([
    [
      'POST',
      '/v2/tokens',
      { kind: 'personal', name: 'laptop', scopes: ['workflows:read'] },
      (api: ClientOrchestratorApi) =>
        api.createToken({
          kind: 'personal',
          name: 'laptop',
          scopes: ['workflows:read'],
        }),
    ],
    [
      'PATCH',
      '/v2/tokens/id%2F1',
      { name: 'desktop' },
      (api: ClientOrchestratorApi) =>
        api.updateToken('id/1', { name: 'desktop' }),
    ],
    [
      'POST',
      '/v2/tokens/id%2F1/rotate',
      { overlapSeconds: 0 },
      (api: ClientOrchestratorApi) =>
        api.rotateToken('id/1', { overlapSeconds: 0 }),
    ],
    [
      'POST',
      '/v2/tokens/id%2F1/revoke',
      {},
      (api: ClientOrchestratorApi) => api.revokeToken('id/1', {}),
    ],
  ])('changes tokens: %s %s', async (method, path, body, call) => {
    const { api, requests } = setup(json({ id: 'id/1' }));
    await expect(call(api)).resolves.toEqual({ id: 'id/1' });
    const [request] = requests;
    expect(request.method).toBe(method);
    expect(request.url).toBe(`${BASE}${path}`);
    await expect(request.json()).resolves.toEqual(body);
  });

  it('asks for the catalogue of scopes', async () => {
    const { api, requests } = setup(json({ scopes: [] }));
    await expect(api.listScopes()).resolves.toEqual({ scopes: [] });
    expect(requests[0].url).toBe(`${BASE}/v2/scopes`);
  });

  it.each([
    [
      'createToken',
      (api: ClientOrchestratorApi) =>
        api.createToken({ kind: 'personal', name: 'x' }),
    ],
    ['rotateToken', (api: ClientOrchestratorApi) => api.rotateToken('t', {})],
    ['revokeToken', (api: ClientOrchestratorApi) => api.revokeToken('t', {})],
    ['listTokens', (api: ClientOrchestratorApi) => api.listTokens()],
    ['whoami', (api: ClientOrchestratorApi) => api.whoami()],
    ['abortRun', (api: ClientOrchestratorApi) => api.abortRun('r1')],
    [
      'retriggerRun',
      (api: ClientOrchestratorApi) =>
        api.retriggerRun({ workflowId: 'w', instanceId: 'r1' }),
    ],
  ])('throws what the backend refuses (%s)', async (_name, call) => {
    const { api } = setup(
      json(
        {
          error: {
            name: 'NotAllowedError',
            message: 'Missing required scope: instances:write',
            code: 'auth.missing_scope',
            requiredScopes: ['instances:write'],
          },
        },
        403,
      ),
    );
    const error = await call(api).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OrchestratorRequestError);
    expect(error).toMatchObject({
      status: 403,
      code: 'auth.missing_scope',
      message: 'Missing required scope: instances:write',
    });
  });
});
