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

import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { WorkflowEngine } from './WorkflowEngine';

/**
 * Where modules add engines.
 *
 * @public
 */
export interface OrchestratorEnginesExtensionPoint {
  /**
   * Adds an engine.
   *
   * @throws Error where an engine with the same id is there already
   */
  addEngine(engine: WorkflowEngine): void;
}

/**
 * The extension point for engines of the orchestrator plugin.
 *
 * @public
 */
export const orchestratorEnginesExtensionPoint =
  createExtensionPoint<OrchestratorEnginesExtensionPoint>({
    id: 'orchestrator.engines',
  });
