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
import { readEmbeddedEngineConfig } from './config/readEngineConfig';
import { createEmbeddedEngine } from './engine/createEmbeddedEngine';

/**
 * Adds the embedded engine to the orchestrator plugin, unless `orchestrator.engines.embedded.enabled` is false.
 *
 * @public
 */
export const orchestratorModuleEmbeddedEngine = createBackendModule({
  pluginId: 'orchestrator',
  moduleId: 'embedded-engine',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        database: coreServices.database,
        engines: orchestratorEnginesExtensionPoint,
        logger: coreServices.logger,
      },
      async init({ config: root, database, engines, logger }) {
        const { config, unknown } = readEmbeddedEngineConfig(root);
        for (const key of unknown) {
          logger.warn(
            `The configuration key ${key} is not known and has no effect`,
          );
        }
        if (!config.enabled) {
          return;
        }
        engines.addEngine(
          await createEmbeddedEngine({
            knex: await database.getClient(),
            logger,
            config,
            skipMigrations: database.migrations?.skip,
          }),
        );
      },
    });
  },
});
