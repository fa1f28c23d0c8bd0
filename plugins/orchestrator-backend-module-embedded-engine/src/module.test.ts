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

import { createBackendPlugin } from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import {
  orchestratorEnginesExtensionPoint,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import module from './index';

async function enginesWith(embedded: JsonObject) {
  const engines: WorkflowEngine[] = [];
  const logger = mockServices.logger.mock();
  logger.child.mockReturnValue(logger);
  const host = createBackendPlugin({
    pluginId: 'orchestrator',
    register(env) {
      env.registerExtensionPoint(orchestratorEnginesExtensionPoint, {
        addEngine: engine => engines.push(engine),
      });
      env.registerInit({ deps: {}, async init() {} });
    },
  });
  const backend = await startTestBackend({
    features: [
      host,
      module,
      mockServices.rootConfig.factory({
        data: { orchestrator: { engines: { embedded } } },
      }),
      logger.factory,
    ],
  });
  return { engines, logger, stop: () => backend.stop() };
}

it('adds the engine, which works on the database of the plugin', async () => {
  const { engines, logger, stop } = await enginesWith({ typo: 1 });
  try {
    expect(engines.map(({ id }) => id)).toEqual(['embedded']);
    await engines[0].begin?.();
    await engines[0].health({ caller: 'system' });
    expect(logger.warn.mock.calls.map(([message]) => message)).toContain(
      'The configuration key orchestrator.engines.embedded.typo is not known and has no effect',
    );
  } finally {
    await engines[0].stop();
    await stop();
  }
});

it('adds nothing where it is switched off', async () => {
  const { engines, stop } = await enginesWith({ enabled: false });
  expect(engines).toEqual([]);
  await stop();
});
