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

import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';
import {
  OrchestratorError,
  type Fault,
  invalidRequest,
} from '../errors/OrchestratorError';
import type { RequestOrigin } from './Access';
import type { Operation } from './operations';
import type { Principal } from './Principal';

/** Kinds of tokens that reach nothing but what they are for, and what is open to all tokens. */
const NARROW: ReadonlySet<string> = new Set(['trigger', 'agent']);

/**
 * Refuses a token that may not be used from where it is.
 *
 * @throws OrchestratorError `auth.principal_not_allowed`
 */
export function checkAddress(
  { token }: Principal,
  { address }: RequestOrigin,
): void {
  if (token?.allowed && !token.allowed.admits(address)) {
    throw new OrchestratorError(
      'auth.principal_not_allowed',
      'The token may not be used from this address',
    );
  }
}

/**
 * Refuses path parameters that are no ids, before they reach a query or a URL.
 *
 * @throws OrchestratorError `request.invalid` that names every fault
 */
export function checkIds(parameters: Readonly<Record<string, string>>): void {
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (!isOrchestratorId(value)) {
      faults.push({ path: `path/${name}`, message: 'is not an id' });
    }
  }
  if (faults.length > 0) {
    throw invalidRequest(faults);
  }
}

/**
 * Refuses tokens of a narrow kind where every other valid credential is enough.
 *
 * @throws OrchestratorError `auth.principal_not_allowed`
 */
export function checkKind({ token }: Principal, operation: Operation): void {
  if (
    token &&
    NARROW.has(token.kind) &&
    operation.scopes.length === 0 &&
    !operation.isOpenToNarrowTokens
  ) {
    throw new OrchestratorError(
      'auth.principal_not_allowed',
      `A token of the kind ${token.kind} cannot be used here`,
    );
  }
}
