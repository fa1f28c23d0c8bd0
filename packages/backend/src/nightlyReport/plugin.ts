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
import { orchestratorServiceRef } from '@flowgate/backstage-plugin-orchestrator-node';
import { readReportSchedule } from './readReportSchedule';
import { startReport } from './startReport';

/**
 * A backend plugin that starts a workflow by a schedule, as itself: the runs show `plugin:nightly-report` as their initiator.
 */
export const nightlyReportPlugin = createBackendPlugin({
  pluginId: 'nightly-report',
  register({ registerInit }) {
    registerInit({
      deps: {
        auth: coreServices.auth,
        config: coreServices.rootConfig,
        logger: coreServices.logger,
        orchestrator: orchestratorServiceRef,
        scheduler: coreServices.scheduler,
      },
      async init({ auth, config, logger, orchestrator, scheduler }) {
        await scheduler.scheduleTask({
          ...readReportSchedule(config),
          id: 'start-report',
          fn: async signal => {
            await startReport({ auth, logger, orchestrator, signal });
          },
        });
      },
    });
  },
});
