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

import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import { checkLogProvider, findLokiModule } from './checkLogProvider';

const loki = findLokiModule();
const check = (
  workflowLogProvider: JsonObject,
  options: Parameters<typeof checkLogProvider>[1],
) =>
  checkLogProvider(
    new ConfigReader({ orchestrator: { workflowLogProvider } }),
    options,
  );
const fitting = { baseUrl: 'https://loki.example.com', token: 'a-token' };

describe('checkLogProvider', () => {
  it('says nothing where no provider is configured', () => {
    expect(
      checkLogProvider(new ConfigReader({}), { isProduction: true, loki }),
    ).toEqual([]);
  });

  it('names the package of Loki, and checks its keys where it is installed', () => {
    expect(
      check({ loki: { ...fitting, tokn: 1 } }, { isProduction: true, loki }),
    ).toEqual([
      {
        level: 'change',
        text: expect.stringContaining('It is installed'),
        example: expect.stringContaining('backend-module-loki'),
      },
      {
        level: 'change',
        text: expect.stringContaining('workflowLogProvider.loki.tokn'),
      },
    ]);
    expect(
      check({ loki: { tokn: 1 } }, { isProduction: true, loki: undefined }),
    ).toEqual([
      expect.objectContaining({
        text: expect.stringContaining('Install it to have its keys checked'),
      }),
    ]);
  });

  it('finds what refuses to start', () => {
    const open = { ...fitting, baseUrl: 'http://loki.example.com' };
    expect(() => check({ loki: {} }, { isProduction: false, loki })).toThrow(
      'baseUrl',
    );
    expect(() => check({ loki: open }, { isProduction: true, loki })).toThrow(
      'workflowLogProvider.loki.baseUrl',
    );
    expect(check({ loki: open }, { isProduction: false, loki })).toHaveLength(
      1,
    );
  });

  it('says of a provider of somebody else that its module is needed', () => {
    expect(check({ splunk: {} }, { isProduction: true, loki })).toEqual([
      {
        level: 'change',
        text: expect.stringContaining(
          'workflowLogProvider.splunk needs the module',
        ),
      },
    ]);
  });
});
