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

/* eslint-disable */
// Generated from openapi.yaml by scripts/generate-api.mjs. Do not edit.

/**
 * The paths of the HTTP API, with their operations.
 *
 * @public
 */
export interface paths {
  '/health': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Says that the plugin is up. Looks at no credential. */
    get: operations['getHealth'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/.well-known/oauth-protected-resource': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The protected resource document of RFC 9728. */
    get: operations['getProtectedResourceMetadata'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/whoami': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Who the caller is, and what the caller may do by its grants. */
    get: operations['getWhoami'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/scopes': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The catalogue of scopes, with what the caller holds. */
    get: operations['getScopes'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Registers a definition. The body is the definition. */
    post: operations['createWorkflow'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    get?: never;
    /** Replaces a definition that was registered over HTTP. Runs under way keep theirs. */
    put: operations['updateWorkflow'];
    post?: never;
    /** Removes a definition that was registered over HTTP. Runs under way go on. */
    delete: operations['deleteWorkflow'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/overview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** The workflows that the caller may see. */
    post: operations['getWorkflowsOverview'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/overview/entity': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** The workflows named by an entity or run on it. */
    post: operations['getWorkflowsOverviewForEntity'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/instances': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** The runs that the caller may see, newest first unless asked otherwise. */
    post: operations['getInstances'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/instances/statuses': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The states that a run can be in. */
    get: operations['getWorkflowStatuses'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/instances/{instanceId}': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    /** One run with its nodes, data and error. */
    get: operations['getInstanceById'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/instances/{instanceId}/logs': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    /** The log of one run. */
    get: operations['getWorkflowLogById'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/instances/{instanceId}/abort': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Aborts a run that has not ended. */
    delete: operations['abortWorkflow'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}/overview': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    /** One workflow. */
    get: operations['getWorkflowOverviewById'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}/source': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    /** The definition as it was written. */
    get: operations['getWorkflowSourceById'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}/inputSchema': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    /** The schema of the input, with the input of an earlier run where `instanceId` names one. */
    get: operations['getWorkflowInputSchemaById'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}/pingWorkflowService': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    /** Whether the engine can run the workflow now. */
    get: operations['pingWorkflowServiceById'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}/instances': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** The runs of one workflow that the caller may see. */
    post: operations['getWorkflowInstances'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}/execute': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Starts a run. The input is validated against the schema of the definition. */
    post: operations['executeWorkflow'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/{workflowId}/{instanceId}/retrigger': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Runs a failed run again from the node that failed. */
    post: operations['retriggerInstance'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
/**
 * The schemas of the HTTP API: `components["schemas"]`.
 *
 * @public
 */
export interface components {
  schemas: {
    Id: string;
    Health: {
      status: 'ok';
    };
    ProtectedResourceMetadata: {
      resource: string;
      resource_name?: string;
      authorization_servers?: string[];
      scopes_supported: string[];
      bearer_methods_supported: string[];
    };
    ErrorResponse: {
      error: {
        name: string;
        message: string;
        code: string;
        requiredScopes?: string[];
        /** Every fault of a request that does not fit its schema. */
        faults?: components['schemas']['Fault'][];
      };
      request: {
        method: string;
        url: string;
      };
      response: {
        statusCode: number;
      };
    };
    Fault: {
      /** Where the fault is, as a JSON pointer below `body`, `query`, `header` or `path`. */
      path: string;
      message: string;
    };
    PrincipalType: 'user' | 'plugin' | 'external' | 'anonymous';
    Whoami: {
      authenticated: boolean;
      principal: {
        type: components['schemas']['PrincipalType'];
        ref: string;
        actor?: string;
      };
      grants: {
        name: string;
        scopes: string[];
        workspaces: 'all' | string[];
      }[];
      /** A summary for people; it decides nothing. */
      scopes: string[];
      expiresAt?: string;
    };
    ScopeList: {
      scopes: {
        scope: string;
        description: string;
        permission: string;
        held: boolean;
      }[];
    };
    RegisteredWorkflow: {
      workflowId: string;
      version: string;
      workspace: string;
      warnings: string[];
    };
    SearchRequest: {
      filters?: components['schemas']['Filter'];
      paginationInfo?: components['schemas']['PaginationInfoDTO'];
    };
    PaginationInfoDTO: {
      pageSize?: number;
      offset?: number;
      orderDirection?: 'ASC' | 'DESC';
      orderBy?: string;
    };
    /** A logical, field or nested filter; at most 50 leaves, 8 levels and 200 values. */
    Filter:
      | components['schemas']['LogicalFilter']
      | components['schemas']['FieldFilter']
      | components['schemas']['NestedFilter'];
    LogicalFilter: {
      operator: 'AND' | 'OR' | 'NOT';
      filters: components['schemas']['Filter'][];
    };
    FieldFilter: {
      field: string;
      operator:
        | 'EQ'
        | 'GT'
        | 'GTE'
        | 'LT'
        | 'LTE'
        | 'IN'
        | 'IS_NULL'
        | 'LIKE'
        | 'BETWEEN';
      value: components['schemas']['FieldFilterValue'];
    };
    FieldFilterValue: string | number | boolean | (string | number | boolean)[];
    NestedFilter: {
      field: string;
      nested:
        | components['schemas']['FieldFilter']
        | components['schemas']['NestedFilter'];
    };
    EntityOverviewRequest: {
      targetEntity?: string;
      annotationWorkflowIds?: string[];
    };
    WorkflowOverviewListResultDTO: {
      overviews: components['schemas']['WorkflowOverviewDTO'][];
      paginationInfo: components['schemas']['PaginationInfoDTO'];
      totalCount: number;
    };
    WorkflowOverviewDTO: {
      workflowId: string;
      name?: string;
      format: components['schemas']['WorkflowFormatDTO'];
      lastRunId?: string;
      lastTriggeredMs?: number;
      lastRunStatus?: components['schemas']['ProcessInstanceStatusDTO'];
      description?: string;
      isAvailable?: boolean;
      availability?: components['schemas']['WorkflowAvailabilityResponseDTO'];
      version?: string;
      workspace?: string;
      workflowRunStats?: components['schemas']['WorkflowRunStatsDTO'];
    };
    WorkflowFormatDTO: 'yaml' | 'json';
    WorkflowAvailabilityResponseDTO: {
      isAvailable: boolean;
      statusCode?: number;
      reason?: string;
    };
    WorkflowRunStatsDTO: {
      successRatio?: number | null;
      runsLastMonth?: number;
      successCount?: number;
      errorCount?: number;
      totalCount?: number;
      averageTimeToComplete?: number;
    };
    ProcessInstanceListResultDTO: {
      totalCount: number;
      items: components['schemas']['ProcessInstanceDTO'][];
      paginationInfo: components['schemas']['PaginationInfoDTO'];
    };
    ProcessInstanceDTO: {
      id: string;
      processId: string;
      processName?: string;
      version?: string;
      workspace?: string;
      state?: components['schemas']['ProcessInstanceStatusDTO'];
      endpoint?: string;
      serviceUrl?: string;
      start?: string;
      end?: string | null;
      duration?: string;
      description?: string;
      workflowdata?: components['schemas']['WorkflowDataDTO'];
      initiatorEntity?: string;
      actor?: string;
      targetEntity?: string;
      executionSummary?: string[];
      nodes: components['schemas']['NodeInstanceDTO'][];
      error?: components['schemas']['ProcessInstanceErrorDTO'] | null;
    };
    /** The data of the run, the input included. An object unless the workflow itself made it a scalar or a list. */
    WorkflowDataDTO: unknown;
    ProcessInstanceStatusDTO:
      | 'ACTIVE'
      | 'ERROR'
      | 'COMPLETED'
      | 'ABORTED'
      | 'SUSPENDED'
      | 'PENDING';
    WorkflowRunStatusDTO: {
      key?: string;
      value?: string;
    };
    NodeInstanceDTO: {
      __typename?: string;
      id: string;
      name?: string;
      type?: string;
      enter?: string;
      exit?: string | null;
      definitionId?: string;
      nodeId?: string;
      errorMessage?: string;
    };
    ProcessInstanceErrorDTO: {
      __typename?: string;
      nodeDefinitionId: string;
      nodeInstanceId?: string;
      message?: string;
    };
    AuthToken: {
      provider: string;
      token: string;
    };
    ExecuteWorkflowRequestDTO: {
      inputData?: {
        [key: string]: unknown;
      };
      authTokens?: components['schemas']['AuthToken'][];
      targetEntity?: string;
    };
    ExecuteWorkflowResponseDTO: {
      id: string;
    };
    RetriggerInstanceRequestDTO: {
      authTokens?: components['schemas']['AuthToken'][];
    };
    InputSchemaResponseDTO: {
      inputSchema?: {
        [key: string]: unknown;
      };
      data?: {
        [key: string]: unknown;
      };
    };
    WorkflowLogsResponse: {
      instanceId: string;
      logs: {
        id: string;
        log: string;
      }[];
    };
  };
  responses: {
    /** Backstage's error body with a stable code. */
    Error: {
      headers: {
        'WWW-Authenticate'?: string;
        [name: string]: unknown;
      };
      content: {
        'application/json': components['schemas']['ErrorResponse'];
      };
    };
  };
  parameters: {
    workflowId: components['schemas']['Id'];
    instanceId: components['schemas']['Id'];
  };
  requestBodies: {
    Search: {
      content: {
        'application/json': components['schemas']['SearchRequest'];
      };
    };
    Definition: {
      content: {
        'application/yaml': string;
        'text/yaml': string;
        'application/x-yaml': string;
        'application/json': {
          [key: string]: unknown;
        };
      };
    };
  };
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
/**
 * The operations of the HTTP API, by `operationId`.
 *
 * @public
 */
export interface operations {
  getHealth: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The plugin is up. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Health'];
        };
      };
    };
  };
  getProtectedResourceMetadata: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The document. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ProtectedResourceMetadata'];
        };
      };
    };
  };
  getWhoami: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The caller. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Whoami'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  getScopes: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The catalogue. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ScopeList'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  createWorkflow: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: components['requestBodies']['Definition'];
    responses: {
      /** Registered. */
      201: {
        headers: {
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RegisteredWorkflow'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  updateWorkflow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody: components['requestBodies']['Definition'];
    responses: {
      /** Replaced. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RegisteredWorkflow'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  deleteWorkflow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** Removed. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowsOverview: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: components['requestBodies']['Search'];
    responses: {
      /** A page of workflows. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WorkflowOverviewListResultDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowsOverviewForEntity: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['EntityOverviewRequest'];
      };
    };
    responses: {
      /** The workflows. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WorkflowOverviewListResultDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  getInstances: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: components['requestBodies']['Search'];
    responses: {
      /** A page of runs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ProcessInstanceListResultDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowStatuses: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The states. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WorkflowRunStatusDTO'][];
        };
      };
      default: components['responses']['Error'];
    };
  };
  getInstanceById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The run. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ProcessInstanceDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowLogById: {
    parameters: {
      query?: {
        /** Accepted for compatibility; it changes nothing. */
        rawlog?: string;
      };
      header?: never;
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The log. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WorkflowLogsResponse'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  abortWorkflow: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** Aborted. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': string;
        };
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowOverviewById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The workflow. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WorkflowOverviewDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowSourceById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The definition. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowInputSchemaById: {
    parameters: {
      query?: {
        instanceId?: components['schemas']['Id'];
      };
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The schema; an empty object where the workflow has none. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['InputSchemaResponseDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  pingWorkflowServiceById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** It can. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': boolean;
        };
      };
      default: components['responses']['Error'];
    };
  };
  getWorkflowInstances: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody?: components['requestBodies']['Search'];
    responses: {
      /** A page of runs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ProcessInstanceListResultDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  executeWorkflow: {
    parameters: {
      query?: never;
      header?: {
        /** A repeat with the same key and body answers with the id of the first run. */
        'Idempotency-Key'?: string;
      };
      path: {
        workflowId: components['parameters']['workflowId'];
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['ExecuteWorkflowRequestDTO'];
      };
    };
    responses: {
      /** Started, or started before with the same key. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ExecuteWorkflowResponseDTO'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  retriggerInstance: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        workflowId: components['parameters']['workflowId'];
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['RetriggerInstanceRequestDTO'];
      };
    };
    responses: {
      /** Retriggered; the body is empty. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components['responses']['Error'];
    };
  };
}
