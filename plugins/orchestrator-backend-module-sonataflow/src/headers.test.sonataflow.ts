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

import type {
  DownstreamCredentials,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import {
  call,
  startRequest,
  untilReady,
  untilState,
} from './__testUtils__/realRuns';
import { RealSonataFlow } from './__testUtils__/RealSonataFlow';
import { HostPatterns } from './config/HostPatterns';

/*
 * SonataFlow copies the headers of a start to all calls of the run.
 */

/**
 * What every GET call of a workflow carries, in small letters, beside the ids of the run: of the start there is its content type,
 * which SonataFlow copies like any header that it does not know, and the business key, which is the id of our start.
 */
const OWN_HEADERS = [
  'accept',
  'connection',
  'content-type',
  'host',
  'kogitobusinesskey',
  'user-agent',
];

describe('What services behind a workflow of a real SonataFlow get of a start', () => {
  let real: RealSonataFlow;
  let engine: WorkflowEngine;
  const engines: WorkflowEngine[] = [];
  const another = (...options: Parameters<RealSonataFlow['engine']>) => {
    const made = real.engine(...options);
    engines.push(made);
    return made;
  };

  beforeAll(async () => {
    real = await RealSonataFlow.find();
    engine = await untilReady(another());
  });

  afterAll(async () => {
    for (const one of engines) await one.stop();
  });

  const secrets: DownstreamCredentials = {
    authTokens: [
      { provider: 'gitHub', token: 'token-of-github' },
      { provider: 'gitlab', token: 'token-of-gitlab' },
    ],
    pluginToken: async pluginId => `token-for-${pluginId}`,
  };

  /** The names of what a GET call of a workflow carries, in small letters, without those of SonataFlow itself. */
  async function seen(starter: WorkflowEngine) {
    await real.resetStub({ 'GET /things/seen': [{ body: { ok: true } }] });
    const started = Date.now();
    const { id } = await starter.start(startRequest('gateCalls'), {
      ...call,
      downstream: secrets,
    });
    await untilState(starter, id, 'ACTIVE');
    // A copied content-length lets the call hang for 30 s.
    expect(Date.now() - started).toBeLessThan(25_000);
    const [{ rawHeaders }] = await real.calls();
    const pairs = rawHeaders
      .map((name, i) => [name.toLowerCase(), rawHeaders[i + 1]] as const)
      .filter((_, i) => i % 2 === 0)
      .filter(([name]) => !name.startsWith('kogitoproc'));
    expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
    return Object.fromEntries(pairs);
  }

  it('is none of our headers', async () => {
    const headers = await seen(engine);
    expect(Object.keys(headers).sort()).toEqual(OWN_HEADERS);
    expect(headers.host).toBe(new URL(real.stub).host);
    expect(JSON.stringify(headers)).not.toContain('token-');
  });

  it('is what the configuration sends', async () => {
    const hosts = new HostPatterns(['127.0.0.1']);
    const headers = await seen(
      another({
        authTokens: { hosts, providers: ['github'] },
        forwardToken: { hosts, plugins: ['catalog'] },
      }),
    );
    expect(headers).toMatchObject({
      'x-authorization-github': 'token-of-github',
      'x-authorization-backstage': 'token-for-catalog',
      'x-authorization-backstage-catalog': 'token-for-catalog',
    });
    expect(Object.keys(headers).sort()).toEqual(
      [
        ...OWN_HEADERS,
        'x-authorization-backstage',
        'x-authorization-backstage-catalog',
        'x-authorization-github',
      ].sort(),
    );
  });

  it('is that only where its host is named', async () => {
    const hosts = new HostPatterns(['*.workflows.example']);
    const headers = await seen(
      another({
        authTokens: { hosts },
        forwardToken: { hosts, plugins: ['catalog'] },
      }),
    );
    expect(Object.keys(headers).sort()).toEqual(OWN_HEADERS);
  });
});
