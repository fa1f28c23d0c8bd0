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

import { OrchestratorError } from '../errors/OrchestratorError';
import type { Principal } from './Principal';
import type { Rights } from './Rights';

/** The answer where the permission policy denies. */
export function policyDenied(): OrchestratorError {
  return new OrchestratorError(
    'auth.policy_denied',
    'The permission policy does not allow this',
  );
}

/** The answer where a scope is there, but not in the workspace of what may be seen. */
export function workspaceForbidden(): OrchestratorError {
  return new OrchestratorError(
    'auth.workspace_forbidden',
    'The scope is not granted in the workspace of this workflow',
  );
}

/** How an operator helps a caller who holds nothing at all; empty for others. */
export function grantHint({ type }: Principal, { grants }: Rights): string {
  return type === 'external' && grants.length === 0
    ? '. External callers hold nothing until a grant under orchestrator.auth.grants matches their subject, or their accessRestrictions name the plugin orchestrator'
    : '';
}
