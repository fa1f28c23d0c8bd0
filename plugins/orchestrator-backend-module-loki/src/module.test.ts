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
import type { JsonObject } from '@backstage/types';
import {
  workflowLogsExtensionEndpoint,
  type WorkflowLogProvider,
} from '@flowgate/backstage-plugin-orchestrator-node';
import orchestratorModuleLoki from './index';

async function start(loki?: JsonObject) {
  const added: WorkflowLogProvider[] = [];
  const logger = mockServices.logger.mock();
  logger.child.mockReturnValue(logger);
  const data = {
    orchestrator: { workflowLogProvider: loki ? { loki } : {} },
  };
  const backend = await startTestBackend({
    extensionPoints: [
      [
        workflowLogsExtensionEndpoint,
        { addWorkflowLogProvider: (...more) => added.push(...more.flat()) },
      ],
    ],
    features: [
      orchestratorModuleLoki,
      logger.factory,
      mockServices.rootConfig.factory({ data }),
    ],
  });
  await backend.stop();
  return { added, warnings: logger.warn.mock.calls.map(([text]) => text) };
}

describe('orchestratorModuleLoki', () => {
  it('adds the provider', async () => {
    const { added, warnings } = await start({
      baseUrl: 'http://localhost:3100',
      token: 't0ken',
    });
    expect(added.map(provider => provider.getProviderId())).toEqual(['loki']);
    expect(warnings).toEqual([]);
  });

  it('adds none where Loki is not configured, and says so', async () => {
    const { added, warnings } = await start();
    expect(added).toEqual([]);
    expect(warnings).toEqual([
      'The Loki module is installed but does nothing: orchestrator.workflowLogProvider.loki is not configured',
    ]);
  });

  it('warns of what is not safe, and of what nothing reads', async () => {
    const { warnings } = await start({
      baseUrl: 'http://localhost:3100',
      token: 't0ken',
      rejectUnauthorized: false,
      tenant: 'x',
    });
    expect(warnings).toEqual([
      'Nothing reads the config key orchestrator.workflowLogProvider.loki.tenant',
      expect.stringContaining('rejectUnauthorized is false'),
    ]);
  });

  it('refuses to start with a configuration that is not valid', async () => {
    await expect(start({ baseUrl: 'loki', token: 't0ken' })).rejects.toThrow(
      'loki.baseUrl must be an absolute URL',
    );
  });
});
