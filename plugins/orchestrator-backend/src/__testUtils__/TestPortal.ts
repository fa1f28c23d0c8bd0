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

import { auditorServiceFactory } from '@backstage/backend-defaults/auditor';
import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import { permissionsServiceFactory } from '@backstage/backend-defaults/permissions';
import { userInfoServiceFactory } from '@backstage/backend-defaults/userInfo';
import {
  type AuthService,
  type BackendFeature,
  coreServices,
  createBackendModule,
  createBackendPlugin,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { type Entity, RELATION_MEMBER_OF } from '@backstage/catalog-model';
import permissionBackend from '@backstage/plugin-permission-backend';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type {
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import type { JsonObject } from '@backstage/types';
import {
  orchestratorClockServiceRef,
  orchestratorEnginesExtensionPoint,
  orchestratorServiceRef,
  type OrchestratorService,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { Server } from 'node:http';
import { orchestratorPlugin } from '../plugin';
import { TestDatabase } from './TestDatabase';
import { TestIssuer } from './TestIssuer';

function entity(kind: string, name: string, groups: readonly string[]): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: name === 'alice' ? { profile: { email: 'alice@example.com' } } : {},
    relations: groups.map(group => ({
      type: RELATION_MEMBER_OF,
      targetRef: `group:default/${group}`,
    })),
  };
}

/** What the catalog of a portal has. */
export const ENTITIES: readonly Entity[] = [
  ...['alice', 'bob', 'carol', 'dave', 'erin'].map(name =>
    entity('User', name, ['alice', 'bob'].includes(name) ? ['team'] : []),
  ),
  entity('Group', 'team', []),
  entity('Group', 'other', []),
];

/** A permission policy for tests. */
export type TestPolicy = (
  query: PolicyQuery,
  user?: PolicyQueryUser,
) => PolicyDecision;

/** A backend plugin beside the orchestrator, with its own identity. */
export interface TestCaller {
  readonly auth: AuthService;
  readonly orchestrator: OrchestratorService;
}

/** A running backend with the orchestrator and Backstage's real auth, httpAuth, userInfo and permission services. */
export interface TestPortal {
  readonly server: Server;
  readonly url: string;
  readonly issuer: TestIssuer;
  /** Other plugins by id. */
  readonly callers: Readonly<Record<string, TestCaller>>;
  /** What the auditor wrote. */
  readonly audited: JsonObject[];
  stop(): Promise<void>;
}

function callerFeature(
  pluginId: string,
  callers: Record<string, TestCaller>,
): BackendFeature {
  return createBackendPlugin({
    pluginId,
    register(env) {
      env.registerInit({
        deps: {
          auth: coreServices.auth,
          orchestrator: orchestratorServiceRef,
          // Serves the keys of the plugin.
          httpRouter: coreServices.httpRouter,
        },
        async init({ auth, orchestrator }) {
          callers[pluginId] = { auth, orchestrator };
        },
      });
    },
  });
}

/** Starts a portal. */
export async function startTestPortal(
  options: {
    config?: JsonObject;
    engines?: readonly WorkflowEngine[];
    policy?: TestPolicy;
    callers?: readonly string[];
    features?: readonly BackendFeature[];
    /** Takes the place of Backstage's httpAuth service. */
    httpAuth?: BackendFeature;
    /** The orchestrator's database; in memory where absent. */
    knex?: Knex;
    /** Takes the place of the catalog, which has {@link ENTITIES}. */
    catalog?: BackendFeature;
    /** The orchestrator's clock; that of the machine where absent. */
    now?: () => number;
  } = {},
): Promise<TestPortal> {
  const issuer = await TestIssuer.create();
  const callers: Record<string, TestCaller> = {};
  const audited: JsonObject[] = [];
  const database = new TestDatabase(options.knex);
  const policy = options.policy ?? (() => ({ result: AuthorizeResult.ALLOW }));

  const backend = await startTestBackend({
    features: [
      mockServices.rootConfig.factory({
        data: {
          backend: {
            baseUrl: 'http://localhost:7007',
            ...(options.config?.backend as JsonObject),
          },
          permission: { enabled: true },
          ...(options.config?.orchestrator
            ? { orchestrator: options.config.orchestrator }
            : {}),
          ...(options.config?.auth ? { auth: options.config.auth } : {}),
        },
      }),
      authServiceFactory,
      options.httpAuth ?? httpAuthServiceFactory,
      permissionsServiceFactory,
      userInfoServiceFactory,
      auditorServiceFactory,
      database.feature(),
      createServiceFactory({
        service: coreServices.logger,
        deps: {},
        factory: () => recordingLogger(audited),
      }),
      options.catalog ??
        catalogServiceMock.factory({ entities: [...ENTITIES] }),
      ...(options.now
        ? [
            createServiceFactory({
              service: orchestratorClockServiceRef,
              deps: {},
              factory: () => ({ now: options.now! }),
            }),
          ]
        : []),
      issuer.feature(),
      permissionBackend,
      createBackendModule({
        pluginId: 'permission',
        moduleId: 'test-policy',
        register(env) {
          env.registerInit({
            deps: { extension: policyExtensionPoint },
            async init({ extension }) {
              extension.setPolicy({
                handle: async (query, user) => policy(query, user),
              });
            },
          });
        },
      }),
      ...(options.callers ?? ['nightly-report']).map(id =>
        callerFeature(id, callers),
      ),
      orchestratorPlugin,
      createBackendModule({
        pluginId: 'orchestrator',
        moduleId: 'test-engines',
        register(env) {
          env.registerInit({
            deps: { extension: orchestratorEnginesExtensionPoint },
            async init({ extension }) {
              options.engines?.forEach(engine => extension.addEngine(engine));
            },
          });
        },
      }),
      ...(options.features ?? []),
    ],
  });
  const { port } = backend.server.address() as { port: number };
  return {
    server: backend.server as Server,
    url: `http://localhost:${port}/api/orchestrator`,
    issuer,
    callers,
    audited,
    async stop() {
      await backend.stop();
      await database.close();
    },
  };
}

function recordingLogger(
  audited: JsonObject[],
): ReturnType<typeof mockServices.logger.mock> {
  const record = (_message: string, meta?: unknown) => {
    if ((meta as JsonObject | undefined)?.eventId)
      audited.push(meta as JsonObject);
  };
  const logger = mockServices.logger.mock({ info: record, debug: record });
  const child = (fields: JsonObject): typeof logger => {
    const recordChild = (_message: string, meta?: unknown) => {
      if (fields.eventId) audited.push({ ...fields, error: String(meta) });
      else record(_message, meta);
    };
    return mockServices.logger.mock({
      info: recordChild,
      debug: recordChild,
      child: more => child({ ...fields, ...(more as JsonObject) }),
    });
  };
  logger.child.mockImplementation(fields => child(fields as JsonObject));
  return logger;
}
