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

import type { Caller } from './Authenticator';
import type { Operation } from './operations';

/** Scopes that are so powerful that a managed token is asked for in the database on every use. */
const ALWAYS_ASKED: ReadonlySet<string> = new Set([
  'tokens:admin',
  'tokens:write',
  'audit:read',
]);

/** Scopes for which nothing that is remembered of a user counts. */
const NEVER_REMEMBERED: ReadonlySet<string> = new Set([
  ...ALWAYS_ASKED,
  'workflows:write',
]);

/**
 * Whether a managed token is used for what must not rest on memory: because of what the operation needs or, where that only
 * widens what the operation does, of what the token may do.
 */
function isPowerful(
  { principal }: Caller,
  operation: Operation | undefined,
): boolean {
  if (!operation) return false;
  const { scopes, scopesInstead, widenedBy } = operation;
  if ([...scopes, ...scopesInstead].some(scope => ALWAYS_ASKED.has(scope))) {
    return true;
  }
  return widenedBy.some(widening =>
    principal.token?.grants.some(grant =>
      grant.scopes.some(({ scope }) => scope === widening),
    ),
  );
}

/** Whether an operation is so powerful that nothing counts that is remembered of who calls. */
function forgetsCaller(operation: Operation | undefined): boolean {
  return operation?.scopes.some(scope => NEVER_REMEMBERED.has(scope)) ?? false;
}

/**
 * The caller as far as an operation may trust what is remembered of it: one that is powerful has the credential proved again.
 *
 * @throws OrchestratorError where the credential does not verify any more
 */
export async function proven(
  caller: Caller,
  operation: Operation | undefined,
): Promise<Caller> {
  if (caller.reload && isPowerful(caller, operation)) {
    return caller.reload();
  }
  return forgetsCaller(operation) ? { ...caller, memory: {} } : caller;
}
