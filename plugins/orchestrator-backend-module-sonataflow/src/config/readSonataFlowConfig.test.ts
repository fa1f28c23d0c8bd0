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

import { mockServices } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { certificate } from './__testUtils__/certificate';
import { readSonataFlowConfig } from './readSonataFlowConfig';

const { cert, key } = certificate;
const URL_TEXT = 'http://data-index.test/base';

const read = (orchestrator: JsonObject) =>
  readSonataFlowConfig(
    mockServices.rootConfig({ data: { orchestrator } }),
    Date.UTC(2026, 10, 22),
  );
const readMain = (sonataflow: JsonObject) =>
  read({ dataIndexService: { url: URL_TEXT }, sonataflow });

describe('readSonataFlowConfig', () => {
  it('has no engine where nothing is configured', () => {
    expect(readSonataFlowConfig(mockServices.rootConfig())).toEqual({
      engines: [],
      warnings: [],
    });
    expect(read({ sonataflow: { workspace: 'w' } }).engines).toEqual([]);
  });

  it("makes an engine of Red Hat's key alone", () => {
    const { engines, warnings } = read({ dataIndexService: { url: URL_TEXT } });
    expect(warnings).toEqual([]);
    expect(engines).toHaveLength(1);
    expect(engines[0]).toMatchObject({
      id: 'sonataflow',
      dataIndexUrl: new URL(URL_TEXT),
      workspace: 'default',
      timeout: 10_000,
      startTimeout: 30_000,
      maxResponseBytes: 10_000_000,
      concurrency: 20,
      overlap: 60_000,
      dataIndex: {},
    });
    expect(engines[0]).not.toHaveProperty('adoptInitiatorBefore');
    expect(engines[0]).not.toHaveProperty('forwardToken');
    expect(engines[0]).not.toHaveProperty('authTokens');
    expect(engines[0]).not.toHaveProperty('eventsUrl');
  });

  it('reads everything', () => {
    const { engines, warnings } = readMain({
      adoptInitiatorBefore: '2026-06-01',
      workspace: 'rhdh',
      timeout: { seconds: 1 },
      startTimeout: '5s',
      maxResponseBytes: 20_000,
      concurrency: 3,
      overlap: { minutes: 2 },
      dataIndex: {
        auth: { bearer: 'index-secret' },
        tls: { ca: cert, cert, key },
      },
      runtimes: { hosts: ['*.workflows.svc'], tls: { ca: cert } },
      events: { url: 'http://broker.test/in' },
      forwardToken: { plugins: ['catalog'], hosts: ['a.workflows.svc'] },
      authTokens: { hosts: ['*.workflows.svc'], providers: ['GitHub'] },
    });
    expect(engines[0]).toMatchObject({
      adoptInitiatorBefore: Date.UTC(2026, 5, 1),
      workspace: 'rhdh',
      timeout: 1_000,
      startTimeout: 5_000,
      maxResponseBytes: 20_000,
      concurrency: 3,
      overlap: 120_000,
      dataIndex: {
        bearer: 'index-secret',
        tls: { ca: cert, cert, key },
      },
      runtimes: { tls: { ca: cert } },
      eventsUrl: new URL('http://broker.test/in'),
      forwardToken: { plugins: ['catalog'] },
      authTokens: { providers: ['github'] },
    });
    const { hosts } = engines[0].runtimes;
    expect(hosts?.includes(new URL('https://a.workflows.svc:8443/x'))).toBe(
      true,
    );
    expect(hosts?.includes(new URL('https://workflows.svc'))).toBe(false);
    expect(warnings).toEqual([
      expect.stringContaining('sends its bearer to the Data Index over http'),
    ]);
  });

  it('lets a Data Index have its own settings, block by block', () => {
    const { engines } = read({
      sonataflow: {
        timeout: { seconds: 1 },
        workspace: 'all',
        dataIndex: { auth: { bearer: 'common' } },
        dataIndexes: {
          emea: { url: 'https://emea.test', workspace: 'emea' },
          apac: { url: 'https://apac.test', dataIndex: { tls: { ca: cert } } },
        },
      },
    });
    expect(engines).toMatchObject([
      {
        id: 'emea',
        timeout: 1_000,
        workspace: 'emea',
        dataIndex: { bearer: 'common' },
      },
      { id: 'apac', timeout: 1_000, workspace: 'all' },
    ]);
    // A credential for all must not reach one that says for itself how it is asked.
    expect(engines[1].dataIndex.bearer).toBeUndefined();
  });

  it.each<[string, JsonObject, string]>([
    ['no number', { timeout: { seconds: 0 } }, 'sonataflow.timeout'],
    ['a time that is none', { startTimeout: { cars: 1 } }, 'startTimeout'],
    [
      'a date that is none',
      { adoptInitiatorBefore: 'June' },
      'adoptInitiatorBefore',
    ],
    [
      'a month that is none',
      { adoptInitiatorBefore: '2026-13-01' },
      'adoptInitiatorBefore',
    ],
    ['an empty workspace', { workspace: '' }, 'workspace'],
    ['a long workspace', { workspace: 'x'.repeat(256) }, 'workspace'],
    ['half a call', { concurrency: 1.5 }, 'concurrency'],
    ['tiny answers', { maxResponseBytes: 10 }, 'maxResponseBytes'],
    ['events to nowhere', { events: {} }, 'events.url'],
    ['events by mail', { events: { url: 'mailto:a@b' } }, 'events.url'],
    [
      'auth without a bearer',
      { dataIndex: { auth: {} } },
      'dataIndex.auth.bearer',
    ],
    [
      'a certificate that is none',
      { dataIndex: { tls: { cert: 'C', key } } },
      'dataIndex.tls.cert and key',
    ],
    [
      'a key that is none',
      { runtimes: { tls: { cert, key: 'K' } } },
      'runtimes.tls.cert and key',
    ],
    [
      'an authority that is none',
      { runtimes: { tls: { ca: 'C' } } },
      'runtimes.tls.ca',
    ],
    [
      'a date that is yet to come',
      { adoptInitiatorBefore: '2026-11-23' },
      'sonataflow.adoptInitiatorBefore must not be in the future',
    ],
    ['half a certificate', { dataIndex: { tls: { cert } } }, 'dataIndex.tls'],
    [
      'a bearer for any host',
      { runtimes: { auth: { bearer: 'abc' } } },
      'runtimes.hosts',
    ],
    [
      'hosts that are none',
      { runtimes: { hosts: ['http://a'] } },
      'runtimes.hosts',
    ],
    ['every host', { runtimes: { hosts: ['*'] } }, 'runtimes.hosts'],
    [
      'tokens for no host',
      { forwardToken: { plugins: ['catalog'] } },
      'forwardToken.hosts',
    ],
    [
      'no plugin',
      { forwardToken: { plugins: [], hosts: ['a'] } },
      'forwardToken.plugins',
    ],
    [
      'a plugin that is none',
      { forwardToken: { plugins: ['a b'], hosts: ['a'] } },
      'forwardToken.plugins',
    ],
    [
      'a token for ourselves',
      { forwardToken: { plugins: ['orchestrator'], hosts: ['a'] } },
      'forwardToken.plugins',
    ],
    ["callers' tokens for no host", { authTokens: {} }, 'authTokens.hosts'],
    [
      'a provider that is ours',
      { authTokens: { hosts: ['a'], providers: ['Backstage'] } },
      'authTokens.providers',
    ],
  ])('refuses %s and names the key', (_name, sonataflow, named) => {
    expect(() => readMain(sonataflow)).toThrow(named);
  });

  it.each([
    ['ftp://a.test', /must begin with http/],
    ['http://user:pass@a.test', /must not have credentials/],
    ['nowhere', /is not an address/],
    ['http://a.test/?x=1', /must not have a query/],
  ])('refuses the Data Index %s', (url, message) => {
    expect(() => read({ dataIndexService: { url } })).toThrow(message);
    expect(() => read({ dataIndexService: { url } })).toThrow(
      /orchestrator\.dataIndexService\.url/,
    );
  });

  it('refuses a Data Index without an address', () => {
    expect(() => read({ dataIndexService: {} })).toThrow(
      /dataIndexService\.url/,
    );
  });

  it.each(['embedded', 'sonataflow', 'Emea', 'a.b', '-a'])(
    'refuses an engine with the id %s',
    id => {
      expect(() =>
        read({
          dataIndexService: { url: URL_TEXT },
          sonataflow: { dataIndexes: { [id]: { url: URL_TEXT } } },
        }),
      ).toThrow(`orchestrator.sonataflow.dataIndexes.${id}`);
    },
  );

  it('never quotes a secret', () => {
    const bearer = 'secret with\nline';
    expect(() => readMain({ dataIndex: { auth: { bearer } } })).toThrow(
      /^Invalid config: orchestrator\.sonataflow\.dataIndex\.auth\.bearer has characters that a header cannot have$/,
    );
  });

  it('names the keys that it does not know, and those of RHDH that are not carried', () => {
    const { warnings } = read({
      dataIndexService: { url: URL_TEXT, timeout: 1 },
      kafka: { clientId: 'a', brokers: ['b'] },
      sonataFlowService: { port: 8080 },
      workflowLogProvider: { loki: { baseUrl: 'http://loki' } },
      sonataflow: {
        workspaces: 'w',
        runtimes: { host: 'a' },
        dataIndexes: { emea: { url: 'http://a', urls: 'x', tls: {} } },
      },
    });
    expect(warnings).toEqual([
      ...[
        'dataIndexService.timeout',
        'sonataflow.workspaces',
        'sonataflow.runtimes.host',
        'sonataflow.dataIndexes.emea.urls',
        'sonataflow.dataIndexes.emea.tls',
      ].map(
        name =>
          `The configuration key orchestrator.${name} is not known and has no effect`,
      ),
      expect.stringMatching(/^.* orchestrator\.kafka is not carried: /),
      expect.stringMatching(
        /^.* orchestrator\.sonataFlowService is not carried: /,
      ),
    ]);
  });

  it('warns that SonataFlow passes a bearer for runtimes on, and of trust in everybody', () => {
    const { warnings } = readMain({
      runtimes: {
        hosts: ['a.test'],
        auth: { bearer: 'abc' },
        tls: { rejectUnauthorized: false },
      },
    });
    expect(warnings).toEqual([
      expect.stringContaining('runtimes.tls.rejectUnauthorized is false'),
      expect.stringContaining('copies it to the OpenAPI calls of every run'),
    ]);
  });
});
