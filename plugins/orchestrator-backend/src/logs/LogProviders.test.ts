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
import { LogProviders } from './LogProviders';

function provider(id: string) {
  return {
    getProviderId: () => id,
    getBaseURL: () => `http://${id}`,
    fetchWorkflowLogsByInstance: async () => ({ instanceId: '', logs: [] }),
  };
}

const configOf = (workflowLogProvider?: JsonObject) =>
  new ConfigReader({ orchestrator: { workflowLogProvider } });

describe('LogProviders', () => {
  it('gives the one that the configuration names', () => {
    const providers = new LogProviders();
    const loki = provider('loki');
    providers.add(provider('own'));
    providers.add(loki);
    expect(providers.chosenBy(configOf({ loki: { limit: 1 } }))).toBe(loki);
  });

  it('gives none where it names none', () => {
    const providers = new LogProviders();
    providers.add(provider('own'));
    expect(providers.chosenBy(new ConfigReader({}))).toBeUndefined();
    expect(providers.chosenBy(configOf({}))).toBeUndefined();
  });

  it('has one of each id', () => {
    const providers = new LogProviders();
    providers.add(provider('own'));
    expect(() => providers.add(provider('own'))).toThrow(
      expect.objectContaining({ name: 'ConflictError' }),
    );
  });

  it('names the module that is missing', () => {
    const providers = new LogProviders();
    expect(() => providers.chosenBy(configOf({ loki: {} }))).toThrow(
      'add @flowgate/backstage-plugin-orchestrator-backend-module-loki to the backend',
    );
    expect(() => providers.chosenBy(configOf({ own: {} }))).toThrow(
      'no module added a log provider with the id "own"',
    );
  });

  it('refuses to choose among several', () => {
    const providers = new LogProviders();
    providers.add(provider('loki'));
    expect(() => providers.chosenBy(configOf({ loki: {}, own: {} }))).toThrow(
      'names several providers',
    );
  });
});
