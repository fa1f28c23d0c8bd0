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

import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Request, Response } from 'express';
import { OrchestratorError } from '../errors/OrchestratorError';
import { sendUncached } from './sendUncached';
import { shownPath } from './shownPath';

const REALM = 'orchestrator';

/** Whether an answer says that a credential was presented that is of no use (RFC 6750, section 3.1). */
const INVALID = new Set([
  'auth.invalid_token',
  'auth.invalid_scheme',
  'auth.token_expired',
  'auth.token_revoked',
]);

function challenge(
  error: OrchestratorError,
  resourceMetadata: string,
): string | undefined {
  const parts = [`Bearer realm="${REALM}"`];
  if (error.status === 401) {
    if (INVALID.has(error.code)) parts.push('error="invalid_token"');
  } else if (error.code === 'auth.missing_scope') {
    parts.push('error="insufficient_scope"');
    parts.push(`scope="${(error.details.requiredScopes ?? []).join(' ')}"`);
  } else {
    return undefined;
  }
  return [...parts, `resource_metadata="${resourceMetadata}"`].join(', ');
}

/** Answers errors in Backstage's shape, with the stable code and the headers that belong to it. */
export class ErrorAnswers {
  readonly #logger: LoggerService;
  readonly #resourceMetadata: () => string;

  /**
   * @param resourceMetadata - the URL of the protected-resource document that challenges name
   */
  constructor(logger: LoggerService, resourceMetadata: () => string) {
    this.#logger = logger;
    this.#resourceMetadata = resourceMetadata;
  }

  /** The error as one that may be answered; what is not one of ours says nothing of itself. */
  toAnswerable(error: unknown): OrchestratorError {
    if (error instanceof OrchestratorError) {
      return error;
    }
    return new OrchestratorError(
      'service.failed',
      'The orchestrator failed to do this',
      { cause: error },
    );
  }

  /**
   * Logs an error that is no fault of the caller.
   *
   * @param what - what was answered with it
   */
  log(what: string, error: OrchestratorError): void {
    if (error.status < 500) return;
    // What a database driver says can hold the values of a statement.
    const { cause } = error.details;
    const isShowable = error.code !== 'service.unavailable';
    this.#logger.error(
      `${what} was answered with ${error.code}`,
      isShowable && cause instanceof Error ? cause : undefined,
    );
  }

  /** Answers a request with an error. */
  send(req: Request, res: Response, error: OrchestratorError): void {
    this.log(`${req.method} ${shownPath(req)}`, error);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const { faults, requiredScopes, allow, retryAfter } = error.details;
    const authenticate = challenge(error, this.#resourceMetadata());
    if (authenticate) res.setHeader('WWW-Authenticate', authenticate);
    if (allow) res.setHeader('Allow', allow.join(', '));
    if (retryAfter !== undefined)
      res.setHeader('Retry-After', String(retryAfter));
    res.status(error.status);
    sendUncached(res, {
      error: {
        name: error.name,
        message: error.message,
        code: error.code,
        requiredScopes,
        faults,
      },
      request: { method: req.method, url: shownPath(req) },
      response: { statusCode: error.status },
    });
  }
}
