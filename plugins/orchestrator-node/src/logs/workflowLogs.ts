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
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';

/**
 * A place that keeps the logs of runs whose engine keeps none. What was written for Red Hat's orchestrator fits.
 *
 * @public
 */
export interface WorkflowLogProvider {
  /** The key below `orchestrator.workflowLogProvider` that chooses it, for example `loki`. */
  getProviderId(): string;
  /** Its address; never shown to anybody. */
  getBaseURL(): string;
  /**
   * The log of a run.
   *
   * @param instance - the run, as the caller who asks may see it
   * @param options - `abortSignal` ends the call early; the caller of the plugin has its answer by then
   * @throws any error where the log cannot be had: a ServiceUnavailableError where that may pass, an EngineTimeoutError where
   *   an answer took too long
   */
  fetchWorkflowLogsByInstance(
    instance: components['schemas']['ProcessInstanceDTO'],
    options?: { readonly abortSignal: AbortSignal },
  ): Promise<components['schemas']['WorkflowLogsResponse']>;
}

/**
 * Where modules add log providers.
 *
 * @public
 */
export interface WorkflowLogsExtensionPoint {
  /**
   * Adds providers.
   *
   * @throws ConflictError where one with the same id is there already
   */
  addWorkflowLogProvider(
    ...providers: (WorkflowLogProvider | WorkflowLogProvider[])[]
  ): void;
}

/**
 * The extension point for log providers, with the name and the id that it has in Red Hat's orchestrator, so that a module for
 * that one works here.
 *
 * @public
 */
export const workflowLogsExtensionEndpoint =
  createExtensionPoint<WorkflowLogsExtensionPoint>({
    id: 'orchestrator.workflowlogs',
  });
