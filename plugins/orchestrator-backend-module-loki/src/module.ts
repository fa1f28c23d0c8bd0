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
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { workflowLogsExtensionEndpoint } from '@flowgate/backstage-plugin-orchestrator-node';
import { LOKI_KEY, readLokiConfig } from './config/readLokiConfig';
import { LokiLogProvider } from './loki/LokiLogProvider';

/**
 * Adds Grafana Loki as the place of the logs of runs whose engine keeps none.
 *
 * @public
 */
export const orchestratorModuleLoki = createBackendModule({
  pluginId: 'orchestrator',
  moduleId: 'loki',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        logger: coreServices.logger,
        logs: workflowLogsExtensionEndpoint,
      },
      async init({ config, logger, logs }) {
        const loki = readLokiConfig(
          config,
          process.env.NODE_ENV === 'production',
        );
        if (!loki) {
          logger.warn(
            `The Loki module is installed but does nothing: ${LOKI_KEY} is not configured`,
          );
          return;
        }
        for (const key of loki.unknownKeys) {
          logger.warn(`Nothing reads the config key ${key}`);
        }
        if (!loki.rejectUnauthorized) {
          logger.warn(
            `${LOKI_KEY}.rejectUnauthorized is false: the logs and the token can be read by who pretends to be Loki`,
          );
        }
        logs.addWorkflowLogProvider(new LokiLogProvider(loki, Date.now));
      },
    });
  },
});
