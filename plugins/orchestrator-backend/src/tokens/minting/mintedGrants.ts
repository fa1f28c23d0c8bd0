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

import {
  describeScope,
  parseScope,
  type OrchestratorScope,
  type ParsedScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { isStorableText } from '../../database/storableText';
import {
  invalidRequest,
  OrchestratorError,
  type Fault,
} from '../../errors/OrchestratorError';
import type { MintingRights } from '../../gate/Access';
import {
  excessOf,
  triplesOf,
  writeScope,
  type Grant,
  type Triple,
} from '../../grants/Grant';
import { holdsEverywhere } from '../../grants/holdsEverywhere';
import type { PolicyDecisions } from '../../grants/PolicyDecisions';
import { TOKEN_GRANT } from '../../grants/storedGrants';
import { hasToken } from '../withoutTokens';

/** What is stored beside the hashes of secrets must hold no secret. */
const HOLDS_TOKEN = 'has the text of a token, which does not belong here';

/** More than these in one message help nobody. */
const MAX_NAMED = 20;

/** The most rights that one secret may hold: every use of it compares them. */
const MAX_TRIPLES = 2_000;

/**
 * Reads the scopes of a request, each once.
 *
 * @param faults - gets what is wrong with them
 */
export function readScopes(
  texts: readonly string[],
  faults: Fault[],
): ParsedScope[] {
  const scopes = new Map<string, ParsedScope>();
  texts.forEach((text, index) => {
    const path = `body/scopes/${index}`;
    const scope = parseScope(text);
    if (!scope) {
      faults.push({ path, message: 'is no scope' });
    } else if (hasToken(text)) {
      faults.push({ path, message: HOLDS_TOKEN });
    } else {
      scopes.set(text, scope);
    }
  });
  return [...scopes.values()];
}

/**
 * Checks the workspaces of a request for scopes.
 *
 * @param faults - gets what is wrong with them
 */
export function checkWorkspaces(
  workspaces: readonly string[] | undefined,
  scopes: readonly ParsedScope[],
  faults: Fault[],
): void {
  workspaces?.forEach((workspace, index) => {
    const path = `body/workspaces/${index}`;
    if (!isStorableText(workspace)) {
      faults.push({
        path,
        message: 'has characters that are not allowed here',
      });
    } else if (hasToken(workspace)) {
      faults.push({ path, message: HOLDS_TOKEN });
    }
  });
  for (const { scope } of scopes) {
    if (!workspaces || !holdsEverywhere(scope)) continue;
    faults.push({
      path: 'body/workspaces',
      message: `cannot limit ${scope}, which holds everywhere`,
    });
  }
}

/** Whether a right covers a scope somewhere, whatever the workspace. */
export function coversScope(held: Triple, wanted: ParsedScope): boolean {
  return (
    held.scope === wanted.scope &&
    (held.workflowId === undefined || held.workflowId === wanted.workflowId)
  );
}

/** The workspaces in which rights cover a scope: all where it is undefined. */
function workspacesOf(
  held: readonly Triple[],
  scope: ParsedScope,
): string[] | undefined {
  const workspaces = new Set<string>();
  for (const triple of held) {
    if (!coversScope(triple, scope)) continue;
    if (triple.workspace === undefined) return undefined;
    workspaces.add(triple.workspace);
  }
  return [...workspaces].sort();
}

/**
 * The grants that a request for scopes stands for: in the workspaces that it names or, where it names none, each scope in those
 * where the minter holds it. They may be more than the minter holds; {@link requireHeld} says so.
 */
export function grantsFor(
  scopes: readonly ParsedScope[],
  workspaces: readonly string[] | undefined,
  held: readonly Triple[],
): Grant[] {
  if (workspaces) {
    return [
      { name: TOKEN_GRANT, scopes, workspaces: [...new Set(workspaces)] },
    ];
  }
  const grants = new Map<string, Grant>();
  for (const scope of scopes) {
    const where = held.some(triple => coversScope(triple, scope))
      ? workspacesOf(held, scope)
      : undefined;
    const key = JSON.stringify(where ?? null);
    const before = grants.get(key)?.scopes ?? [];
    grants.set(key, {
      name: TOKEN_GRANT,
      scopes: [...before, scope],
      workspaces: where,
    });
  }
  return [...grants.values()];
}

/** Whether the permission policy plainly denies a scope. */
function isDenied(
  decisions: PolicyDecisions | undefined,
  scope: OrchestratorScope,
): boolean {
  if (!decisions) return false;
  const decision = decisions.get(describeScope(scope).permission.name);
  return decision === undefined || decision.kind === 'none';
}

function plainScopes(parts: readonly ParsedScope[]): OrchestratorScope[] {
  return [...new Set(parts.map(({ scope }) => scope))].sort();
}

function list(names: Iterable<string>): string {
  const unique = [...new Set(names)].sort();
  const more = unique.length - MAX_NAMED;
  return `${unique.slice(0, MAX_NAMED).join(', ')}${
    more > 0 ? ` and ${more} more` : ''
  }`;
}

function writeTriple(triple: Triple): string {
  return `${writeScope(triple)} in ${
    triple.workspace === undefined
      ? 'all workspaces'
      : `workspace ${triple.workspace}`
  }`;
}

/**
 * Refuses grants that are more than the minter may pass on.
 *
 * @param decisions - what the permission policy would decide for the new secret; absent where it has no say
 * @throws OrchestratorError `auth.missing_scope`, `auth.policy_denied` or `auth.workspace_forbidden`, in this order, naming the excess;
 *   `request.invalid` where they are too many
 */
export function requireHeld(
  grants: readonly Grant[],
  held: MintingRights['triples'],
  decisions: PolicyDecisions | undefined,
): void {
  const wanted = triplesOf(grants);
  if (wanted.length > MAX_TRIPLES) {
    throw invalidRequest([
      {
        path: 'body/scopes',
        message: `must span at most ${MAX_TRIPLES} pairs of a scope and a workspace`,
      },
    ]);
  }
  const missing = wanted.filter(
    triple => !held.some(one => coversScope(one, triple)),
  );
  if (missing.length > 0) {
    throw new OrchestratorError(
      'auth.missing_scope',
      `A token cannot have more than who mints it: ${list(
        missing.map(writeScope),
      )}`,
      { requiredScopes: plainScopes(missing) },
    );
  }
  const denied = wanted.filter(({ scope }) => isDenied(decisions, scope));
  if (denied.length > 0) {
    throw new OrchestratorError(
      'auth.policy_denied',
      `The permission policy does not allow this: ${list(
        denied.map(writeScope),
      )}`,
    );
  }
  const excess = excessOf(wanted, held);
  if (excess.length > 0) {
    throw new OrchestratorError(
      'auth.workspace_forbidden',
      `A token cannot have more than who mints it: ${list(
        excess.map(writeTriple),
      )}`,
    );
  }
}
