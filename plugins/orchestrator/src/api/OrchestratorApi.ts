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

import { createApiRef } from '@backstage/frontend-plugin-api';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';

/**
 * Options of a call.
 *
 * @public
 */
export interface OrchestratorCallOptions {
  /** Ends the call early; it then rejects. */
  signal?: AbortSignal;
}

/**
 * Which runs to list.
 *
 * @public
 */
export interface ListRunsRequest {
  /** How many runs to leave out from the newest on. */
  offset: number;
  /** How many runs to list, at most 200. */
  pageSize: number;
  /** The runs of this workflow only. */
  workflowId?: string;
  /** The runs that were started by this ref only. */
  initiator?: string;
}

/**
 * Which managed tokens to list.
 *
 * @public
 */
export interface ListTokensRequest {
  /** The tokens of this user or group only. */
  owner?: string;
  /** The tokens in this state only. */
  status?: components['schemas']['TokenStatus'];
  /** How many tokens to list, at most 200; 50 where absent. */
  limit?: number;
  /** The `nextCursor` of the page before; absent for the first page. */
  cursor?: string;
}

/**
 * The orchestrator backend for pages, called as the signed-in user. Every method throws an {@link OrchestratorRequestError} where
 * the backend refuses.
 *
 * @public
 */
export interface OrchestratorApi {
  /** Who the user is to the orchestrator, and what grants give. */
  whoami(
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['Whoami']>;
  /** The workflows that the user may see. */
  listWorkflows(
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['WorkflowOverviewListResultDTO']>;
  /** One workflow. */
  getWorkflow(
    workflowId: string,
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['WorkflowOverviewDTO']>;
  /** The JSON schema of a workflow's input; undefined where it has none. */
  getInputSchema(
    workflowId: string,
    options?: OrchestratorCallOptions,
  ): Promise<{ [key: string]: unknown } | undefined>;
  /**
   * Starts a run.
   *
   * @param request - `idempotencyKey`: a repeat with the same key and input gives the same run
   */
  execute(
    request: {
      workflowId: string;
      input: { [key: string]: unknown };
      idempotencyKey: string;
    },
    options?: OrchestratorCallOptions,
  ): Promise<{ id: string }>;
  /** A page of the runs that the user may see, newest first. */
  listRuns(
    request: ListRunsRequest,
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['ProcessInstanceListResultDTO']>;
  /** One run with its steps, data and error. */
  getRun(
    instanceId: string,
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['ProcessInstanceDTO']>;
  /** The log of one run, oldest line first. */
  getRunLog(
    instanceId: string,
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['WorkflowLogsResponse']['logs']>;
  /** Aborts a run that has not ended. */
  abortRun(instanceId: string): Promise<void>;
  /** Runs a failed run again from the step that failed. */
  retriggerRun(run: { workflowId: string; instanceId: string }): Promise<void>;
  /** The catalogue of scopes, with what the user holds. */
  listScopes(
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['ScopeList']>;
  /** A page of the managed tokens that the user may see, newest first. No secret is among them. */
  listTokens(
    request?: ListTokensRequest,
    options?: OrchestratorCallOptions,
  ): Promise<components['schemas']['TokenList']>;
  /** Creates a managed token. The answer has its secret, which nothing shows again. */
  createToken(
    request: components['schemas']['CreateTokenRequest'],
  ): Promise<components['schemas']['TokenWithSecret']>;
  /** Changes the name or the description of a managed token. */
  updateToken(
    tokenId: string,
    request: components['schemas']['UpdateTokenRequest'],
  ): Promise<components['schemas']['Token']>;
  /** Gives a managed token a new secret, which nothing shows again; the old one works on for the overlap. */
  rotateToken(
    tokenId: string,
    request: components['schemas']['RotateTokenRequest'],
  ): Promise<components['schemas']['TokenWithSecret']>;
  /** Ends a managed token for good. */
  revokeToken(
    tokenId: string,
    request: components['schemas']['RevokeTokenRequest'],
  ): Promise<components['schemas']['Token']>;
}

/**
 * The ref of {@link OrchestratorApi}.
 *
 * @public
 */
export const orchestratorApiRef = createApiRef<OrchestratorApi>({
  id: 'plugin.orchestrator.api',
});
