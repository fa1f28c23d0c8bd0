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

/**
 * The orchestrator backend plugin.
 *
 * @packageDocumentation
 */

import {
  coreServices,
  createBackendFeatureLoader,
} from '@backstage/backend-plugin-api';
import embeddedEngine from '@flowgate/backstage-plugin-orchestrator-backend-module-embedded-engine';
import sonataFlow from '@flowgate/backstage-plugin-orchestrator-backend-module-sonataflow';
import { orchestratorPlugin } from './plugin';

export { orchestratorPlugin } from './plugin';

/**
 * The plugin, the embedded engine, which the configuration can leave out, and SonataFlow where the configuration names a Data
 * Index of it.
 *
 * @public
 */
const orchestrator = createBackendFeatureLoader({
  deps: { config: coreServices.rootConfig },
  *loader({ config }) {
    yield orchestratorPlugin;
    yield embeddedEngine;
    if (
      config.has('orchestrator.dataIndexService') ||
      config.has('orchestrator.sonataflow')
    ) {
      yield sonataFlow;
    }
  },
});

export default orchestrator;
