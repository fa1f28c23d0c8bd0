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

import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import { schedulerServiceFactory } from '@backstage/backend-defaults/scheduler';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { orchestratorPlugin } from '@flowgate/backstage-plugin-orchestrator-backend';
import { orchestratorModuleEmbeddedEngine } from '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine';
import path from 'node:path';
import { nightlyReportPlugin } from './plugin';

const READER = 'static-token-of-the-test';

/** The plugin beside the orchestrator with its engine, on the real scheduler, auth and HTTP. */
async function start() {
  const { server } = await startTestBackend({
    features: [
      orchestratorPlugin,
      orchestratorModuleEmbeddedEngine,
      nightlyReportPlugin,
      authServiceFactory,
      httpAuthServiceFactory,
      schedulerServiceFactory,
      catalogServiceMock.factory(),
      mockServices.rootConfig.factory({
        data: {
          backend: {
            baseUrl: 'http://localhost:7007',
            auth: {
              externalAccess: [
                {
                  type: 'static',
                  options: { token: READER, subject: 'reader' },
                  accessRestrictions: [{ plugin: 'orchestrator' }],
                },
              ],
            },
          },
          nightlyReport: {
            schedule: {
              frequency: { seconds: 1 },
              timeout: { seconds: 30 },
            },
          },
          orchestrator: {
            auth: {
              grants: {
                'nightly-report': {
                  match: { plugin: 'nightly-report' },
                  scopes: ['workflows:execute:nightly'],
                },
                reader: {
                  match: { external: 'reader' },
                  scopes: ['instances:read', 'instances:admin'],
                },
              },
            },
            engines: {
              embedded: {
                definitions: [
                  path.join(
                    resolvePackagePath('backend'),
                    '../../examples/workflows',
                  ),
                ],
              },
            },
          },
        },
      }),
    ],
  });
  return {
    async listRuns() {
      const response = await fetch(
        `http://localhost:${server.port()}/api/orchestrator/v2/workflows/instances`,
        {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${READER}`,
            'Content-Type': 'application/json',
          },
          body: '{}',
        },
      );
      const body = await response.json();
      if (!response.ok) throw new Error(JSON.stringify(body));
      return body.items as {
        processId: string;
        initiatorEntity: string;
        actor?: string;
      }[];
    },
  };
}

describe('nightlyReportPlugin', () => {
  it('starts the workflow by the real scheduler, as itself', async () => {
    const { listRuns } = await start();
    let runs = await listRuns();
    while (runs.length === 0) {
      await new Promise(resolve => setTimeout(resolve, 100));
      runs = await listRuns();
    }
    for (const run of runs) {
      expect(run.processId).toBe('nightly');
      expect(run.initiatorEntity).toBe('plugin:nightly-report');
      expect(run.actor).toBeUndefined();
    }
  }, 60_000);
});
