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
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  actionsRegistryServiceRef,
  metricsServiceRef,
} from '@backstage/backend-plugin-api/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import {
  openApiDocument,
  orchestratorPermissions,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { orchestratorClockServiceRef } from '@flowgate/backstage-plugin-orchestrator-node';
import { ActionGate } from './actions/ActionGate';
import { registerActions } from './actions/registerActions';
import { createAudit } from './audit/createAudit';
import { DecisionJournal } from './audit/DecisionJournal';
import { grantsHash } from './audit/grantsHash';
import { bodyLimit, readBodyLimits } from './config/contentLengthLimit';
import { hasCustomExternalAccess } from './config/externalAccess';
import { openAuthConfig } from './config/openAuthConfig';
import { readAuditConfig } from './config/readAuditConfig';
import { readInstancesConfig } from './config/readInstancesConfig';
import { openDatabase } from './database/openDatabase';
import { OwnerSnapshotTable } from './database/OwnerSnapshotStore';
import { FailureStore } from './database/FailureStore';
import { StatisticsStore } from './database/StatisticsStore';
import { TokenChangeStore } from './database/TokenChangeStore';
import { registerExtensionPoints } from './extensions/registerExtensionPoints';
import { createGate } from './gate/createGate';
import { readOperations } from './gate/operations';
import { OperationTable } from './gate/OperationTable';
import { Owners } from './gate/Owners';
import {
  workflowPermissionRules,
  workflowResourceRef,
} from './gate/permissionRules';
import { stopParts } from './lifecycle/stopParts';
import { ForwardedForWarning } from './limits/ForwardedForWarning';
import { SharedFailureLimits } from './limits/SharedFailureLimits';
import { ProvidedLogs } from './logs/ProvidedLogs';
import { PluginMetrics } from './metrics/PluginMetrics';
import { ErrorAnswers } from './routers/answerError';
import { createAuditRoutes } from './routers/auditRoutes';
import { createCallerRoutes } from './routers/callerRoutes';
import { createDefinitionRoutes } from './routers/definitionRoutes';
import { createInstanceRoutes } from './routers/instanceRoutes';
import { createRouter, OWN_PATHS } from './routers/createRouter';
import { createDecideResource } from './routers/decideResource';
import {
  readProtectedResource,
  ROOT_DOCUMENT_PATH,
} from './routers/protectedResource';
import { BodyReader } from './routers/requestBody';
import { RequestShapes } from './routers/requestShape';
import { createExplainRoutes } from './routers/explainRoutes';
import { createStreamRoutes } from './routers/streamRoutes';
import { createWorkflowRoutes } from './routers/workflowRoutes';
import { createTokenRoutes } from './routers/tokenRoutes';
import { createTokens } from './tokens/createTokens';
import { WorkflowTokens } from './tokens/WorkflowTokens';
import { createWorkflows } from './workflows/createWorkflows';

/**
 * The orchestrator backend plugin, without an engine: modules add those.
 *
 * @public
 */
