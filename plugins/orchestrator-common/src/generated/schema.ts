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
  '/v2/explain': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Why a principal may or may not use a scope, layer by layer, as the gate decides it. */
    post: operations['explain'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/tokens': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Managed tokens that the caller may see, newest first. */
    get: operations['listTokens'];
    put?: never;
    /** Creates a managed token. The secret is in this answer and never again. */
    post: operations['createToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/tokens/revoke-all': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Revokes all live tokens of an owner; with dryRun it counts them. */
    post: operations['revokeAllTokens'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/tokens/introspect': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Token introspection of RFC 7662. */
    post: operations['introspectToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/tokens/revocation': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Token revocation of RFC 7009; always 200, of effect on own tokens only. */
    post: operations['revokeTokenBySecret'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/tokens/{tokenId}': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    /** One managed token. */
    get: operations['getToken'];
    put?: never;
    post?: never;
    /** Revokes a token. */
    delete: operations['deleteToken'];
    options?: never;
    head?: never;
    /** Changes the name or the description of a token. */
    patch: operations['updateToken'];
    trace?: never;
  };
  '/v2/tokens/{tokenId}/rotate': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Gives a token a new secret; the old one works on for the overlap. */
    post: operations['rotateToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/tokens/{tokenId}/revoke': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Revokes a token. A token may always revoke itself. */
    post: operations['revokeToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/audit/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The audit log, newest first; `from` is inclusive and `to` exclusive, both with a time zone. */
    get: operations['listAuditEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/audit/verify': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Checks the chain of the audit log from its first kept row to its last checkpoint. */
    get: operations['verifyAudit'];
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
  '/v2/workflows/instances/{instanceId}/signal': {
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
    /** Gives an event to a run that waits for it, or will. */
    post: operations['signalInstance'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v2/workflows/instances/{instanceId}/events': {
    parameters: {
      query?: never;
      header?: never;
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    /**
     * What happens in a run, as it happens: server-sent events of the kinds `state`, `node` and `log`, whose data is a `RunEvent`.
     *     An event `end` says that the run has ended; a stream that ends without it is to be opened again, with the id of the last event
     *     that was seen.
     */
    get: operations['streamInstanceEvents'];
    put?: never;
    post?: never;
    delete?: never;
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
  '/v2/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Takes a CloudEvent 1.0, in the structured or in the binary mode, with data in JSON. It starts the workflows that wait for it
     *     and that the caller may start, and wakes the runs that it is meant for and that the caller may signal. An event counts once by
     *     its `source` and `id`. The answer is the same whatever it reached.
     */
    post: operations['receiveEvent'];
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
    IdempotencyKey: string;
    Accepted: Record<string, never>;
    SignalRequest: {
      /** The name of the event in the definition. */
      name: string;
      /** What the event brings; null where it is absent. */
      data?: unknown;
    };
    /** A CloudEvent in the structured mode. What is not named here is an extension attribute. */
    CloudEvent: {
      specversion: '1.0';
      id: string;
      source: string;
      type: string;
      subject?: string;
      time?: string;
      dataschema?: string;
      /** application/json, or absent. */
      datacontenttype?: string;
      data?: unknown;
    } & {
      [key: string]: unknown;
    };
    RunEventId: string;
    RunEvent: {
      time: string;
      /** For `state`: `state` and, where it is ERROR, `error`. For `node`: the node as it is now. For `log`: `id` and `line`. */
      detail: {
        [key: string]: unknown;
      };
    };
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
    PrincipalType: 'user' | 'plugin' | 'external' | 'token' | 'anonymous';
    Whoami: {
      authenticated: boolean;
      principal: {
        type: components['schemas']['PrincipalType'];
        ref: string;
        actor?: string;
        tokenId?: string;
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
    TokenKind: 'service' | 'personal' | 'group' | 'trigger' | 'agent';
    /**
     * suspended is of personal tokens whose owner is gone from the catalog or was not seen for too long, and of group tokens
     *     whose group is gone; it comes back.
     */
    TokenStatus: 'active' | 'expired' | 'revoked' | 'suspended';
    TokenOwner: string;
    /** Some visible text on one line. */
    TokenName: string;
    TokenDescription: string;
    TokenScopes: string[];
    TokenWorkspaces: string[];
    /** From 1 to 200; 50 where absent. */
    PageLimit: string;
    /** The `nextCursor` of the page before. */
    PageCursor: string;
    /** ISO 8601 with a time zone. */
    DateTime: string;
    Token: {
      id: string;
      kind: components['schemas']['TokenKind'];
      name: string;
      description: string;
      /** A user or a group; service tokens have none. */
      owner?: string;
      createdBy: string;
      createdAt: string;
      scopes: string[];
      /** The workspaces of the scopes together; whoami shows which scope holds where. */
      workspaces: 'all' | string[];
      workflowId?: string;
      allowedCidrs?: string[];
      expiresAt?: string;
      status: components['schemas']['TokenStatus'];
      revokedAt?: string;
      revokedBy?: string;
      revocationReason?: string;
      lastUsedAt?: string;
      lastUsedFrom?: string;
      useCount: number;
      rotatedAt?: string;
      previousSecretExpiresAt?: string;
      hint: string;
    };
    TokenWithSecret: {
      token: components['schemas']['Token'];
      secret: string;
    };
    TokenList: {
      items: components['schemas']['Token'][];
      nextCursor?: string;
    };
    CreateTokenRequest: {
      kind: components['schemas']['TokenKind'];
      name: components['schemas']['TokenName'];
      description?: components['schemas']['TokenDescription'];
      scopes?: components['schemas']['TokenScopes'];
      workspaces?: components['schemas']['TokenWorkspaces'];
      owner?: components['schemas']['TokenOwner'];
      workflowId?: components['schemas']['Id'];
      expiresInSeconds?: number;
      expiresAt?: components['schemas']['DateTime'];
      allowedCidrs?: string[];
    };
    UpdateTokenRequest: {
      name?: components['schemas']['TokenName'];
      description?: components['schemas']['TokenDescription'];
    };
    RotateTokenRequest: {
      overlapSeconds?: number;
      expiresInSeconds?: number;
      scopes?: components['schemas']['TokenScopes'];
      workspaces?: components['schemas']['TokenWorkspaces'];
    };
    RevocationReason: string;
    RevokeTokenRequest: {
      reason?: components['schemas']['RevocationReason'];
    };
    RevokeAllRequest: {
      owner?: components['schemas']['TokenOwner'];
      kind?: components['schemas']['TokenKind'];
      workspace?: string;
      dryRun?: boolean;
      reason: components['schemas']['RevocationReason'];
    };
    RevokedCount: {
      count: number;
    };
    IntrospectionRequest: {
      token: string;
      token_type_hint?: string;
    };
    RevocationRequest: {
      token: string;
      token_type_hint?: string;
    };
    Introspection: {
      active: boolean;
      scope?: string;
      client_id?: string;
      username?: string;
      token_type?: string;
      exp?: number;
      iat?: number;
      sub?: string;
      aud?: string;
      iss?: string;
      jti?: string;
    };
    ExplainRequest: {
      scope: string;
      workflowId?: components['schemas']['Id'];
      principal?: string;
      tokenId?: components['schemas']['Id'];
    };
    Explanation: {
      decision: 'allow' | 'deny';
      code?: string;
      layers: {
        layer:
          | 'grants'
          | 'token'
          | 'actor'
          | 'accessRestrictions'
          | 'workspace'
          | 'policy'
          | 'ownership';
        outcome: 'allow' | 'deny' | 'not_applicable' | 'unknown';
        detail: string;
      }[];
    };
    AuditText: string;
    AuditOutcome: 'succeeded' | 'failed' | 'denied';
    AuditEvent: {
      id: string;
      /** The place in the chain; absent until the row is sealed. */
      seq?: number;
      time: string;
      event: string;
      actor?: string;
      onBehalfOf?: string;
      tokenId?: string;
      workflowId?: string;
      instanceId?: string;
      outcome: components['schemas']['AuditOutcome'];
      code?: string;
      address?: string;
      count?: number;
      meta?: {
        [key: string]: unknown;
      };
    };
    AuditEventList: {
      items: components['schemas']['AuditEvent'][];
      nextCursor?: string;
    };
    AuditVerification: {
      status: 'ok' | 'broken';
      sealed: number;
      unsealed: number;
      firstBroken?: {
        seq: number;
        reason: string;
      };
      checkpoint?: {
        seq: number;
        hash: string;
        time: string;
      };
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
      /** Its engine does not have the run any more, or will never go on with it. */
      lost?: boolean;
      /** The run is from before this plugin was there: whose it is was taken from its own data, which its workflow could write. */
      adopted?: boolean;
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
    tokenId: components['schemas']['Id'];
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
  explain: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ExplainRequest'];
      };
    };
    responses: {
      /** The decision and its layers. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Explanation'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  listTokens: {
    parameters: {
      query?: {
        kind?: components['schemas']['TokenKind'];
        owner?: components['schemas']['TokenOwner'];
        status?: components['schemas']['TokenStatus'];
        limit?: components['schemas']['PageLimit'];
        cursor?: components['schemas']['PageCursor'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** A page of tokens. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['TokenList'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  createToken: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateTokenRequest'];
      };
    };
    responses: {
      /** Created. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['TokenWithSecret'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  revokeAllTokens: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RevokeAllRequest'];
      };
    };
    responses: {
      /** How many were, or would be, revoked. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RevokedCount'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  introspectToken: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/x-www-form-urlencoded': components['schemas']['IntrospectionRequest'];
      };
    };
    responses: {
      /** What is known of the token; of one that is not live, that it is not active. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Introspection'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  revokeTokenBySecret: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/x-www-form-urlencoded': components['schemas']['RevocationRequest'];
      };
    };
    responses: {
      /** Done, or nothing to do. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components['responses']['Error'];
    };
  };
  getToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The token. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Token'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  deleteToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** Revoked. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components['responses']['Error'];
    };
  };
  updateToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UpdateTokenRequest'];
      };
    };
    responses: {
      /** The token. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Token'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  rotateToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['RotateTokenRequest'];
      };
    };
    responses: {
      /** The token with its new secret, which is never shown again. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['TokenWithSecret'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  revokeToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        tokenId: components['parameters']['tokenId'];
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['RevokeTokenRequest'];
      };
    };
    responses: {
      /** The token. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Token'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  listAuditEvents: {
    parameters: {
      query?: {
        actor?: components['schemas']['AuditText'];
        tokenId?: components['schemas']['AuditText'];
        event?: components['schemas']['AuditText'];
        outcome?: components['schemas']['AuditOutcome'];
        from?: components['schemas']['DateTime'];
        to?: components['schemas']['DateTime'];
        limit?: components['schemas']['PageLimit'];
        cursor?: components['schemas']['PageCursor'];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** A page of events. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AuditEventList'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  verifyAudit: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** Whether the chain holds. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AuditVerification'];
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
  signalInstance: {
    parameters: {
      query?: never;
      header?: {
        /** A repeat by the same caller with the same key gives the run nothing again. */
        'Idempotency-Key'?: components['schemas']['IdempotencyKey'];
      };
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SignalRequest'];
      };
    };
    responses: {
      /** The run has the event now, durably; an empty object. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Accepted'];
        };
      };
      default: components['responses']['Error'];
    };
  };
  streamInstanceEvents: {
    parameters: {
      query?: {
        /** The id of the last event that was seen; the stream goes on behind it. Absent for the start of the run. */
        after?: components['schemas']['RunEventId'];
      };
      header?: {
        /** The same, as clients of server-sent events send it; it wins over `after`. */
        'Last-Event-ID'?: components['schemas']['RunEventId'];
      };
      path: {
        instanceId: components['parameters']['instanceId'];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** The events. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
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
        'Idempotency-Key'?: components['schemas']['IdempotencyKey'];
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
  receiveEvent: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/cloudevents+json': components['schemas']['CloudEvent'];
        'application/json': unknown;
      };
    };
    responses: {
      /** Taken; an empty object. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Accepted'];
        };
      };
      default: components['responses']['Error'];
    };
  };
}
