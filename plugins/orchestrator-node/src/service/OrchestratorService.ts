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

import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import type { JsonObject, JsonValue } from '@backstage/types';

/**
 * On whose behalf a call is made: the plugin's own service credentials, or those of a user.
 *
 * @public
 */
export interface OrchestratorServiceOptions {
  credentials: BackstageCredentials;
}

/**
 * The orchestrator, for other backend plugins. Each call passes the same gate as a call over HTTP; it throws the error that the
 * gate answers, as a ResponseError of `@backstage/errors`.
 *
 * @public
 */
export interface OrchestratorService {
  /**
   * Starts a run and answers with its id.
   *
   * @param request - `idempotencyKey`: a repeat with the same key and input answers with the id of the first run
   */
  execute(
    request: {
      workflowId: string;
      input?: JsonObject;
      targetEntity?: string;
      idempotencyKey?: string;
    },
    options: OrchestratorServiceOptions,
  ): Promise<{ id: string }>;
  /** A run that the caller may see. */
  getInstance(
    request: { instanceId: string },
    options: OrchestratorServiceOptions,
  ): Promise<components['schemas']['ProcessInstanceDTO']>;
  /** A page of the runs that the caller may see. */
  getInstances(
    request: components['schemas']['SearchRequest'],
    options: OrchestratorServiceOptions,
  ): Promise<components['schemas']['ProcessInstanceListResultDTO']>;
  /** A page of the workflows that the caller may see. */
  getWorkflows(
    request: components['schemas']['SearchRequest'],
    options: OrchestratorServiceOptions,
  ): Promise<components['schemas']['WorkflowOverviewListResultDTO']>;
  /** The input schema of a workflow. */
  getInputSchema(
    request: { workflowId: string },
    options: OrchestratorServiceOptions,
  ): Promise<components['schemas']['InputSchemaResponseDTO']>;
  /** Aborts a run that has not ended. */
  abort(
    request: { instanceId: string },
    options: OrchestratorServiceOptions,
  ): Promise<void>;
  /** Runs a failed run again from the node that failed. */
  retrigger(
    request: { workflowId: string; instanceId: string },
    options: OrchestratorServiceOptions,
  ): Promise<void>;
  /**
   * Gives an event to a run that waits for it, or will.
   *
   * @param request - `name`: of the event in the definition; `idempotencyKey`: a repeat with the same key gives the run nothing again
   */
  signal(
    request: {
      instanceId: string;
      name: string;
      data?: JsonValue;
      idempotencyKey?: string;
    },
    options: OrchestratorServiceOptions,
  ): Promise<void>;
  /** Who the caller is to the orchestrator, and what it may do. */
  whoami(
    options: OrchestratorServiceOptions,
  ): Promise<components['schemas']['Whoami']>;
}
