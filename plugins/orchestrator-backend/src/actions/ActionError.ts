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
  ErrorCode,
  Fault,
  OrchestratorError,
} from '../errors/OrchestratorError';

/**
 * A refusal or failure as the caller of an action gets it. Backstage serializes every member that it finds, so this one has what a
 * request would be answered with and nothing else: no cause, and no stack.
 */
export class ActionError extends Error {
  readonly code: ErrorCode;
  readonly requiredScopes?: readonly string[];
  readonly faults?: readonly Fault[];

  constructor(error: OrchestratorError) {
    super(error.message);
    this.name = error.name;
    this.stack = undefined;
    this.code = error.code;
    const { requiredScopes, faults } = error.details;
    if (requiredScopes) this.requiredScopes = requiredScopes;
    if (faults) this.faults = faults;
    // For Backstage, which knows the status of some names only.
    Object.defineProperty(this, 'statusCode', { value: error.status });
  }
}
