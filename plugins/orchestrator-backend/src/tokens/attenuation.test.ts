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

import { TestDatabases } from '@backstage/backend-test-utils';
import fc from 'fast-check';
import { AddressRanges } from '../addresses/AddressRanges';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import { allOf, includesWorkflow } from '../grants/criteria';
import { excessOf, triplesOf, type Grant } from '../grants/Grant';
import type { PolicyDecisions } from '../grants/PolicyDecisions';
import { MINTED_AT } from './__testUtils__/someTokens';
import {
  callerAccess,
  createTokenFixture,
  grant,
} from './__testUtils__/tokenFixture';
import type { TokenRecord } from './StoredToken';

// To make a database can take its time on a busy machine.
jest.setTimeout(120_000);

const GROUP = 'group:default/a';
const WORKSPACES = ['default', 'payments', 'shop'];
const NETWORKS = [
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.3/32',
  '::/0',
  '0.0.0.0/0',
];
const SCOPES = [
  'workflows:read',
  'workflows:read:deploy',
  'workflows:execute',
  'workflows:execute:deploy',
  'workflows:execute:report',
  'instances:admin',
  'tokens:admin',
  'audit:read',
];

const scopesArbitrary = fc.uniqueArray(fc.constantFrom(...SCOPES), {
  minLength: 1,
  maxLength: 4,
});
const workspacesArbitrary = fc.option(
  fc.uniqueArray(fc.constantFrom(...WORKSPACES), { minLength: 1 }),
  { nil: undefined },
);
const networksArbitrary = fc.option(
  fc.uniqueArray(fc.constantFrom(...NETWORKS), { minLength: 1, maxLength: 3 }),
  { nil: undefined },
);

/** What the caller at the head of a chain holds. */
const headArbitrary = fc.record({
  grants: fc.array(
    fc
      .tuple(scopesArbitrary, workspacesArbitrary)
      .map(([scopes, workspaces]) => grant(scopes, workspaces)),
    { minLength: 1, maxLength: 4 },
  ),
  allowed: networksArbitrary,
  use: fc.option(fc.uniqueArray(fc.constantFrom('deploy', 'report', 'other')), {
    nil: undefined,
  }),
});

const stepArbitrary = fc.record({
  does: fc.constantFrom('create', 'create', 'rotate'),
  kind: fc.constantFrom('service', 'personal', 'group', 'trigger'),
  scopes: fc.oneof(scopesArbitrary, fc.constant(undefined)),
  workspaces: workspacesArbitrary,
  allowedCidrs: networksArbitrary,
  expiresInSeconds: fc.option(fc.integer({ min: 60, max: 5_000 }), {
    nil: undefined,
  }),
  /** Seconds until the step. */
  wait: fc.integer({ min: 0, max: 100 }),
});

type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** What somebody may pass on. */
interface Held {
  readonly grants: readonly Grant[];
  readonly decisions?: PolicyDecisions;
  readonly expiresAt?: number;
  readonly allowed?: readonly string[];
}

const USE = 'orchestrator.workflow.use';

/** The workflows that decisions allow to start, of those that there are. */
function usable(decisions: PolicyDecisions | undefined): string[] {
  const criteria = decisions?.get(USE) ?? allOf([]);
  return ['deploy', 'report', 'other'].filter(workflowId =>
    includesWorkflow(criteria, { workflowId, workspace: 'default' }),
  );
}

function expectNoMore(child: Held, parent: Held): void {
  expect(excessOf(triplesOf(child.grants), triplesOf(parent.grants))).toEqual(
    [],
  );
  expect(child.expiresAt).toBeLessThanOrEqual(parent.expiresAt ?? Infinity);
  if (parent.allowed) {
    const all = AddressRanges.parse(parent.allowed);
    expect(all.includes(AddressRanges.parse(child.allowed!))).toBe(true);
  }
}

function heldBy({ token, secrets: [secret] }: TokenRecord): Held {
  const { expiresAt, decisions, grants } = secret;
  return { grants, decisions, expiresAt, allowed: token.allowedCidrs };
}

/** The token as a caller: what the gate makes of it. A personal one's owner holds no less than it does. */
function callerOf(record: TokenRecord, decisions?: PolicyDecisions): Access {
  const { token } = record;
  const isPersonal = token.kind === 'personal';
  return callerAccess({
    ref: isPersonal ? token.owner : `token:${token.id}`,
    tokenId: token.id,
    kind: token.kind,
    groups: isPersonal ? [GROUP] : [],
    ...heldBy(record),
    ...(isPersonal ? { decisions } : {}),
  });
}

describe('a chain of tokens, each minted by the one before', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

  it('never gets stronger, longer-lived, or usable from elsewhere', async () => {
    const { minter, rotator, records, time } = await createTokenFixture(
      await databases.init('SQLITE_3'),
    );
    let names = 0;
    let made = 0;
    let refused = 0;

    const take = (caller: Access, before: string | undefined, step: Step) => {
      const { does, kind, scopes, workspaces, expiresInSeconds } = step;
      if (does === 'rotate' && before !== undefined) {
        const request = { scopes, workspaces, expiresInSeconds };
        return rotator.rotate(caller, before, request);
      }
      names += 1;
      const isTrigger = kind === 'trigger';
      return minter.create(caller, {
        kind: kind as 'service',
        name: `Number ${names}`,
        scopes: isTrigger ? undefined : scopes ?? ['workflows:read'],
        workspaces: isTrigger ? undefined : workspaces,
        owner: kind === 'group' ? GROUP : undefined,
        workflowId: isTrigger ? 'deploy' : undefined,
        allowedCidrs: step.allowedCidrs,
        expiresInSeconds,
      });
    };

    await fc.assert(
      fc.asyncProperty(
        headArbitrary,
        fc.array(stepArbitrary, { minLength: 1, maxLength: 6 }),
        async ({ grants, allowed, use }, steps) => {
          time.now = MINTED_AT;
          const ownersDecisions: PolicyDecisions | undefined =
            use &&
            new Map(
              [
                'orchestrator.workflow',
                'orchestrator.instanceAdminView',
                'orchestrator.token.admin',
                'orchestrator.audit.read',
                USE,
              ].map(name => [
                name,
                name === USE ? { kind: 'ids', values: use } : allOf([]),
              ]),
            );
          let held: Held = { grants, allowed, decisions: ownersDecisions };
          let caller = callerAccess({ ...held, groups: [GROUP] });
          let before: string | undefined;
          for (const step of steps) {
            time.now += step.wait * 1_000;
            const { id, error } = await take(caller, before, step).then(
              ({ token }) => ({ id: token.id, error: undefined }),
              thrown => ({ id: undefined, error: thrown as unknown }),
            );
            // Whatever is asked for, it is the request that is at fault.
            const isFault =
              error instanceof OrchestratorError && error.status < 500;
            expect(isFault ? undefined : error).toBeUndefined();
            if (id === undefined) {
              refused += 1;
              continue;
            }
            made += 1;
            const record = (await records.find(id, 30_000))!;
            const child = heldBy(record);
            expectNoMore(child, held);
            const usableBefore = usable(held.decisions ?? ownersDecisions);
            // A personal token carries no decisions: it lives by what its owner's are.
            const isPersonal = record.token.kind === 'personal';
            const usableNow = isPersonal ? [] : usable(child.decisions);
            expect(usableBefore).toEqual(expect.arrayContaining(usableNow));
            held = child;
            caller = callerOf(record, ownersDecisions);
            before = id;
          }
        },
      ),
      { numRuns: 300 },
    );
    // The property says nothing where nothing is made.
    expect(made).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });
});
