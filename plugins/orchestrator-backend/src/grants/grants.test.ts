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
import {
  orchestratorScopes,
  parseScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import fc from 'fast-check';
import { readAuthConfig } from '../config/readAuthConfig';
import { includesWorkflow } from './criteria';
import type { PrincipalFacts } from './facts';
import {
  criteriaOf,
  excessOf,
  limitGrants,
  triplesOf,
  writeScope,
  type Grant,
} from './Grant';
import { GrantBook } from './GrantBook';
import { narrowedGrants } from './GrantLayers';

// To start a backend or make a database can take its time on a busy machine.
jest.setTimeout(60_000);

const workflowIds = ['deploy', 'nightly', 'report'];
const workspaces = ['payments', 'default'];

const parsedScope = fc
  .record({
    scope: fc.constantFrom(...orchestratorScopes.map(entry => entry.scope)),
    workflowId: fc.option(fc.constantFrom(...workflowIds), { nil: undefined }),
  })
  .map(({ scope, workflowId }) =>
    workflowId === undefined ? { scope } : { scope, workflowId },
  );

const grant: fc.Arbitrary<Grant> = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  scopes: fc.array(parsedScope, { maxLength: 4 }),
  workspaces: fc.option(
    fc.array(fc.constantFrom(...workspaces), { maxLength: 2 }),
    {
      nil: undefined,
    },
  ),
});

/** Everything that grants allow, one by one: the meaning that all other forms must agree with. */
function rightsOf(grants: readonly Grant[]): Set<string> {
  const rights = new Set<string>();
  for (const { scope } of orchestratorScopes) {
    for (const workflowId of [...workflowIds, 'other']) {
      for (const workspace of [...workspaces, 'other']) {
        const held = grants.some(
          one =>
            (one.workspaces === undefined ||
              one.workspaces.includes(workspace)) &&
            one.scopes.some(
              s =>
                s.scope === scope &&
                (s.workflowId === undefined || s.workflowId === workflowId),
            ),
        );
        if (held) rights.add(`${scope} ${workflowId} ${workspace}`);
      }
    }
  }
  return rights;
}

const isSubset = (part: Set<string>, whole: Set<string>) =>
  [...part].every(x => whole.has(x));

describe('grants', () => {
  it('give by triples, never list by list', () => {
    const grants = [
      {
        name: 'run',
        scopes: [{ scope: 'workflows:execute' as const }],
        workspaces: ['payments'],
      },
      { name: 'read', scopes: [{ scope: 'workflows:read' as const }] },
    ];
    const execute = criteriaOf(triplesOf(grants), 'workflows:execute');
    expect(
      includesWorkflow(execute, { workflowId: 'x', workspace: 'payments' }),
    ).toBe(true);
    expect(
      includesWorkflow(execute, { workflowId: 'x', workspace: 'default' }),
    ).toBe(false);
  });

  it('law: criteria hold exactly where the triples say so', () => {
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 4 }), grants => {
        const rights = rightsOf(grants);
        const triples = triplesOf(grants);
        for (const { scope } of orchestratorScopes) {
          const criteria = criteriaOf(triples, scope);
          for (const workflowId of [...workflowIds, 'other']) {
            for (const workspace of [...workspaces, 'other']) {
              expect(
                includesWorkflow(criteria, { workflowId, workspace }),
              ).toBe(rights.has(`${scope} ${workflowId} ${workspace}`));
            }
          }
        }
      }),
    );
  });

  it('law: a removed scope, workspace or grant never adds a right', () => {
    fc.assert(
      fc.property(
        fc.array(grant, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (grants, pick) => {
          const all = rightsOf(grants);
          const index = pick % grants.length;
          const without = grants.filter((_, i) => i !== index);
          expect(isSubset(rightsOf(without), all)).toBe(true);
          const fewerScopes = grants.map((one, i) =>
            i === index ? { ...one, scopes: one.scopes.slice(1) } : one,
          );
          expect(isSubset(rightsOf(fewerScopes), all)).toBe(true);
          const fewerPlaces = grants.map((one, i) =>
            i === index
              ? { ...one, workspaces: (one.workspaces ?? workspaces).slice(1) }
              : one,
          );
          expect(isSubset(rightsOf(fewerPlaces), all)).toBe(true);
        },
      ),
    );
  });

  it('law: a limit gives exactly what is in the grants and in the limit', () => {
    fc.assert(
      fc.property(
        fc.array(grant, { maxLength: 4 }),
        fc.array(parsedScope, { maxLength: 4 }),
        (grants, scopes) => {
          const limited = rightsOf(limitGrants(grants, { scopes }));
          const limit = rightsOf([{ name: 'limit', scopes }]);
          const expected = [...rightsOf(grants)].filter(right =>
            limit.has(right),
          );
          expect([...limited].sort()).toEqual(expected.sort());
        },
      ),
    );
  });

  it('law: nothing is in excess of what holds at least the same rights', () => {
    fc.assert(
      fc.property(
        fc.array(grant, { maxLength: 3 }),
        fc.array(grant, { maxLength: 3 }),
        (wanted, held) => {
          const excess = excessOf(triplesOf(wanted), triplesOf(held));
          expect(
            excess.length > 0 || isSubset(rightsOf(wanted), rightsOf(held)),
          ).toBe(true);
          expect(
            excessOf(triplesOf(wanted), triplesOf([...held, ...wanted])),
          ).toEqual([]);
        },
      ),
    );
  });

  it('narrow by the permission names and actions of an external token', () => {
    const all = [
      {
        name: 'all',
        scopes: orchestratorScopes.map(({ scope }) => ({ scope })),
      },
    ];
    const scopes = (limit: object) =>
      limitGrants(all, limit).flatMap(one => one.scopes.map(writeScope));
    expect(scopes({ actions: ['read'] })).toEqual([
      'workflows:read',
      'instances:read',
      'instances:admin',
      'tokens:read',
      'audit:read',
    ]);
    expect(scopes({ permissionNames: ['orchestrator.workflow.use'] })).toEqual([
      'workflows:execute',
      'instances:write',
    ]);
    expect(
      scopes({
        permissionNames: ['orchestrator.workflow'],
        actions: ['update'],
      }),
    ).toEqual([]);
  });
});

