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
  orchestratorScopes,
  type OrchestratorScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import fc from 'fast-check';
import {
  ALL,
  includesWorkflow,
  NONE,
  type WorkflowCriteria,
} from '../grants/criteria';
import type { Grant } from '../grants/Grant';
import { explainDecision, isPlainScope } from './explainDecision';
import { GrantedAccess } from './GrantedAccess';
import { Ownership } from './Ownership';
import { Rights } from './Rights';

const PAY = { workflowId: 'pay', workspace: 'payments' };

const scope = fc.constantFrom(
  ...orchestratorScopes
    .map(entry => entry.scope)
    .filter(one => !isPlainScope(one)),
);
const grant: fc.Arbitrary<Grant> = fc.record({
  name: fc.constant('grant'),
  scopes: fc.array(
    fc.record(
      { scope, workflowId: fc.constantFrom('pay', 'report') },
      { requiredKeys: ['scope'] },
    ),
    { minLength: 1, maxLength: 4 },
  ),
  workspaces: fc.constantFrom(undefined, ['payments'], ['default']),
});
const criteria = fc.constantFrom<WorkflowCriteria>(
  ALL,
  NONE,
  { kind: 'ids', values: ['pay'] },
  { kind: 'ids', values: ['report'] },
);
/** What the permission policy says, by permission. */
const policy = fc.record({
  'orchestrator.workflow': criteria,
  'orchestrator.workflow.use': criteria,
  'orchestrator.workflow.write': criteria,
  'orchestrator.instanceAdminView': criteria,
});

function accessOf(grants: Grant[], decisions: Record<string, unknown>) {
  return new GrantedAccess({
    caller: {
      principal: { type: 'user', ref: 'user:default/alice' },
      memory: {},
    },
    rights: new Rights({ held: grants }),
    sources: {
      policy: {
        ask: async (_principal, _memory, { name }) =>
          decisions[name] as WorkflowCriteria,
      },
      ownership: new Ownership({
        memberships: { of: async () => [] } as never,
        groupsWithRuns: async () => new Set(),
      }),
      snapshots: {} as never,
    },
    origin: { method: 'POST', path: '/' },
  });
}

/** The explanation for the workflow, and the one for an unknown workflow with the same id. */
async function both(access: GrantedAccess, asked: OrchestratorScope) {
  const question = { scope: asked, workflowId: 'pay', isPolicyKnown: true };
  return [
    await explainDecision(access, { ...question, workflow: PAY }),
    await explainDecision(access, question),
  ];
}

describe('an explanation', () => {
  it('is the same for a workflow that may not be known as for one that does not exist', async () => {
    let hidden = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(grant, { minLength: 1, maxLength: 3 }),
        policy,
        scope,
        async (grants, decisions, asked) => {
          const access = accessOf(grants, decisions);
          const [known, unknown] = await both(access, asked);
          const runs = await access.runs('instances:read');
          const isVisible =
            known.decision === 'allow' ||
            includesWorkflow(await access.workflows('workflows:read'), PAY) ||
            // Who may read the runs of a workflow knows of it by them.
            includesWorkflow(runs.workflows, PAY);
          if (!isVisible) hidden += 1;
          const isSame = JSON.stringify(known) === JSON.stringify(unknown);
          return isVisible || isSame;
        },
      ),
      { numRuns: 2_000 },
    );
    expect(hidden).toBeGreaterThan(100);
  });

  it('names the workspace to who may read the workflow', async () => {
    const grants: Grant[] = [
      {
        name: 'grant',
        scopes: [{ scope: 'workflows:read' }, { scope: 'workflows:execute' }],
      },
    ];
    const access = accessOf(grants, {
      'orchestrator.workflow': ALL,
      'orchestrator.workflow.use': NONE,
    });
    const [known] = await both(access, 'workflows:execute');
    expect(known).toMatchObject({
      decision: 'deny',
      code: 'auth.policy_denied',
    });
    expect(known.layers).toContainEqual({
      layer: 'workspace',
      outcome: 'allow',
      detail: 'workflows:execute is given in the workspace payments',
    });
  });
});
