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

import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { JsonObject } from '@backstage/types';
import orchestrator from './index';

jest.setTimeout(60_000);

async function start(config: JsonObject) {
  const backend = await startTestBackend({
    features: [
      mockServices.rootConfig.factory({
        data: {
          backend: { baseUrl: 'http://localhost:7007' },
          orchestrator: config,
        },
      }),
      catalogServiceMock.factory({ entities: [] }),
      orchestrator,
    ],
  });
  await backend.stop();
}

describe('the default export', () => {
  const misconfigured = { timeout: 'soon' };

  it('brings no SonataFlow where none is configured', async () => {
    await expect(start({})).resolves.toBeUndefined();
  });

  it.each([
    ['orchestrator.dataIndexService', { dataIndexService: { url: 'nowhere' } }],
    ['orchestrator.sonataflow', { sonataflow: misconfigured }],
  ])('brings SonataFlow where %s is there', async (key, config) => {
    // That it is there shows in its own refusal of what it cannot use.
    await expect(start(config)).rejects.toThrow(key);
  });
});
