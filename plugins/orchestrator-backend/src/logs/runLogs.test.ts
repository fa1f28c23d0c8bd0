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

import {
  createBackendModule,
  createExtensionPoint,
} from '@backstage/backend-plugin-api';
import { ServiceUnavailableError } from '@backstage/errors';
import {
  workflowLogsExtensionEndpoint,
  type WorkflowLogProvider,
  type WorkflowLogsExtensionPoint,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { FakeEngine } from '@flowgate/backstage-plugin-orchestrator-node/testUtils';
import request from 'supertest';
import { startTestPortal, type TestPortal } from '../__testUtils__/TestPortal';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

type Asked = Parameters<WorkflowLogProvider['fetchWorkflowLogsByInstance']>[0];

/** The extension point as Red Hat's package has it: not the same object as ours. */
const redHats = createExtensionPoint<WorkflowLogsExtensionPoint>({
  id: 'orchestrator.workflowlogs',
});

/** A module as one for Red Hat's orchestrator is written. */
function logModule(provider: Partial<WorkflowLogProvider>) {
  return createBackendModule({
    pluginId: 'orchestrator',
    moduleId: 'own-logs',
    register(env) {
      env.registerInit({
        deps: { logs: redHats },
        async init({ logs }) {
          logs.addWorkflowLogProvider({
            getProviderId: () => 'own',
            getBaseURL: () => 'http://10.1.2.3',
            fetchWorkflowLogsByInstance: async ({ id }) => ({
              instanceId: id,
              logs: [{ id: '1', log: 'from the provider' }],
            }),
            ...provider,
          });
        },
      });
    },
  });
}

const configured = {
  orchestrator: { workflowLogProvider: { own: { any: 'thing' } } },
};

describe('the logs of runs', () => {
  const withoutLogs = new FakeEngine({
    id: 'remote',
    definitions: [
      { id: 'far', description: 'Far away', scenario: 'completes' },
    ],
    capabilities: { logs: false, definitions: false },
  });
  const withLogs = new FakeEngine({
    id: 'near',
    definitions: [{ id: 'near', scenario: 'completes' }],
    capabilities: { definitions: false },
  });
  const asked: Asked[] = [];
  let failure: Error | undefined;
  let portal: TestPortal;

  beforeAll(async () => {
    portal = await startTestPortal({
      engines: [withoutLogs, withLogs],
      config: configured,
      features: [
        logModule({
          async fetchWorkflowLogsByInstance(instance) {
            asked.push(instance);
            if (failure) throw failure;
            return {
              instanceId: instance.id,
              logs: [{ id: '1', log: 'from the provider' }],
            };
          },
        }),
      ],
    });
  });
  afterAll(() => portal.stop());
  beforeEach(() => {
    asked.length = 0;
    failure = undefined;
  });

  const as = async (name: string) => ({
    Authorization: `Bearer ${await portal.issuer.userToken(
      `user:default/${name}`,
    )}`,
  });
  const start = async (workflowId: string) => {
    const { body } = await request(portal.server)
      .post(`/api/orchestrator/v2/workflows/${workflowId}/execute`)
      .set(await as('alice'))
      .send({ inputData: {}, targetEntity: 'component:default/web' })
      .expect(200);
    return body.id as string;
  };
  const logs = async (id: string, name = 'alice') =>
    request(portal.server)
      .get(`/api/orchestrator/v2/workflows/instances/${id}/logs?rawlog=true`)
      .set(await as(name));

  it('come from the provider where the engine keeps none', async () => {
    const id = await start('far');
    const { status, body } = await logs(id);
    expect([status, body]).toEqual([
      200,
      { instanceId: id, logs: [{ id: '1', log: 'from the provider' }] },
    ]);
    expect(asked).toEqual([
      expect.objectContaining({
        id,
        processId: 'far',
        description: 'Far away',
        state: 'COMPLETED',
        initiatorEntity: 'user:default/alice',
        targetEntity: 'component:default/web',
        start: expect.stringMatching(/Z$/),
        end: expect.stringMatching(/Z$/),
      }),
    ]);
  });

  it('are there while the engine is down', async () => {
    const id = await start('far');
    withoutLogs.troubles.setDown(true);
    const { status } = await logs(id);
    withoutLogs.troubles.setDown(false);
    expect(status).toBe(200);
  });

  it('are not asked for by who may not see the run', async () => {
    const id = await start('far');
    const { status, body } = await logs(id, 'bob');
    expect([status, body.error.code]).toEqual([404, 'instance.not_found']);
    expect(asked).toEqual([]);
  });

  it('come from the engine where that keeps some', async () => {
    const { body } = await logs(await start('near'));
    expect(body.logs.length).toBeGreaterThan(0);
    expect(asked).toEqual([]);
  });

  it('have a clear answer where the provider is down', async () => {
    const id = await start('far');
    failure = new ServiceUnavailableError('connect ECONNREFUSED 10.1.2.3');
    const { status, body, headers } = await logs(id);
    expect([status, body.error.code]).toEqual([503, 'engine.unavailable']);
    expect(headers['retry-after']).toBe('5');
    expect(JSON.stringify(body)).not.toContain('10.1.2.3');
  });

  it('are empty without a provider, and with one that is not configured', async () => {
    const plain = await startTestPortal({
      engines: [
        new FakeEngine({
          definitions: [{ id: 'far' }],
          capabilities: { logs: false },
        }),
      ],
      features: [logModule({})],
    });
    const own = portal;
    portal = plain;
    const id = await start('far');
    const { status, body } = await logs(id);
    portal = own;
    await plain.stop();
    expect([status, body]).toEqual([200, { instanceId: id, logs: [] }]);
  });

  it('keep the plugin from starting where the provider is missing, or there twice', async () => {
    await expect(startTestPortal({ config: configured })).rejects.toThrow(
      'no module added a log provider with the id "own"',
    );
    await expect(
      startTestPortal({
        config: configured,
        features: [
          logModule({}),
          createBackendModule({
            pluginId: 'orchestrator',
            moduleId: 'more-logs',
            register(env) {
              env.registerInit({
                deps: { logs: workflowLogsExtensionEndpoint },
                async init({ logs: point }) {
                  const one = {
                    getProviderId: () => 'own',
                    getBaseURL: () => '',
                    fetchWorkflowLogsByInstance: async () => {
                      throw new Error('never asked');
                    },
                  };
                  point.addWorkflowLogProvider([one]);
                },
              });
            },
          }),
        ],
      }),
    ).rejects.toThrow(
      'There is already a workflow log provider with the id "own"',
    );
  });
});
