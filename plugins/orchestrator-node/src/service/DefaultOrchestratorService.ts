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

import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
  PluginMetadataService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError, ResponseError } from '@backstage/errors';
import {
  createOrchestratorClient,
  type OrchestratorClient,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type {
  OrchestratorService,
  OrchestratorServiceOptions,
} from './OrchestratorService';

function keyHeader(key: string | undefined) {
  return key ? { 'Idempotency-Key': key } : {};
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/**
 * Calls the orchestrator over HTTP with a plugin token, on behalf of the calling plugin itself or of a user.
 */
export class DefaultOrchestratorService implements OrchestratorService {
  readonly #auth: AuthService;
  readonly #discovery: DiscoveryService;
  readonly #self: string;

  constructor(deps: {
    auth: AuthService;
    discovery: DiscoveryService;
    pluginMetadata: PluginMetadataService;
  }) {
    this.#auth = deps.auth;
    this.#discovery = deps.discovery;
    this.#self = `plugin:${deps.pluginMetadata.getId()}`;
  }

  async execute(
    request: Parameters<OrchestratorService['execute']>[0],
    options: OrchestratorServiceOptions,
  ) {
    return this.#call(options, client =>
      client.POST('/v2/workflows/{workflowId}/execute', {
        params: {
          path: { workflowId: request.workflowId },
          header: keyHeader(request.idempotencyKey),
        },
        body: {
          inputData: request.input ?? {},
          targetEntity: request.targetEntity,
        },
      }),
    );
  }

  async getInstance(
    request: { instanceId: string },
    options: OrchestratorServiceOptions,
  ) {
    return this.#call(options, client =>
      client.GET('/v2/workflows/instances/{instanceId}', {
        params: { path: request },
      }),
    );
  }

  async getInstances(
    request: Parameters<OrchestratorService['getInstances']>[0],
    options: OrchestratorServiceOptions,
  ) {
    return this.#call(options, client =>
      client.POST('/v2/workflows/instances', { body: request }),
    );
  }

  async getWorkflows(
    request: Parameters<OrchestratorService['getWorkflows']>[0],
    options: OrchestratorServiceOptions,
  ) {
    return this.#call(options, client =>
      client.POST('/v2/workflows/overview', { body: request }),
    );
  }

  async getInputSchema(
    request: { workflowId: string },
    options: OrchestratorServiceOptions,
  ) {
    return this.#call(options, client =>
      client.GET('/v2/workflows/{workflowId}/inputSchema', {
        params: { path: request },
      }),
    );
  }

  async abort(
    request: { instanceId: string },
    options: OrchestratorServiceOptions,
  ) {
    await this.#call<unknown>(options, client =>
      client.DELETE('/v2/workflows/instances/{instanceId}/abort', {
        params: { path: request },
      }),
    );
  }

  async retrigger(
    request: { workflowId: string; instanceId: string },
    options: OrchestratorServiceOptions,
  ) {
    await this.#call<unknown>(options, client =>
      client.POST('/v2/workflows/{workflowId}/{instanceId}/retrigger', {
        params: { path: request },
        body: {},
        parseAs: 'text',
      }),
    );
  }

  async signal(
    request: Parameters<OrchestratorService['signal']>[0],
    options: OrchestratorServiceOptions,
  ) {
    const { instanceId, name, data, idempotencyKey } = request;
    await this.#call<unknown>(options, client =>
      client.POST('/v2/workflows/instances/{instanceId}/signal', {
        params: { path: { instanceId }, header: keyHeader(idempotencyKey) },
        body: { name, data },
      }),
    );
  }

  async whoami(options: OrchestratorServiceOptions) {
    return this.#call(options, client => client.GET('/v2/whoami'));
  }

  async #call<T>(
    options: OrchestratorServiceOptions,
    send: (client: OrchestratorClient) => Promise<Answer<T>>,
  ): Promise<T> {
    this.#refuseForeignService(options.credentials);
    const { token } = await this.#auth.getPluginRequestToken({
      onBehalfOf: options.credentials,
      targetPluginId: 'orchestrator',
    });
    const baseUrl = await this.#discovery.getBaseUrl('orchestrator');
    let answered: Response | undefined;
    const client = createOrchestratorClient({
      baseUrl,
      token,
      fetch: async request => {
        const response = await fetch(request);
        // The client reads the body; an error needs it too.
        answered = response.ok ? response : response.clone();
        return response;
      },
    });
    const { data, response } = await send(client);
    if (!response.ok) {
      throw await ResponseError.fromResponse(answered!);
    }
    return data as T;
  }

  /**
   * Backstage drops the subject of service credentials when a plugin forwards them: the call would arrive as this plugin, with
   * this plugin's rights.
   */
  #refuseForeignService(credentials: BackstageCredentials) {
    if (!this.#auth.isPrincipal(credentials, 'service')) {
      return;
    }
    if (credentials.principal.subject !== this.#self) {
      throw new NotAllowedError(
        `Refused to call the orchestrator with the credentials of another service: this would lose the caller's identity, since the call would arrive as "${
          this.#self
        }"`,
      );
    }
  }
}
