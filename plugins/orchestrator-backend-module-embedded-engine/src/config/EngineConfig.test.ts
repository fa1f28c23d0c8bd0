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
  mayReadSecret,
  readEmbeddedEngineConfig,
} from './EngineConfig';

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
      secrets: new Map(),
      synchronous: 'normal',
      limits: DEFAULT_LIMITS,
    });
    expect(unknown).toEqual([]);
  });

  it('reads everything', () => {
    const { config } = read({
      enabled: false,
      definitions: ['a', { folder: 'b', workspace: 'w' }],
      egress: ['https://api.test/v1'],
      functions: { get: { baseUrl: 'https://api.test' } },
      secrets: { token: { value: 'long enough', workflows: ['x'] } },
      synchronous: 'full',
      limits: { logLines: 7 },
    });
    expect(config).toEqual({
      enabled: false,
      definitions: [{ folder: 'a' }, { folder: 'b', workspace: 'w' }],
      egress: ['https://api.test/v1'],
      functions: new Map([['get', { baseUrl: 'https://api.test' }]]),
      secrets: new Map([['token', { value: 'long enough', workflows: ['x'] }]]),
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
    expect(read({ defnitions: [], limits: { logLine: 1 } }).unknown).toEqual([
      'orchestrator.engines.embedded.defnitions',
      'orchestrator.engines.embedded.limits.logLine',
    ]);
  });
});
