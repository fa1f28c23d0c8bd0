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

import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import { orchestratorScopes } from '@flowgate/backstage-plugin-orchestrator-common';
import { readAuthConfig } from '../config/readAuthConfig';
import { GrantBook } from '../grants/GrantBook';
import { CallerRights } from './CallerRights';
import { Memberships } from './Memberships';
import type { Owners } from './Owners';
import type { Principal } from './Principal';

const ERIN = 'user:default/erin';
const CONTRACTORS = 'group:default/contractors';
const TEAM = 'group:default/team';

/** What erin's personal token, which allows all scopes, gives where the snapshot and the catalog have these groups. */
async function rightsOf(
  auth: JsonObject,
  groups: { readonly then: string[]; readonly now: string[] },
) {
  const config = readAuthConfig(new ConfigReader({ orchestrator: { auth } }));
  const owners = {
    find: async () => ({ memberOf: groups.now, email: 'erin@example.com' }),
  } as unknown as Owners;
  const now = () => 0;
  const memberships = new Memberships({
    userInfo: {} as never,
    owners,
    rememberMs: 0,
    now,
  });
  const rights = new CallerRights({
    book: new GrantBook(config, mockServices.logger.mock()),
    memberships,
    owners,
    rememberMs: 0,
    now,
  });
  const principal: Principal = {
    type: 'token',
    ref: ERIN,
    tokenId: 'aaaaaaaaaaaa',
    token: {
      kind: 'personal',
      owner: ERIN,
      grants: [
        {
          name: '(token)',
          scopes: orchestratorScopes.map(({ scope }) => ({ scope })),
        },
      ],
      snapshot: {
        refs: [ERIN, ...groups.then],
        decisions: new Map(),
        takenAt: 0,
      },
    },
  };
  return (await rights.of({ principal, memory: {} })).summary;
}

describe('the rights of a personal token', () => {
  const instead = {
    grants: {
      contractors: {
        match: { group: CONTRACTORS },
        scopes: ['workflows:read'],
      },
    },
  };
  const BOTH = ['workflows:read'];

  it.each([
    ['as the snapshot says', { then: [CONTRACTORS], now: [] }],
    ['as the catalog says', { then: [], now: [CONTRACTORS] }],
    ['as both say', { then: [CONTRACTORS], now: [CONTRACTORS] }],
  ])(
    'are not the defaults where a grant takes their place, %s',
    async (_, groups) => {
      expect((await rightsOf(instead, groups)).scopes).toEqual(BOTH);
    },
  );

  it('are the defaults where nobody says otherwise', async () => {
    const { grants } = await rightsOf(instead, { then: [TEAM], now: [] });
    expect(grants).toMatchObject([{ name: '(defaults)', workspaces: 'all' }]);
  });

  it.each([
    ['as the snapshot says', { then: [CONTRACTORS], now: [] }],
    ['as the catalog says', { then: [], now: [CONTRACTORS] }],
  ])(
    'are not what those have who are not in a group, %s',
    async (_, groups) => {
      const auth = {
        defaults: false,
        grants: {
          staff: {
            match: {
              expression: `principal.type == "user" && !("${CONTRACTORS}" in principal.groups)`,
            },
            scopes: ['workflows:execute'],
          },
        },
      };
      expect((await rightsOf(auth, groups)).scopes).toEqual([]);
      expect((await rightsOf(auth, { then: [], now: [] })).scopes).toEqual([
        'workflows:execute',
      ]);
    },
  );

  it.each([
    [{ then: [TEAM], now: [TEAM] }, ['payments']],
    [{ then: [TEAM], now: [] }, []],
    [{ then: [], now: [TEAM] }, []],
  ])('are those of the groups that both have: %j', async (groups, places) => {
    const auth = {
      defaults: false,
      grants: {
        team: {
          match: { group: TEAM },
          scopes: ['workflows:execute'],
          workspaces: ['payments'],
        },
      },
    };
    const { grants } = await rightsOf(auth, groups);
    expect(grants.flatMap(({ workspaces }) => workspaces)).toEqual(places);
  });
});
