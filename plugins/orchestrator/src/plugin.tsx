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
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { RiFlowChart } from '@remixicon/react';
import { orchestratorApiRef } from './api';
import { ClientOrchestratorApi } from './api/ClientOrchestratorApi';
import {
  rootRouteRef,
  runRouteRef,
  tokensRouteRef,
  workflowRouteRef,
} from './routes';

const orchestratorApi = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: orchestratorApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: deps => new ClientOrchestratorApi(deps),
    }),
});

const orchestratorPage = PageBlueprint.make({
  params: {
    path: '/orchestrator',
    routeRef: rootRouteRef,
    title: 'Orchestrator',
    icon: <RiFlowChart fontSize="inherit" />,
    loader: () =>
      import('./components/OrchestratorPage').then(m => <m.OrchestratorPage />),
  },
});

/**
 * The orchestrator in the portal: the workflows that a user may see, the runs, what the user may do and why, and the user's tokens.
 *
 * @public
 */
export const orchestratorPlugin = createFrontendPlugin({
  pluginId: 'orchestrator',
  title: 'Orchestrator',
  icon: <RiFlowChart fontSize="inherit" />,
  extensions: [orchestratorApi, orchestratorPage],
  routes: {
    root: rootRouteRef,
    workflow: workflowRouteRef,
    run: runRouteRef,
    tokens: tokensRouteRef,
  },
});
