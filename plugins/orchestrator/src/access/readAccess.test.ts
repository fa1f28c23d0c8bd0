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

import { holdsScope, readHeldScopes, readMissingScopes } from './readAccess';

const whoami = {
  authenticated: true,
  principal: { type: 'user' as const, ref: 'user:default/bob' },
  grants: [
    {
      name: 'payments-team',
      scopes: ['workflows:execute', 'workflows:read'],
      workspaces: ['payments'],
    },
    { name: 'readers', scopes: ['workflows:read'], workspaces: 'all' as const },
    {
      name: 'one',
      scopes: ['workflows:execute:weather', 'future:scope'],
      workspaces: ['platform'],
    },
  ],
  scopes: [],
};

describe('readHeldScopes', () => {
  it('says which grants give a scope, in the order of the catalogue', () => {
    expect(
      readHeldScopes(whoami).map(({ scope, grants }) => [
        scope,
        grants.map(grant => grant.name),
      ]),
    ).toEqual([
      ['workflows:read', ['payments-team', 'readers']],
      ['workflows:execute', ['payments-team']],
      ['workflows:execute:weather', ['one']],
      ['future:scope', ['one']],
    ]);
  });

  it('says where a grant holds, and for which workflow', () => {
    const [read, , narrowed] = readHeldScopes(whoami);
    expect(read.grants.map(grant => grant.workspaces)).toEqual([
      ['payments'],
      'all',
    ]);
    expect(narrowed.description).toBe('Start runs (workflow weather only)');
  });
});

describe('readMissingScopes', () => {
  it('names what no grant gives, narrowed or not', () => {
    expect(readMissingScopes(whoami).map(({ scope }) => scope)).toEqual([
      'workflows:write',
      'instances:read',
      'instances:write',
      'instances:admin',
      'tokens:read',
      'tokens:write',
      'tokens:admin',
      'audit:read',
    ]);
  });
});

describe('holdsScope', () => {
  it('asks for the scope and the workspace in one grant', () => {
    const holds = (workflowId: string, workspace?: string) =>
      holdsScope(whoami, 'workflows:execute', { workflowId, workspace });
    expect(holds('refund', 'payments')).toBe(true);
    // Read in all workspaces and execute in one is not execute in all.
    expect(holds('refund', 'platform')).toBe(false);
    expect(holds('weather', 'platform')).toBe(true);
    expect(holds('weather', 'operations')).toBe(false);
    expect(holds('refund')).toBe(false);
  });
});
