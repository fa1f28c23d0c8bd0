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
import type { JsonObject } from '@backstage/types';
import { readAuthConfig } from '../config/readAuthConfig';
import { grantsHash } from './grantsHash';

function hashOf(auth: JsonObject): string {
  return grantsHash(
    readAuthConfig(new ConfigReader({ orchestrator: { auth } })),
  );
}

function withGrant(grant: JsonObject): JsonObject {
  const team = {
    match: { group: 'team', expression: 'principal.ref != ""' },
    scopes: ['workflows:read'],
    workspaces: ['payments'],
    ...grant,
  };
  return { grants: { team } };
}

function withBootstrap(bootstrap: JsonObject): JsonObject {
  return {
    bootstrap: {
      token: 'x'.repeat(40),
      scopes: ['tokens:admin'],
      expiresAt: '2026-12-31T00:00:00Z',
      ...bootstrap,
    },
  };
}

describe('grantsHash', () => {
  it('is the same for what gives the same', () => {
    expect(hashOf({})).toBe(hashOf({ mode: 'required', defaults: true }));
    expect(hashOf(withGrant({}))).toBe(hashOf(withGrant({})));
    expect(hashOf({})).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is another one for whatever gives something else', () => {
    const hashes = [
      {},
      { mode: 'disabled' },
      { defaults: false },
      { admins: ['group:default/admins'] },
      { actors: { 'mcp-actions': { scopes: ['workflows:read'] } } },
      withGrant({}),
      withGrant({ workspaces: [] }),
      withGrant({ scopes: ['workflows:read:greet'] }),
      withGrant({ match: { group: 'team' } }),
      withGrant({
        match: { group: 'team', expression: 'principal.ref != "a"' },
      }),
      withBootstrap({}),
      withBootstrap({ scopes: ['audit:read'] }),
      withBootstrap({ expiresAt: '2027-12-31T00:00:00Z' }),
    ].map(auth => hashOf(auth));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('says nothing of the bootstrap token itself', () => {
    expect(hashOf(withBootstrap({}))).toBe(
      hashOf(withBootstrap({ token: 'y'.repeat(40) })),
    );
  });
});
