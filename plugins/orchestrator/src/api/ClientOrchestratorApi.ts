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

import type { DiscoveryApi, FetchApi } from '@backstage/frontend-plugin-api';
import {
  createOrchestratorClient,
  type components,
  type OrchestratorClient,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type {
  ListRunsRequest,
  ListTokensRequest,
  OrchestratorApi,
  OrchestratorCallOptions,
} from './OrchestratorApi';
import { OrchestratorRequestError } from './OrchestratorRequestError';

type Schemas = components['schemas'];

/** More than a list of workflows holds for people; the backend allows no larger page. */
const WORKFLOWS_PAGE = 200;

/** Calls the backend with the typed client; the portal's fetch adds the user's token. */
export class ClientOrchestratorApi implements OrchestratorApi {
  readonly #discoveryApi: DiscoveryApi;
  readonly #fetchApi: FetchApi;

  constructor(deps: { discoveryApi: DiscoveryApi; fetchApi: FetchApi }) {
    this.#discoveryApi = deps.discoveryApi;
    this.#fetchApi = deps.fetchApi;
  }

  async whoami(options: OrchestratorCallOptions = {}) {
    const client = await this.#client();
    return valueOf(await client.GET('/v2/whoami', { ...options }));
  }

  async listWorkflows(options: OrchestratorCallOptions = {}) {
    const client = await this.#client();
    return valueOf(
      await client.POST('/v2/workflows/overview', {
        ...options,
        body: { paginationInfo: { pageSize: WORKFLOWS_PAGE } },
      }),
    );
  }

  async getWorkflow(workflowId: string, options: OrchestratorCallOptions = {}) {
    const client = await this.#client();
    return valueOf(
      await client.GET('/v2/workflows/{workflowId}/overview', {
        ...options,
        params: { path: { workflowId } },
      }),
    );
  }

  async getInputSchema(
    workflowId: string,
    options: OrchestratorCallOptions = {},
  ) {
    const client = await this.#client();
    const { inputSchema } = valueOf(
      await client.GET('/v2/workflows/{workflowId}/inputSchema', {
        ...options,
        params: { path: { workflowId } },
      }),
    );
    return inputSchema;
  }

  async execute(
    request: {
      workflowId: string;
      input: { [key: string]: unknown };
      idempotencyKey: string;
    },
    options: OrchestratorCallOptions = {},
  ) {
    const client = await this.#client();
    return valueOf(
      await client.POST('/v2/workflows/{workflowId}/execute', {
        ...options,
        params: {
          path: { workflowId: request.workflowId },
          header: { 'Idempotency-Key': request.idempotencyKey },
        },
        body: { inputData: request.input },
      }),
    );
  }

  async listRuns(
    request: ListRunsRequest,
    options: OrchestratorCallOptions = {},
  ) {
    const client = await this.#client();
    return valueOf(
      await client.POST('/v2/workflows/instances', {
        ...options,
        body: {
          filters: filterOf(request),
          paginationInfo: {
            offset: request.offset,
            pageSize: request.pageSize,
            orderBy: 'start',
            orderDirection: 'DESC',
          },
        },
      }),
    );
  }

  async getRun(instanceId: string, options: OrchestratorCallOptions = {}) {
    const client = await this.#client();
    return valueOf(
      await client.GET('/v2/workflows/instances/{instanceId}', {
        ...options,
        params: { path: { instanceId } },
      }),
    );
  }

  async getRunLog(instanceId: string, options: OrchestratorCallOptions = {}) {
    const client = await this.#client();
    const { logs } = valueOf(
      await client.GET('/v2/workflows/instances/{instanceId}/logs', {
        ...options,
        params: { path: { instanceId } },
      }),
    );
    return logs;
  }

  async abortRun(instanceId: string) {
    const client = await this.#client();
    check(
      await client.DELETE('/v2/workflows/instances/{instanceId}/abort', {
        params: { path: { instanceId } },
      }),
    );
  }

  async retriggerRun(run: { workflowId: string; instanceId: string }) {
    const client = await this.#client();
    check(
      await client.POST('/v2/workflows/{workflowId}/{instanceId}/retrigger', {
        params: { path: run },
        // The answer has no body.
        parseAs: 'text',
      }),
    );
  }

  async listScopes(options: OrchestratorCallOptions = {}) {
    const client = await this.#client();
    return valueOf(await client.GET('/v2/scopes', { ...options }));
  }

  async listTokens(
    request: ListTokensRequest = {},
    options: OrchestratorCallOptions = {},
  ) {
    const client = await this.#client();
    const { owner, status, limit, cursor } = request;
    return valueOf(
      await client.GET('/v2/tokens', {
        ...options,
        params: {
          query: {
            owner,
            status,
            limit: limit === undefined ? undefined : String(limit),
            cursor,
          },
        },
      }),
    );
  }

  async createToken(request: Schemas['CreateTokenRequest']) {
    const client = await this.#client();
    return valueOf(await client.POST('/v2/tokens', { body: request }));
  }

  async updateToken(tokenId: string, request: Schemas['UpdateTokenRequest']) {
    const client = await this.#client();
    return valueOf(
      await client.PATCH('/v2/tokens/{tokenId}', {
        params: { path: { tokenId } },
        body: request,
      }),
    );
  }

  async rotateToken(tokenId: string, request: Schemas['RotateTokenRequest']) {
    const client = await this.#client();
    return valueOf(
      await client.POST('/v2/tokens/{tokenId}/rotate', {
        params: { path: { tokenId } },
        body: request,
      }),
    );
  }

  async revokeToken(tokenId: string, request: Schemas['RevokeTokenRequest']) {
    const client = await this.#client();
    return valueOf(
      await client.POST('/v2/tokens/{tokenId}/revoke', {
        params: { path: { tokenId } },
        body: request,
      }),
    );
  }

  async #client(): Promise<OrchestratorClient> {
    return createOrchestratorClient({
      baseUrl: await this.#discoveryApi.getBaseUrl('orchestrator'),
      // The portal's fetch makes new requests of what it is given, which a Request with a body allows only once.
      fetch: async request =>
        this.#fetchApi.fetch(request.url, {
          method: request.method,
          headers: request.headers,
          body: (await request.text()) || undefined,
          signal: request.signal,
        }),
    });
  }
}

function filterOf(request: ListRunsRequest): Schemas['Filter'] | undefined {
  const filters: Schemas['Filter'][] = [];
  if (request.workflowId) {
    filters.push({
      field: 'processId',
      operator: 'EQ',
      value: request.workflowId,
    });
  }
  if (request.initiator) {
    filters.push({
      field: 'variables',
      nested: {
        field: 'initiatorEntity',
        operator: 'EQ',
        value: request.initiator,
      },
    });
  }
  return filters.length > 1 ? { operator: 'AND', filters } : filters[0];
}

function check(answer: { error?: unknown; response: Response }): void {
  if (!answer.response.ok) {
    throw new OrchestratorRequestError(answer.response.status, answer.error);
  }
}

function valueOf<T>(answer: {
  data?: T;
  error?: unknown;
  response: Response;
}): T {
  check(answer);
  return answer.data as T;
}
