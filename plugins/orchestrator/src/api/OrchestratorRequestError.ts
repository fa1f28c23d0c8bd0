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
 * What the orchestrator backend answered instead of what was asked for.
 *
 * @public
 */
export class OrchestratorRequestError extends Error {
  readonly name = 'OrchestratorRequestError';
  /** The status of the HTTP answer. */
  readonly status: number;
  /** The stable code of the error, for example `auth.missing_scope`. */
  readonly code?: string;
  /** The scopes that are missing. */
  readonly requiredScopes: readonly string[];
  /** Every fault of the request, with where it is. */
  readonly faults: readonly { path: string; message: string }[];

  constructor(status: number, body: unknown) {
    const error = field(body, 'error');
    const message = field(error, 'message');
    super(
      typeof message === 'string' && message
        ? message
        : `The orchestrator answered with status ${status}`,
    );
    const code = field(error, 'code');
    this.status = status;
    this.code = typeof code === 'string' ? code : undefined;
    this.requiredScopes = list(field(error, 'requiredScopes')).filter(
      (scope): scope is string => typeof scope === 'string',
    );
    this.faults = list(field(error, 'faults')).map(fault => ({
      path: String(field(fault, 'path') ?? ''),
      message: String(field(fault, 'message') ?? ''),
    }));
  }
}

// An answer can come from a proxy before the backend, in any shape.
function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
