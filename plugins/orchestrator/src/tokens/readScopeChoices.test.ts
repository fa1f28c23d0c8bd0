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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { SCOPES, WHOAMI } from '../__testUtils__/renderOrchestrator';
import { isHeld, readScopeChoices } from './readScopeChoices';

type Whoami = components['schemas']['Whoami'];

const whoami = (...scopes: string[][]): Whoami => ({
  ...WHOAMI,
  grants: scopes.map((list, index) => ({
    name: `grant-${index}`,
    scopes: list,
    workspaces: 'all',
  })),
});

describe('readScopeChoices', () => {
  it('offers what is held, in the order of the catalogue, and nothing else', () => {
    expect(readScopeChoices(SCOPES, WHOAMI).map(({ scope }) => scope)).toEqual([
      'workflows:read',
      'workflows:execute',
      'instances:read',
      'tokens:read',
      'tokens:write',
    ]);
  });

  it('offers of a scope that is held for some workflows those only', () => {
    const choices = readScopeChoices(
      SCOPES,
      whoami(
        ['workflows:read', 'workflows:execute:refund'],
        ['workflows:execute:nightly', 'workflows:read:nightly'],
      ),
    );
    expect(choices.map(({ scope }) => scope)).toEqual([
      'workflows:read',
      'workflows:execute:nightly',
      'workflows:execute:refund',
    ]);
    expect(choices[2].description).toBe('Start runs (workflow refund only)');
  });

  it('offers nothing that the catalogue says is not held', () => {
    const none = {
      scopes: SCOPES.scopes.map(entry => ({ ...entry, held: false })),
    };
    expect(readScopeChoices(none, WHOAMI)).toEqual([]);
    expect(isHeld(none, 'tokens:read')).toBe(false);
    expect(isHeld(SCOPES, 'tokens:read')).toBe(true);
    expect(isHeld(SCOPES, 'tokens:admin')).toBe(false);
    expect(isHeld(SCOPES, 'no:scope')).toBe(false);
  });
});
