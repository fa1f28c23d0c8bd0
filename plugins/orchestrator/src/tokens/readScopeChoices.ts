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
  type components,
} from '@flowgate/backstage-plugin-orchestrator-common';

type Schemas = components['schemas'];

/** A scope that somebody can give to a token. */
export interface ScopeChoice {
  /** As it is written into the token: plain, or narrowed to one workflow. */
  readonly scope: string;
  readonly description: string;
}

/**
 * What somebody can give to a token, in the order of the catalogue: a scope as a whole where a grant gives all of it, else each
 * workflow that it is narrowed to. The backend has the last word; this only leaves out what it would refuse.
 */
export function readScopeChoices(
  catalogue: Schemas['ScopeList'],
  whoami: Schemas['Whoami'],
): ScopeChoice[] {
  const granted = new Set(whoami.grants.flatMap(grant => grant.scopes));
  return catalogue.scopes
    .filter(({ held }) => held)
    .flatMap(({ scope, description }) =>
      granted.has(scope)
        ? [{ scope, description }]
        : [...granted]
            .filter(entry => entry.startsWith(`${scope}:`))
            .sort((a, b) => a.localeCompare(b, 'en'))
            .map(entry => ({ scope: entry, description: describe(entry) })),
    );
}

/** Whether somebody holds a scope for anything at all. */
export function isHeld(catalogue: Schemas['ScopeList'], scope: string) {
  return catalogue.scopes.some(entry => entry.scope === scope && entry.held);
}

function describe(narrowed: string): string {
  const parsed = parseScope(narrowed);
  return parsed
    ? `${describeScope(parsed.scope).description} (workflow ${
        parsed.workflowId
      } only)`
    : '';
}
