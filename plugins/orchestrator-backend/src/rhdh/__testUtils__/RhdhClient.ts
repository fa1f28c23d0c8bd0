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

const enc = encodeURIComponent;

/** An answer as an HTTP client sees it. */
export interface RhdhAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined where it is empty. */
  readonly data: any;
}

interface Sent {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly asText?: boolean;
}

/**
 * Makes the requests that the generated client of Red Hat's orchestrator makes for its pages and its scaffolder actions: methods,
 * paths, encodings, headers and the form of the bodies as they were recorded from it.
 */
export class RhdhClient {
  readonly #baseUrl: string;
  readonly #token: string;

  /** @param token - of the person in front of the pages */
  constructor(baseUrl: string, token: string) {
    this.#baseUrl = baseUrl;
    this.#token = token;
  }

  listWorkflowOverviews(paginationInfo?: object, filters?: object) {
    return this.#send('POST', '/v2/workflows/overview', {
      body: { paginationInfo, filters },
    });
  }

  getWorkflowsOverviewForEntity(
    targetEntity: string,
    annotationWorkflowIds: string[],
  ) {
    return this.#send('POST', '/v2/workflows/overview/entity', {
      body: { targetEntity, annotationWorkflowIds },
    });
  }

  getWorkflowOverview(workflowId: string) {
    return this.#send('GET', `/v2/workflows/${enc(workflowId)}/overview`);
  }

  getWorkflowSource(workflowId: string) {
    return this.#send('GET', `/v2/workflows/${enc(workflowId)}/source`, {
      asText: true,
    });
  }

  getWorkflowDataInputSchema(workflowId: string, instanceId?: string) {
    return this.#send('GET', `/v2/workflows/${enc(workflowId)}/inputSchema`, {
      query: instanceId === undefined ? undefined : { instanceId },
    });
  }

  pingWorkflowService(workflowId: string) {
    const path = `/v2/workflows/${enc(workflowId)}/pingWorkflowService`;
    return this.#send('GET', path);
  }

  listInstances(paginationInfo?: object, filters?: object) {
    return this.#send('POST', '/v2/workflows/instances', {
      body: { paginationInfo, filters },
    });
  }

  getWorkflowInstances(workflowId: string, search?: object) {
    return this.#send('POST', `/v2/workflows/${enc(workflowId)}/instances`, {
      body: search,
    });
  }

  getInstance(instanceId: string) {
    return this.#send('GET', `/v2/workflows/instances/${enc(instanceId)}`);
  }

  getWorkflowLogs(instanceId: string, rawlog?: boolean) {
    return this.#send(
      'GET',
      `/v2/workflows/instances/${enc(instanceId)}/logs`,
      {
        query: rawlog === undefined ? undefined : { rawlog: String(rawlog) },
      },
    );
  }

  getWorkflowStatuses() {
    return this.#send('GET', '/v2/workflows/instances/statuses');
  }

  executeWorkflow(args: {
    workflowId: string;
    parameters: object;
    authTokens?: { provider: string; token: string }[];
    targetEntity?: string;
  }) {
    const { workflowId, parameters, authTokens, targetEntity } = args;
    return this.#send('POST', `/v2/workflows/${enc(workflowId)}/execute`, {
      body: { inputData: parameters, authTokens, targetEntity },
    });
  }

  abortWorkflowInstance(instanceId: string) {
    const path = `/v2/workflows/instances/${enc(instanceId)}/abort`;
    return this.#send('DELETE', path);
  }

  retriggerInstance(
    workflowId: string,
    instanceId: string,
    authTokens?: { provider: string; token: string }[],
  ) {
    const path = `/v2/workflows/${enc(workflowId)}/${enc(
      instanceId,
    )}/retrigger`;
    return this.#send('POST', path, { body: { authTokens } });
  }

  async #send(method: string, path: string, sent: Sent = {}) {
    const { query, body } = sent;
    const search = query ? `?${new URLSearchParams(query)}` : '';
    const response = await fetch(`${this.#baseUrl}${path}${search}`, {
      method,
      headers: {
        Accept: 'application/json, text/plain, */*',
        Authorization: `Bearer ${this.#token}`,
        ...(method === 'POST' && { 'Content-Type': 'application/json' }),
      },
      // Members that are undefined are left out.
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const { status, headers } = response;
    const isParsed = text !== '' && !sent.asText;
    const data = isParsed ? JSON.parse(text) : undefined;
    return { status, headers, text, data } as RhdhAnswer;
  }
}
