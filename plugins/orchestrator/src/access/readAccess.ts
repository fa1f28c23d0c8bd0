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
  orchestratorScopes,
  parseScope,
  type components,
  type OrchestratorScope,
} from '@flowgate/backstage-plugin-orchestrator-common';

type Whoami = components['schemas']['Whoami'];

/** A scope that somebody holds, and the grants that give it. */
export interface HeldScope {
  /** As it is granted: plain, or narrowed to one workflow. */
  readonly scope: string;
  readonly description: string;
  readonly grants: readonly {
    name: string;
    workspaces: 'all' | readonly string[];
  }[];
}

/** What somebody holds and why, in the order of the catalogue; a scope that is new to this page comes last. */
export function readHeldScopes(whoami: Whoami): HeldScope[] {
  const held = new Map<string, HeldScope['grants'][number][]>();
  for (const grant of whoami.grants) {
    for (const scope of grant.scopes) {
      const grants = held.get(scope) ?? [];
      grants.push({
        name: grant.name,
        workspaces: grant.workspaces as 'all' | string[],
      });
      held.set(scope, grants);
    }
  }
  const order = orchestratorScopes.map(entry => entry.scope as string);
  const rank = (scope: string) => {
    const index = order.indexOf(parseScope(scope)?.scope ?? '');
    return index < 0 ? order.length : index;
  };
  return [...held]
    .map(([scope, grants]) => ({ scope, grants, description: describe(scope) }))
    .sort(
      (a, b) =>
        rank(a.scope) - rank(b.scope) || a.scope.localeCompare(b.scope, 'en'),
    );
}

/** The scopes of the catalogue that somebody holds nowhere. */
export function readMissingScopes(whoami: Whoami) {
  const held = new Set(
    whoami.grants.flatMap(grant =>
      grant.scopes.map(scope => parseScope(scope)?.scope),
    ),
  );
  return orchestratorScopes.filter(entry => !held.has(entry.scope));
}

/** Whether a grant gives a scope for a workflow. The permission policy may still say no. */
export function holdsScope(
  whoami: Whoami,
  scope: OrchestratorScope,
  workflow: { workflowId: string; workspace?: string },
): boolean {
  return whoami.grants.some(
    grant =>
      (grant.workspaces === 'all' ||
        grant.workspaces.includes(workflow.workspace ?? 'default')) &&
      (grant.scopes.includes(scope) ||
        grant.scopes.includes(`${scope}:${workflow.workflowId}`)),
  );
}

function describe(scope: string): string {
  const parsed = parseScope(scope);
  if (!parsed) return '';
  const { description } = describeScope(parsed.scope);
  return parsed.workflowId
    ? `${description} (workflow ${parsed.workflowId} only)`
    : description;
}
