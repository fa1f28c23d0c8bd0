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
import { orchestratorEnginesExtensionPoint } from '@flowgate/backstage-plugin-orchestrator-node';
import { readSonataFlowConfig } from './config/readSonataFlowConfig';
import { createSonataFlowEngine } from './engine/createSonataFlowEngine';

/**
 * Adds an engine to the orchestrator plugin for each Data Index of SonataFlow that is configured: the one of
 * `orchestrator.dataIndexService`, and those of `orchestrator.sonataflow.dataIndexes`.
 *
 * @public
 */
export const orchestratorModuleSonataFlow = createBackendModule({
  pluginId: 'orchestrator',
  moduleId: 'sonataflow',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        engines: orchestratorEnginesExtensionPoint,
        logger: coreServices.logger,
      },
      async init({ config: root, engines, logger }) {
        const { engines: configs, warnings } = readSonataFlowConfig(root);
        for (const warning of warnings) logger.warn(warning);
        if (configs.length === 0) {
          logger.warn(
            'No SonataFlow engine is added: set orchestrator.dataIndexService.url or orchestrator.sonataflow.dataIndexes',
          );
        }
        for (const config of configs) {
          engines.addEngine(createSonataFlowEngine({ config, logger }));
        }
      },
    });
  },
});
