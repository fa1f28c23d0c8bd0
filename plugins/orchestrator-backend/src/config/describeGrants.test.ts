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

import { ConfigReader } from '@backstage/config';
import { describeGrants } from './describeGrants';
import { readAuthConfig } from './readAuthConfig';

describe('describeGrants', () => {
  it('says who holds what, and where', () => {
    const config = readAuthConfig(
      new ConfigReader({
        orchestrator: {
          auth: {
            admins: ['group:default/platform-admins'],
            actors: { 'mcp-actions': { scopes: ['workflows:read'] } },
            grants: {
              team: {
                match: { group: 'team', expression: 'principal.ref != ""' },
                scopes: ['workflows:read', 'workflows:execute:deploy'],
                workspaces: ['payments'],
              },
              ci: { match: { external: 'ci' }, scopes: ['workflows:read'] },
            },
          },
        },
      }),
    );
    expect(describeGrants(config)).toEqual([
      'Authentication is required; the built-in defaults are on; administrators: group:default/platform-admins',
      'Grant team: group group:default/team and expression holds workflows:read, workflows:execute:deploy in [payments]',
      'Grant ci: external ci holds workflows:read in all workspaces',
      'Calls through plugin mcp-actions on behalf of users are capped to [workflows:read]',
    ]);
  });
});