export const orchestratorPlugin = createBackendPlugin({
  pluginId: 'orchestrator',
  register(env) {
    const extensions = registerExtensionPoints(env);

    env.registerInit({
      deps: {
        actionsRegistry: actionsRegistryServiceRef,
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        clock: orchestratorClockServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        metrics: metricsServiceRef,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        rootHttpRouter: coreServices.rootHttpRouter,
        scheduler: coreServices.scheduler,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { config, httpRouter, lifecycle, logger } = deps;
        const now = () => deps.clock.now();
        const authConfig = openAuthConfig(config, logger);
        const limits = readBodyLimits(config);
        const { retentionMs: keep } = readInstancesConfig(config);
        const resource = readProtectedResource(config);
        const operations = readOperations(openApiDocument);
        const logProvider = extensions.logProviders.chosenBy(config);
        const metrics = new PluginMetrics(deps.metrics);
        const database = await openDatabase(deps);
        const audit = createAudit({
          ...deps,
          config: readAuditConfig(config),
          database,
          now,
        });
        await audit.begin(grantsHash(authConfig));

        const changes = new TokenChangeStore(database);
        const tokensOfWorkflows = new WorkflowTokens({
          database,
          changes,
          now,
        });
        const workflows = createWorkflows({
          database,
          engines: extensions.engines.values(),
          logSource:
            logProvider && new ProvidedLogs({ provider: logProvider, logger }),
          audit: audit.trail,
          metrics,
          auth: deps.auth,
          endTokens: (access, id) => tokensOfWorkflows.end(access, id),
          retention: keep ? { keep, scheduler: deps.scheduler } : undefined,
          logger,
          now,
        });
        const owners = new Owners({
          catalog: deps.catalog,
          auth: deps.auth,
          rememberMs: authConfig.rememberPolicyMs,
          now,
        });
        const failures = new SharedFailureLimits({
          config: authConfig.rateLimit,
          store: new FailureStore(database),
          logger,
          metrics,
          now,
        });
        const statistics = new StatisticsStore(database);
        const findWorkflow = async (id: string) =>
          (await workflows.describe([id]))[0];
        const isPolicyAsked =
          config.getOptionalBoolean('permission.enabled') ?? false;
        const tokens = createTokens({
          database,
          changes,
          audit: audit.trail,
          config: authConfig.tokens,
          isPolicyAsked,
          findWorkflow: id => workflows.findFresh(id),
          missingOwners: refs => owners.missing(refs),
          issuer: resource.document.resource,
          scheduler: deps.scheduler,
          metrics,
          logger,
          now,
        });
        await tokens.begin();
        tokens.onChanges(changed => workflows.streams.tokensChanged(changed));
        lifecycle.addStartupHook(() => workflows.begin());
        lifecycle.addShutdownHook(async () => {
          // What runs workflows ends first and the log last, which still records what the others do.
          await workflows.stop();
          await stopParts({ tokens, 'failure limits': failures }, { logger });
          await stopParts({ 'audit log': audit }, { logger });
        });

        deps.permissionsRegistry.addResourceType({
          resourceRef: workflowResourceRef,
          permissions: orchestratorPermissions,
          rules: workflowPermissionRules,
          getResources: ids => workflows.describe(ids),
        });

        let resourceMetadata = resource.ownUrl;
        try {
          deps.rootHttpRouter.use(ROOT_DOCUMENT_PATH, (_req, res) => {
            res.json(resource.document);
          });
          resourceMetadata = resource.rootUrl;
        } catch (error) {
          logger.warn(
            `The protected-resource document is served below the plugin only, since its place at the root is taken: ${error}`,
          );
        }

        const gate = createGate({
          ...deps,
          config: authConfig,
          groupResolver: extensions.groupResolver,
          groupsWithRuns: () => statistics.groupsWithRuns(),
          hasCustomExternalAccess: hasCustomExternalAccess(
            config,
            'orchestrator',
          ),
          isPolicyAsked,
          limits: failures,
          metrics,
          now,
          operations,
          owners,
          snapshots: new OwnerSnapshotTable(database, changes, {
            policyMaxAgeMs: isPolicyAsked
              ? authConfig.tokens.policyMaxAgeMs
              : undefined,
          }),
          sources: [tokens.principals],
          uses: {
            used: (id, address) => tokens.stamps.used(id, address),
            bootstrapUsed: (principal, origin) =>
              audit.trail.recorded({
                eventId: 'bootstrap-used',
                severity: 'high',
                principal,
                origin,
                record: { event: 'bootstrap.used' },
              }),
          },
        });
        const journal = new DecisionJournal({ audit: audit.trail, metrics });
        const errors = new ErrorAnswers(logger, () => resourceMetadata);
        registerActions({
          registry: deps.actionsRegistry,
          gate: new ActionGate({
            gate,
            operations: new OperationTable(operations),
            journal,
            errors,
          }),
          service: workflows.service,
        });
        const router = createRouter({
          gate,
          handlers: {
            ...createCallerRoutes(),
            ...createWorkflowRoutes(workflows.service),
            ...createInstanceRoutes(workflows.service),
            ...createStreamRoutes(workflows.streams),
            ...createDefinitionRoutes(workflows.service),
            ...createAuditRoutes(audit.log),
            ...createTokenRoutes(tokens.service),
            ...createExplainRoutes({
              gate,
              findWorkflow,
              findToken: tokens.findToken,
            }),
          },
          publicAnswers: {
            getHealth: { status: 'ok' },
            getProtectedResourceMetadata: resource.document,
          },
          bodies: new BodyReader(operation => bodyLimit(limits, operation)),
          shapes: new RequestShapes(openApiDocument),
          decideResource: createDecideResource({
            findWorkflow,
            findFresh: id => workflows.findFresh(id),
            findRun: id => workflows.findRun(id),
            decideToken: async (access, id) => {
              await tokens.service.reader.get(access, id);
            },
          }),
          errors,
          journal,
          forwarded: new ForwardedForWarning({ config, logger }),
        });
        httpRouter.use(router);
        for (const path of OWN_PATHS) {
          // The gate in the router stands there instead of Backstage's barrier.
          httpRouter.addAuthPolicy({ path, allow: 'unauthenticated' });
        }
      },
    });
  },
});
