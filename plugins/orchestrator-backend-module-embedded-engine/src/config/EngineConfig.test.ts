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
import {
  DEFAULT_LIMITS,
  type EmbeddedOpenApiAuth,
  mayReadSecret,
} from './EngineConfig';
import { readEmbeddedEngineConfig } from './readEngineConfig';

const read = (embedded: JsonObject) =>
  readEmbeddedEngineConfig(
    mockServices.rootConfig({
      data: { orchestrator: { engines: { embedded } } },
    }),
  );

describe('readEmbeddedEngineConfig', () => {
  it('needs nothing', () => {
    const { config, unknown } = readEmbeddedEngineConfig(
      mockServices.rootConfig(),
    );
    expect(config).toEqual({
      enabled: true,
      definitions: [],
      egress: [],
      functions: new Map(),
      openapi: new Map(),
      secrets: new Map(),
      secretKey: undefined,
      events: { sink: undefined, crossWorkspace: [] },
      synchronous: 'normal',
      limits: DEFAULT_LIMITS,
    });
    expect(unknown).toEqual([]);
  });

  it('reads everything', () => {
    const { config } = read({
      enabled: false,
      definitions: ['a', { folder: 'b', workspace: 'w' }],
      egress: [
        'https://api.test/v1',
        { url: 'https://b.test', addresses: ['10.0.0.0/8', 'fd00::1'] },
      ],
      functions: { 'get-2': { baseUrl: 'https://api.test' } },
      openapi: {
        'orders.v1': {
          baseUrl: 'https://api.test',
          auth: {
            one: { token: 'token' },
            two: { username: 'token', password: 'token' },
            three: { apiKey: 'token' },
            four: {
              clientId: 'token',
              clientSecret: 'token',
              tokenUrl: 'https://id.test/token',
              scopes: ['read'],
            },
            five: { provider: 'github' },
          },
        },
        plain: {},
      },
      secrets: { token: { value: 'long enough', workflows: ['x'] } },
      secretKey: '0123456789abcdef',
      events: {
        sink: 'http://broker/',
        crossWorkspace: [{ from: 'a', to: 'b' }],
      },
      synchronous: 'full',
      limits: { logLines: 7 },
    });
    expect(config).toEqual({
      enabled: false,
      definitions: [{ folder: 'a' }, { folder: 'b', workspace: 'w' }],
      egress: [
        'https://api.test/v1',
        { url: 'https://b.test', addresses: ['10.0.0.0/8', 'fd00::1'] },
      ],
      functions: new Map([['get-2', { baseUrl: 'https://api.test' }]]),
      openapi: new Map([
        [
          'orders.v1',
          {
            baseUrl: 'https://api.test',
            auth: new Map<string, EmbeddedOpenApiAuth>([
              ['one', { token: 'token' }],
              ['two', { username: 'token', password: 'token' }],
              ['three', { apiKey: 'token' }],
              [
                'four',
                {
                  clientId: 'token',
                  clientSecret: 'token',
                  tokenUrl: 'https://id.test/token',
                  scopes: ['read'],
                },
              ],
              ['five', { provider: 'github' }],
            ]),
          },
        ],
        ['plain', { baseUrl: undefined, auth: new Map() }],
      ]),
      secrets: new Map([['token', { value: 'long enough', workflows: ['x'] }]]),
      secretKey: '0123456789abcdef',
      events: {
        sink: 'http://broker/',
        crossWorkspace: [{ from: 'a', to: 'b' }],
      },
      synchronous: 'full',
      limits: { ...DEFAULT_LIMITS, logLines: 7 },
    });
  });

  it.each<[string, JsonObject, RegExp]>([
    ['a list that is none', { definitions: 'a' }, /definitions must be a list/],
    [
      'a folder that is none',
      { definitions: [{}] },
      /definitions\[0\] must be a folder/,
    ],
    [
      'a workspace that is none',
      { definitions: [{ folder: 'a', workspace: '' }] },
      /definitions\[0\]\.workspace/,
    ],
    [
      'a workspace that no database keeps',
      { definitions: [{ folder: 'a', workspace: 'x'.repeat(256) }] },
      /definitions\[0\]\.workspace must be a text of 255/,
    ],
    [
      'an egress that is no address',
      { egress: ['api.test'] },
      /egress: "api.test" is not an address/,
    ],
    [
      'an egress without an address',
      { egress: [{ addresses: ['10.0.0.0/8'] }] },
      /egress\[0\]\.url must be an address/,
    ],
    [
      'a range that is none',
      { egress: [{ url: 'https://api.test', addresses: ['10.0.0.0/33'] }] },
      /egress: "10.0.0.0\/33" is not a range/,
    ],
    [
      'a range that is no text',
      { egress: [{ url: 'https://api.test', addresses: [10] }] },
      /egress\[0\]\.addresses must be a list of texts/,
    ],
    ['a short key', { secretKey: 'short' }, /secretKey must have at least 16/],
    [
      'a sink that is no address',
      { events: { sink: 'broker' } },
      /events\.sink must be an http or https address/,
    ],
    [
      'a sink with credentials',
      { events: { sink: 'http://u:secret@broker/' } },
      /events\.sink must not hold credentials/,
    ],
    [
      'half a pair of workspaces',
      { events: { crossWorkspace: [{ from: 'a' }] } },
      /events\.crossWorkspace\[0\] must have from and to/,
    ],
    [
      'an auth of two kinds',
      {
        secrets: { t: { value: 'long enough', workflows: ['x'] } },
        openapi: { d: { auth: { s: { token: 't', apiKey: 't' } } } },
      },
      /openapi\.d\.auth\.s must be \{token\}/,
    ],
    [
      'half a pair of secrets',
      {
        secrets: { t: { value: 'long enough', workflows: ['x'] } },
        openapi: { d: { auth: { s: { username: 't' } } } },
      },
      /openapi\.d\.auth\.s must be /,
    ],
    [
      'an auth of a secret that is not there',
      { openapi: { d: { auth: { s: { token: 'hunter2' } } } } },
      /openapi\.d\.auth\.s\.token must be the name of one of .*secrets$/,
    ],
    [
      'a header that is none',
      { openapi: { d: { auth: { s: { provider: 'p', header: 'a b' } } } } },
      /openapi\.d\.auth\.s\.header must be the name of a header/,
    ],
    [
      'scopes that are none',
      {
        secrets: { t: { value: 'long enough', workflows: ['x'] } },
        openapi: {
          d: {
            auth: { s: { clientId: 't', clientSecret: 't', scopes: ['a b'] } },
          },
        },
      },
      /openapi\.d\.auth\.s\.scopes must be a list/,
    ],
    [
      'a short secret',
      { secrets: { t: { value: 'abc', workflows: [] } } },
      /secrets\.t\.value must have at least 6/,
    ],
    [
      'a secret for nobody',
      { secrets: { t: { value: 'long enough' } } },
      /workflows/,
    ],
    [
      'a secret for an id that is none',
      { secrets: { t: { value: 'long enough', workflows: ['w/a', 'a b'] } } },
      /secrets\.t\.workflows\[1\] must be workspace\/workflowId/,
    ],
    [
      'a secret for a workspace that is none',
      { secrets: { t: { value: 'long enough', workflows: ['/a'] } } },
      /secrets\.t\.workflows\[0\] must be workspace\/workflowId/,
    ],
    [
      'a base that is no address',
      { functions: { f: { baseUrl: 'x' } } },
      /functions\.f\.baseUrl/,
    ],
    [
      'another mode',
      { synchronous: 'off' },
      /synchronous must be normal or full/,
    ],
    [
      'a limit of nothing',
      { limits: { logLines: 0 } },
      /limits\.logLines must be a whole number/,
    ],
  ])('refuses %s', (_name, embedded, message) => {
    expect(() => read(embedded)).toThrow(message);
  });

  it.each([
    ['deploy', 'default', true],
    ['deploy', 'payments', false],
    ['default/deploy', 'default', true],
    ['payments/deploy', 'payments', true],
    ['payments/deploy', 'default', false],
    ['pay/ments/deploy', 'pay/ments', true],
    ['payments/deploy2', 'payments', false],
  ])(
    'lets %s read a secret in the workspace %s: %p',
    (workflow, workspace, may) => {
      const { config } = read({
        secrets: { t: { value: 'long enough', workflows: [workflow] } },
      });
      expect(
        mayReadSecret(config.secrets.get('t')!, { id: 'deploy', workspace }),
      ).toBe(may);
    },
  );

  it('does not repeat the value of a secret', () => {
    expect(() =>
      read({ secrets: { t: { value: 'abcde', workflows: [] } } }),
    ).not.toThrow('abcde');
  });

  it('names the keys that it does not know', () => {
    const base = 'orchestrator.engines.embedded';
    expect(
      read({
        defnitions: [],
        egress: [{ url: 'https://api.test', adresses: [] }],
        events: { sinks: [] },
        openapi: { d: { baseURL: '' } },
        limits: { logLine: 1 },
      }).unknown,
    ).toEqual([
      `${base}.defnitions`,
      `${base}.limits.logLine`,
      `${base}.egress[0].adresses`,
      `${base}.openapi.d.baseURL`,
      `${base}.events.sinks`,
    ]);
  });
});