describe('parseScope', () => {
  it('reads plain and narrowed scopes, and nothing else', () => {
    expect(parseScope('workflows:execute')).toEqual({
      scope: 'workflows:execute',
    });
    expect(parseScope('workflows:execute:a.b-c')).toEqual({
      scope: 'workflows:execute',
      workflowId: 'a.b-c',
    });
    for (const text of [
      '',
      'workflows',
      'workflows:*',
      'workflows:execute:',
      'workflows:execute:..',
      'workflows:execute:a:b',
      'WORKFLOWS:EXECUTE',
      ' workflows:execute',
    ]) {
      expect(parseScope(text)).toBeUndefined();
    }
  });
});

describe('GrantBook', () => {
  const book = (auth: JsonObject, logger = mockServices.logger.mock()) =>
    new GrantBook(
      readAuthConfig(new ConfigReader({ orchestrator: { auth } })),
      logger,
    );
  const facts = (
    more: Partial<PrincipalFacts> & Pick<PrincipalFacts, 'type' | 'ref'>,
  ) => ({
    groups: [],
    ...more,
  });
  const names = (auth: JsonObject, who: PrincipalFacts) =>
    narrowedGrants(book(auth).resolve(who)).map(one => one.name);

  const alice = facts({
    type: 'user',
    ref: 'user:default/alice',
    groups: ['group:default/contractors'],
  });
  const plugin = facts({ type: 'plugin', ref: 'plugin:nightly' });
  const external = facts({ type: 'external', ref: 'external:ci' });
  const anonymous = facts({ type: 'anonymous', ref: 'anonymous' });

  it('gives the built-in defaults to whom no grant matches', () => {
    expect(names({}, alice)).toEqual(['(defaults)']);
    expect(names({}, plugin)).toEqual(['(defaults)']);
    expect(names({}, external)).toEqual([]);
    expect(names({}, { ...external, accessRestrictions: {} })).toEqual([
      '(defaults)',
    ]);
    expect(names({}, anonymous)).toEqual([]);
    expect(names({ defaults: false }, alice)).toEqual([]);
    expect(
      names({}, facts({ type: 'plugin', ref: 'plugin:scaffolder' })),
    ).toEqual([]);
    expect(
      names({}, facts({ type: 'plugin', ref: 'plugin:mcp-actions' })),
    ).toEqual([]);
  });

  it('matches only principals of the named kind', () => {
    const auth = {
      grants: {
        user: { match: { user: 'alice' }, scopes: ['workflows:read'] },
        plugin: { match: { plugin: 'nightly' }, scopes: ['workflows:read'] },
        external: { match: { external: 'ci' }, scopes: ['workflows:read'] },
        anonymous: { match: { anonymous: true }, scopes: ['workflows:read'] },
        both: {
          match: { user: 'alice', group: 'contractors' },
          scopes: ['workflows:read'],
        },
        neither: {
          match: { user: 'alice', group: 'staff' },
          scopes: ['workflows:read'],
        },
      },
    } as JsonObject;
    expect(names(auth, alice)).toEqual(['user', 'both']);
    expect(names(auth, plugin)).toEqual(['plugin']);
    expect(names(auth, external)).toEqual(['external']);
    expect(names({ ...auth, mode: 'optional' }, anonymous)).toEqual([
      'anonymous',
    ]);
    // What an external caller calls itself never makes it another kind.
    expect(
      names(auth, facts({ type: 'external', ref: 'external:plugin:nightly' })),
    ).toEqual([]);
  });

  it('gives anonymous callers the same in mode disabled whatever the grants say', () => {
    const auth = {
      mode: 'disabled',
      grants: {
        all: { match: { anonymous: true }, scopes: ['workflows:write'] },
      },
    } as JsonObject;
    expect(
      book(auth).resolve(anonymous).held![0].scopes.map(writeScope),
    ).toEqual([
      'workflows:read',
      'workflows:execute',
      'instances:read',
      'instances:write',
    ]);
  });

  it('logs an expression that fails once, and grants nothing by it', () => {
    const logger = mockServices.logger.mock();
    const auth = {
      grants: {
        claims: {
          match: { expression: 'principal.claims.team == "a"' },
          scopes: ['workflows:read'],
        },
        type: {
          match: {
            expression:
              'principal.type == "user" && "group:default/contractors" in principal.groups',
          },
          scopes: ['workflows:read'],
        },
      },
    } as JsonObject;
    const grants = book(auth, logger);
    expect(grants.resolve(alice).held!.map(one => one.name)).toEqual(['type']);
    grants.resolve(alice);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('shows an expression no more than it may see', () => {
    const auth = {
      defaults: false,
      grants: {
        any: { match: { expression: 'true' }, scopes: ['workflows:read'] },
      },
    } as JsonObject;
    const groups = (count: number) =>
      Array.from({ length: count }, (_, i) => `group:default/g${i}`);
    expect(names(auth, { ...alice, groups: groups(200) })).toEqual(['any']);
    expect(names(auth, { ...alice, groups: groups(201) })).toEqual([]);
    expect(names(auth, { ...alice, email: 'x'.repeat(4096) })).toEqual(['any']);
    expect(names(auth, { ...alice, email: 'x'.repeat(4097) })).toEqual([]);
  });
});
