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

import { createOrchestratorClient } from './client';

function setup(token?: string | (() => Promise<string | undefined>)) {
  const requests: Request[] = [];
  const client = createOrchestratorClient({
    baseUrl: 'https://portal.example.com/api/orchestrator',
    token,
    fetch: async request => {
      requests.push(request);
      return Response.json({ id: 'run-1' });
    },
  });
  return { client, requests };
}

describe('createOrchestratorClient', () => {
  it('calls an operation with its parameters, its body and the token', async () => {
    const { client, requests } = setup('secret');
    const { data } = await client.POST('/v2/workflows/{workflowId}/execute', {
      params: {
        path: { workflowId: 'a b' },
        header: { 'Idempotency-Key': 'k' },
      },
      body: { inputData: { name: 'Ada' } },
    });
    expect(data).toEqual({ id: 'run-1' });
    const [request] = requests;
    expect(request.url).toBe(
      'https://portal.example.com/api/orchestrator/v2/workflows/a%20b/execute',
    );
    expect(request.headers.get('authorization')).toBe('Bearer secret');
    expect(request.headers.get('idempotency-key')).toBe('k');
    expect(await request.json()).toEqual({ inputData: { name: 'Ada' } });
  });

  it('asks for the token on every call, and sends none where there is none', async () => {
    const tokens = ['first', undefined];
    const { client, requests } = setup(async () => tokens.shift());
    await client.GET('/v2/whoami');
    await client.GET('/v2/whoami');
    expect(
      requests.map(request => request.headers.get('authorization')),
    ).toEqual(['Bearer first', null]);
  });

  it('leaves the Authorization header to fetch where no token is given', async () => {
    const { client, requests } = setup();
    await client.GET('/v2/whoami');
    expect(requests[0].headers.has('authorization')).toBe(false);
  });
});
