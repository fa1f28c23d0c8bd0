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

import { writeScope } from '../grants/Grant';
import type { AuthConfig, GrantMatch } from './AuthConfig';

function describeMatch(match: GrantMatch): string {
  const parts = Object.entries(match).map(([key, value]) =>
    typeof value === 'string' ? `${key} ${value}` : key,
  );
  return parts.join(' and ');
}

/**
 * What the configuration gives to whom, a line each, for the log at start. Backstage drops a key whose value is empty or comes
 * from a variable that is not set, and what is absent is the widest: only an operator can tell whether that was meant.
 */
export function describeGrants(config: AuthConfig): string[] {
  const { mode, defaults, admins, grants, actors } = config;
  return [
    `Authentication is ${mode}; the built-in defaults are ${
      defaults ? 'on' : 'off'
    }; administrators: ${admins.join(', ') || 'none'}`,
    ...grants.map(
      ({ name, match, scopes, workspaces }) =>
        `Grant ${name}: ${describeMatch(match)} holds ${scopes
          .map(writeScope)
          .join(', ')} in ${
          workspaces ? `[${workspaces.join(', ')}]` : 'all workspaces'
        }`,
    ),
    ...[...actors].map(
      ([id, scopes]) =>
        `Calls through plugin ${id} on behalf of users are capped to [${scopes
          .map(writeScope)
          .join(', ')}]`,
    ),
  ];
}
