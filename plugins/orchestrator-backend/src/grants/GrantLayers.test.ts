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
  parseScope,
  type ParsedScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import fc from 'fast-check';
import { excessOf, intersectGrants, triplesOf, type Grant } from './Grant';
import { narrowedGrants } from './GrantLayers';
import { readGrants, writeGrants } from './storedGrants';

const scope = fc
  .constantFrom(
    'workflows:read',
    'workflows:execute',
    'workflows:execute:a',
    'workflows:execute:b',
    'instances:read:a',
    'tokens:write',
  )
  .map(text => parseScope(text) as ParsedScope);

const grant: fc.Arbitrary<Grant> = fc.record({
  name: fc.constantFrom('one', 'two'),
  scopes: fc.array(scope, { minLength: 1, maxLength: 4 }),
  workspaces: fc.option(
    fc.array(fc.constantFrom('payments', 'default', 'ops'), { maxLength: 3 }),
    { nil: undefined },
  ),
});

const grants = fc.array(grant, { maxLength: 4 });

/** Every single right that could be asked for. */
const EVERYTHING = triplesOf([
  {
    name: '',
    scopes: [
      'workflows:read',
      'workflows:execute:a',
      'workflows:execute:b',
      'workflows:execute:c',
      'instances:read:a',
      'instances:read:b',
      'tokens:write',
    ].map(text => parseScope(text) as ParsedScope),
    workspaces: ['payments', 'default', 'ops', 'other'],
  },
]);

const rightsOf = (held: readonly Grant[]) =>
  EVERYTHING.filter(right => excessOf([right], triplesOf(held)).length === 0);

describe('grants that meet', () => {
  it('give exactly the rights that both give', () => {
    fc.assert(
      fc.property(grants, grants, (one, other) => {
        const both = new Set(rightsOf(other));
        expect(rightsOf(intersectGrants(one, other))).toEqual(
          rightsOf(one).filter(right => both.has(right)),
        );
      }),
    );
  });

  it('are never more than any layer', () => {
    fc.assert(
      fc.property(grants, grants, grants, (held, token, cap) => {
        const layers = {
          held,
          token,
          actor: { scopes: cap.flatMap(({ scopes }) => scopes) },
        };
        const left = triplesOf(narrowedGrants(layers));
        expect(excessOf(left, triplesOf(held))).toEqual([]);
        expect(excessOf(left, triplesOf(token))).toEqual([]);
        expect(
          left.every(({ scope: name }) =>
            layers.actor.scopes.some(capped => capped.scope === name),
          ),
        ).toBe(true);
      }),
    );
  });

  it('are those of the token alone where nothing is granted by the configuration', () => {
    fc.assert(
      fc.property(grants, token => {
        expect(narrowedGrants({ token })).toEqual(token);
      }),
    );
    expect(narrowedGrants({})).toEqual([]);
  });
});

describe('grants in a table', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(grants, held => {
        expect(triplesOf(readGrants(writeGrants(held)))).toEqual(
          triplesOf(held),
        );
      }),
    );
  });

  it('lose scopes that are not known any more, and nothing else', () => {
    expect(
      readGrants(
        '[{"scopes":["workflows:fly","workflows:read"],"workspaces":["a"]}]',
      ),
    ).toEqual([
      {
        name: '(token)',
        scopes: [{ scope: 'workflows:read' }],
        workspaces: ['a'],
      },
    ]);
  });
});
