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
  canBeNarrowed,
  EMPTY_DRAFT,
  findMissing,
  toCreateRequest,
  type TokenDraft,
} from './tokenDraft';

const draft = (part: Partial<TokenDraft>): TokenDraft => ({
  ...EMPTY_DRAFT,
  name: 'laptop',
  ...part,
});

describe('toCreateRequest', () => {
  it('leaves out what was not said', () => {
    expect(
      toCreateRequest(
        draft({ name: '  laptop ', scopes: ['workflows:read'], owner: 'x' }),
      ),
    ).toEqual({
      kind: 'personal',
      name: 'laptop',
      scopes: ['workflows:read'],
    });
  });

  it('says all that was said', () => {
    expect(
      toCreateRequest(
        draft({
          kind: 'group',
          description: ' of the team ',
          owner: 'group:default/platform',
          workflowId: 'left from another kind',
          scopes: ['workflows:read'],
          expiresInSeconds: 3600,
          allowedCidrs: ' 10.0.0.0/8, 2001:db8::/32\n203.0.113.7 ,',
        }),
      ),
    ).toEqual({
      kind: 'group',
      name: 'laptop',
      description: 'of the team',
      owner: 'group:default/platform',
      scopes: ['workflows:read'],
      expiresInSeconds: 3600,
      allowedCidrs: ['10.0.0.0/8', '2001:db8::/32', '203.0.113.7'],
    });
  });

  it('gives a trigger token its workflow and no scope', () => {
    expect(
      toCreateRequest(
        draft({
          kind: 'trigger',
          workflowId: 'weather',
          scopes: ['workflows:read'],
        }),
      ),
    ).toEqual({ kind: 'trigger', name: 'laptop', workflowId: 'weather' });
  });

  it('narrows what can be narrowed to each of the workflows, once', () => {
    const { scopes } = toCreateRequest(
      draft({
        scopes: [
          'workflows:execute',
          'instances:read:weather',
          'instances:read',
          'tokens:read',
        ],
        workflowIds: ['weather', 'refund'],
      }),
    );
    expect(scopes).toEqual([
      'workflows:execute:weather',
      'workflows:execute:refund',
      'instances:read:weather',
      'instances:read:refund',
      'tokens:read',
    ]);
  });
});

describe('canBeNarrowed', () => {
  it.each([
    ['workflows:execute', true],
    ['instances:admin', true],
    ['workflows:execute:weather', false],
    ['tokens:read', false],
    ['audit:read', false],
    ['unknown:scope', false],
  ])('%s: %s', (scope, expected) => {
    expect(canBeNarrowed(scope)).toBe(expected);
  });
});

describe('findMissing', () => {
  it.each([
    [draft({ name: ' ' }), ['name', 'scopes']],
    [draft({ scopes: ['workflows:read'] }), []],
    [draft({ kind: 'trigger' }), ['workflowId']],
    [draft({ kind: 'trigger', workflowId: 'weather' }), []],
    [draft({ kind: 'group' }), ['owner', 'scopes']],
  ])('%#', (form, fields) => {
    expect(Object.keys(findMissing(form)).sort()).toEqual(fields);
  });
});
