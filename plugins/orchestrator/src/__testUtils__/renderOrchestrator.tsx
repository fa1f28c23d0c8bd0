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

import { mockApis, renderTestApp } from '@backstage/frontend-test-utils';
import {
  formatOrchestratorToken,
  orchestratorScopes,
  type components,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { orchestratorApiRef, type OrchestratorApi } from '../api';
import { orchestratorPlugin } from '../plugin';

type Schemas = components['schemas'];

const HELD = [
  'instances:read',
  'tokens:read',
  'tokens:write',
  'workflows:execute',
  'workflows:read',
];

export const WHOAMI: Schemas['Whoami'] = {
  authenticated: true,
  principal: { type: 'user', ref: 'user:default/alice' },
  grants: [
    {
      name: 'platform-team',
      scopes: HELD,
      workspaces: ['platform'],
    },
  ],
  scopes: HELD,
};

export const WEATHER: Schemas['WorkflowOverviewDTO'] = {
  workflowId: 'weather',
  name: 'Weather advice',
  description: 'Advises what to wear',
  format: 'yaml',
  version: '1.0',
  workspace: 'platform',
  isAvailable: true,
};

/** What a backend answers once. */
export const SECRET = formatOrchestratorToken({
  kind: 'personal',
  id: 'aBcDeFgHiJkL',
  secret: 'x'.repeat(43),
});

/** The catalogue, with what the user above holds. */
export const SCOPES: Schemas['ScopeList'] = {
  scopes: orchestratorScopes.map(({ scope, description, permission }) => ({
    scope,
    description,
    permission: permission.name,
    held: HELD.includes(scope),
  })),
};

/** A token of the user above. */
export function makeToken(
  token: Partial<Schemas['Token']> = {},
): Schemas['Token'] {
  return {
    id: 'aBcDeFgHiJkL',
    kind: 'personal',
    name: 'laptop',
    description: '',
    owner: 'user:default/alice',
    createdBy: 'user:default/alice',
    createdAt: '2026-11-22T03:04:05.000Z',
    scopes: ['workflows:read'],
    workspaces: 'all',
    expiresAt: '2027-02-20T03:04:05.000Z',
    status: 'active',
    useCount: 0,
    hint: 'orch_pat_…wxyz',
    ...token,
  };
}

/** A run of the workflow above. */
export function makeRun(
  run: Partial<Schemas['ProcessInstanceDTO']> = {},
): Schemas['ProcessInstanceDTO'] {
  return {
    id: 'run-1',
    processId: 'weather',
    processName: 'Weather advice',
    state: 'COMPLETED',
    start: '2026-11-22T03:04:05.000Z',
    end: '2026-11-22T03:04:07.500Z',
    initiatorEntity: 'user:default/alice',
    nodes: [],
    workflowdata: {},
    ...run,
  };
}

/** A backend in which one workflow and no run exists, each call of which can be replaced. */
export function mockApi(
  calls: Partial<jest.Mocked<OrchestratorApi>> = {},
): jest.Mocked<OrchestratorApi> {
  return {
    whoami: jest.fn().mockResolvedValue(WHOAMI),
    listWorkflows: jest.fn().mockResolvedValue({
      overviews: [WEATHER],
      totalCount: 1,
      paginationInfo: {},
    }),
    getWorkflow: jest.fn().mockResolvedValue(WEATHER),
    getInputSchema: jest.fn().mockResolvedValue({
      type: 'object',
      required: ['city'],
      properties: { city: { type: 'string', default: 'Oslo' } },
    }),
    execute: jest.fn().mockResolvedValue({ id: 'run-1' }),
    listRuns: jest
      .fn()
      .mockResolvedValue({ items: [], totalCount: 0, paginationInfo: {} }),
    getRun: jest.fn().mockResolvedValue(makeRun()),
    getRunLog: jest.fn().mockResolvedValue([]),
    abortRun: jest.fn().mockResolvedValue(undefined),
    retriggerRun: jest.fn().mockResolvedValue(undefined),
    listScopes: jest.fn().mockResolvedValue(SCOPES),
    listTokens: jest.fn().mockResolvedValue({ items: [] }),
    createToken: jest
      .fn()
      .mockResolvedValue({ token: makeToken(), secret: SECRET }),
    updateToken: jest.fn().mockResolvedValue(makeToken()),
    rotateToken: jest
      .fn()
      .mockResolvedValue({ token: makeToken(), secret: SECRET }),
    revokeToken: jest.fn().mockResolvedValue(makeToken({ status: 'revoked' })),
    ...calls,
  };
}

/** The plugin in an app, at a path of it. */
export function renderOrchestrator(api: OrchestratorApi, path = '') {
  return renderTestApp({
    features: [orchestratorPlugin],
    apis: [
      [orchestratorApiRef, api],
      mockApis.identity({
        userEntityRef: 'user:default/alice',
        ownershipEntityRefs: ['user:default/alice', 'group:default/platform'],
      }),
    ],
    initialRouteEntries: [`/orchestrator${path}`],
  });
}
