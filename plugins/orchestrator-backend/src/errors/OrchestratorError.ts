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

/**
 * The stable codes of the plugin's answers.
 */
export type ErrorCode =
  | 'request.invalid'
  | 'request.not_found'
  | 'request.method_not_allowed'
  | 'request.too_large'
  | 'request.unsupported_media_type'
  | 'request.idempotency_conflict'
  | 'auth.missing_token'
  | 'auth.invalid_scheme'
  | 'auth.invalid_token'
  | 'auth.token_expired'
  | 'auth.token_revoked'
  | 'auth.rate_limited'
  | 'auth.missing_scope'
  | 'auth.workspace_forbidden'
  | 'auth.policy_denied'
  | 'auth.principal_not_allowed'
  | 'auth.policy_unavailable'
  | 'token.not_found'
  | 'token.conflict'
  | 'workflow.not_found'
  | 'workflow.conflict'
  | 'instance.not_found'
  | 'instance.conflict'
  | 'engine.bad_answer'
  | 'engine.unavailable'
  | 'engine.timeout'
  | 'service.unavailable'
  | 'service.failed';

/** The name and the status that belong to each code; names are those of Backstage's own errors. */
const ANSWERS: Record<ErrorCode, readonly [name: string, status: number]> = {
  'request.invalid': ['InputError', 400],
  'request.not_found': ['NotFoundError', 404],
  'request.method_not_allowed': ['MethodNotAllowedError', 405],
  'request.too_large': ['PayloadTooLargeError', 413],
  'request.unsupported_media_type': ['UnsupportedMediaTypeError', 415],
  'request.idempotency_conflict': ['ConflictError', 409],
  'auth.missing_token': ['AuthenticationError', 401],
  'auth.invalid_scheme': ['AuthenticationError', 401],
  'auth.invalid_token': ['AuthenticationError', 401],
  'auth.token_expired': ['AuthenticationError', 401],
  'auth.token_revoked': ['AuthenticationError', 401],
  'auth.rate_limited': ['TooManyRequestsError', 429],
  'auth.missing_scope': ['NotAllowedError', 403],
  'auth.workspace_forbidden': ['NotAllowedError', 403],
  'auth.policy_denied': ['NotAllowedError', 403],
  'auth.principal_not_allowed': ['NotAllowedError', 403],
  'auth.policy_unavailable': ['ServiceUnavailableError', 503],
  'token.not_found': ['NotFoundError', 404],
  'token.conflict': ['ConflictError', 409],
  'workflow.not_found': ['NotFoundError', 404],
  'workflow.conflict': ['ConflictError', 409],
  'instance.not_found': ['NotFoundError', 404],
  'instance.conflict': ['ConflictError', 409],
  'engine.bad_answer': ['BadGatewayError', 502],
  'engine.unavailable': ['ServiceUnavailableError', 503],
  'engine.timeout': ['GatewayTimeoutError', 504],
  'service.unavailable': ['ServiceUnavailableError', 503],
  'service.failed': ['InternalServerError', 500],
};

/** One fault of a request that does not fit what the operation takes. */
export interface Fault {
  /** A JSON pointer below `body`, `query`, `header` or `path`, for example `body/inputData/name`. */
  readonly path: string;
  readonly message: string;
}

/** What an answer carries beside its code and message. */
export interface ErrorDetails {
  readonly faults?: readonly Fault[];
  /** Plain scopes that are missing, sorted. */
  readonly requiredScopes?: readonly string[];
  /** Methods for the `Allow` header of a 405. */
  readonly allow?: readonly string[];
  /** Seconds for the `Retry-After` header of a 429 or a 503. */
  readonly retryAfter?: number;
  /** For the log only; never sent. */
  readonly cause?: unknown;
}

/**
 * Everything that the plugin refuses or cannot do, with a message that may be shown to the caller.
 */
export class OrchestratorError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const [name, status] = ANSWERS[code];
    const { stackTraceLimit } = Error;
    // A refusal is no failure of the code: nobody reads its stack, and in a flood of bad requests it would cost more than the gate.
    if (status < 500) Error.stackTraceLimit = 0;
    super(message, { cause: details.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = name;
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** A 400 that names every fault in its message and in `faults`. */
export function invalidRequest(faults: readonly Fault[]): OrchestratorError {
  const text = faults.map(fault => `${fault.path} ${fault.message}`).join('; ');
  return new OrchestratorError('request.invalid', `Invalid request: ${text}`, {
    faults,
  });
}

/** The one answer for a workflow that does not exist or that the caller may not know of. */
export function workflowNotFound(): OrchestratorError {
  return new OrchestratorError('workflow.not_found', 'No such workflow');
}

/** The one answer for a run that does not exist or that the caller may not know of. */
export function instanceNotFound(): OrchestratorError {
  return new OrchestratorError(
    'instance.not_found',
    'No such workflow instance',
  );
}

/** The one answer for a managed token that does not exist or that the caller may not know of. */
export function tokenNotFound(): OrchestratorError {
  return new OrchestratorError('token.not_found', 'No such token');
}
