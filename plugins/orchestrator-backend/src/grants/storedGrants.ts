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

import { parseScope } from '@flowgate/backstage-plugin-orchestrator-common';
import { writeScope, type Grant } from './Grant';

/** The name under which the grants of a managed token are shown. */
export const TOKEN_GRANT = '(token)';

interface StoredGrant {
  readonly scopes: readonly string[];
  readonly workspaces?: readonly string[];
}

/** The grants of a managed token as text for a table. */
export function writeGrants(grants: readonly Grant[]): string {
  return JSON.stringify(
    grants.map(
      ({ scopes, workspaces }): StoredGrant => ({
        scopes: scopes.map(writeScope),
        workspaces,
      }),
    ),
  );
}

/** Reads what {@link writeGrants} wrote. Scopes that are not known any more give nothing. */
export function readGrants(text: string): Grant[] {
  return (JSON.parse(text) as StoredGrant[]).map(({ scopes, workspaces }) => ({
    name: TOKEN_GRANT,
    scopes: scopes.flatMap(scope => parseScope(scope) ?? []),
    workspaces,
  }));
}
