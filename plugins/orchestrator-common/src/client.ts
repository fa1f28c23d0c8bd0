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

import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './generated/schema';

/**
 * A client of the plugin's HTTP API, typed from openapi.yaml.
 *
 * @public
 */
export type OrchestratorClient = Client<paths>;

/**
 * Options of {@link createOrchestratorClient}.
 *
 * @public
 */
export interface OrchestratorClientOptions {
  /** Where the plugin is served, for example `https://portal.example.com/api/orchestrator`. */
  baseUrl: string;
  /** The bearer token, or a function that gives one for each call; absent where `fetch` adds it. */
  token?: string | (() => Promise<string | undefined>);
  /** The `fetch` to use instead of the global one. */
  fetch?: (request: Request) => Promise<Response>;
}

/**
 * Makes a client of the plugin's HTTP API for scripts, plugins and pages.
 *
 * @example
 * ```ts
 * const client = createOrchestratorClient({
 *   baseUrl: 'http://localhost:7007/api/orchestrator',
 *   token: process.env.ORCHESTRATOR_TOKEN,
 * });
 * const { data, error } = await client.POST('/v2/workflows/{workflowId}/execute', {
 *   params: { path: { workflowId: 'greeting' } },
 *   body: { inputData: { name: 'Ada' } },
 * });
 * ```
 * @public
 */
export function createOrchestratorClient(
  options: OrchestratorClientOptions,
): OrchestratorClient {
  const client = createClient<paths>({
    baseUrl: options.baseUrl,
    fetch: options.fetch,
  });
  const { token } = options;
  if (token !== undefined) {
    client.use({
      async onRequest({ request }) {
        const value = typeof token === 'function' ? await token() : token;
        if (value) {
          request.headers.set('Authorization', `Bearer ${value}`);
        }
        return request;
      },
    });
  }
  return client;
}
