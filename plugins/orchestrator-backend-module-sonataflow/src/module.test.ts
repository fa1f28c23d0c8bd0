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
import { call, FakeWorld, startOf } from './engine/__testUtils__/FakeWorld';
import module from './index';

async function startWith(orchestrator: JsonObject) {
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
      mockServices.rootConfig.factory({ data: { orchestrator } }),
      logger.factory,
    ],
  });
  const stop = async () => {
    for (const engine of engines) await engine.stop();
    await backend.stop();
  };
  const warnings = () => logger.warn.mock.calls.map(([message]) => message);
  return { engines, warnings, stop };
}

it('adds an engine for each Data Index, each with its own workflows and runs', async () => {
  const [main, emea] = [await FakeWorld.start(), await FakeWorld.start()];
  emea.runtime.deploy({ id: 'only-emea', behaviour: 'waits' });
  const { engines, stop } = await startWith({
    dataIndexService: { url: main.dataIndex.url.href },
    sonataflow: {
      startTimeout: { seconds: 7 },
      dataIndexes: { emea: { url: emea.dataIndex.url.href } },
    },
  });
  try {
    expect(engines.map(({ id }) => id)).toEqual(['sonataflow', 'emea']);
    const [one, other] = engines;
    expect(one.hasExclusiveFeed).toBe(true);
    expect(one.startTimeout).toBeGreaterThanOrEqual(7_000);
    await one.health(call);
    expect(await one.listDefinitions(call)).toHaveLength(4);
    expect(await other.listDefinitions(call)).toHaveLength(5);
    const { id } = await other.start(startOf('only-emea'), call);
    expect(await other.get(id, call)).toMatchObject({ state: 'ACTIVE' });
    expect(await one.get(id, call)).toBeUndefined();
  } finally {
    await stop();
    await main.close();
    await emea.close();
  }
});

it('does not need its Data Index to start, and tells of its health', async () => {
  const { engines, warnings, stop } = await startWith({
    dataIndexService: { url: 'http://127.0.0.1:9' },
  });
  await expect(engines[0].health(call)).rejects.toMatchObject({
    name: 'ServiceUnavailableError',
    message: expect.stringContaining('The Data Index of engine "sonataflow"'),
  });
  expect(warnings()).toEqual([]);
  await stop();
});

it('adds nothing where nothing is configured, and says so', async () => {
  const { engines, warnings, stop } = await startWith({
    kafka: { clientId: 'a', brokers: ['b'] },
  });
  expect(engines).toEqual([]);
  expect(warnings()).toEqual([
    expect.stringContaining('orchestrator.kafka is not carried'),
    expect.stringContaining('No SonataFlow engine is added'),
  ]);
  await stop();
});

it('refuses to start with a value that cannot be', async () => {
  await expect(
    startWith({
      dataIndexService: { url: 'http://127.0.0.1:9' },
      sonataflow: { runtimes: { auth: { bearer: 'secret-value' } } },
    }),
  ).rejects.toThrow(
    /orchestrator\.sonataflow\.runtimes\.hosts must name the hosts/,
  );
});
