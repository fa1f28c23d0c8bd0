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

import type { BackendPluginRegistrationPoints } from '@backstage/backend-plugin-api';
import {
  orchestratorEnginesExtensionPoint,
  orchestratorGroupsExtensionPoint,
  workflowLogsExtensionEndpoint,
  type OrchestratorGroupResolver,
  type WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { LogProviders } from '../logs/LogProviders';

/** What modules added to the plugin; complete once it starts. */
export interface Extensions {
  readonly engines: ReadonlyMap<string, WorkflowEngine>;
  readonly logProviders: LogProviders;
  /** Absent where memberships are resolved as Backstage does. */
  readonly groupResolver?: OrchestratorGroupResolver;
}

/** Opens the plugin to its modules. */
export function registerExtensionPoints(
  env: Pick<BackendPluginRegistrationPoints, 'registerExtensionPoint'>,
): Extensions {
  const engines = new Map<string, WorkflowEngine>();
  const logProviders = new LogProviders();
  let groupResolver: OrchestratorGroupResolver | undefined;

  env.registerExtensionPoint(orchestratorEnginesExtensionPoint, {
    addEngine(engine) {
      if (engines.has(engine.id)) {
        throw new Error(
          `There is already a workflow engine with the id "${engine.id}"`,
        );
      }
      engines.set(engine.id, engine);
    },
  });
  env.registerExtensionPoint(workflowLogsExtensionEndpoint, {
    addWorkflowLogProvider(...providers) {
      for (const provider of providers.flat()) logProviders.add(provider);
    },
  });
  env.registerExtensionPoint(orchestratorGroupsExtensionPoint, {
    setGroupResolver(resolver) {
      if (groupResolver) {
        throw new Error('There is already a resolver of groups');
      }
      groupResolver = resolver;
    },
  });
  return {
    engines,
    logProviders,
    get groupResolver() {
      return groupResolver;
    },
  };
}
