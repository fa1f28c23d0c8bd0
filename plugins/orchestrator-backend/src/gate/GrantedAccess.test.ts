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
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  orchestratorWorkflowConditions,
  parseScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { RunFacts, WorkflowFacts } from '../grants/criteria';
import type { Grant } from '../grants/Grant';
import { GrantedAccess } from './GrantedAccess';
import { Ownership } from './Ownership';
import { PermissionPolicy } from './PermissionPolicy';
import { workflowPermissionRules } from './permissionRules';
import type { PrincipalType } from './Principal';
import { Rights } from './Rights';

const ALLOW: PolicyDecision = { result: AuthorizeResult.ALLOW };
const DENY: PolicyDecision = { result: AuthorizeResult.DENY };
const only = (workflowIds: string[]): PolicyDecision => ({
  result: AuthorizeResult.CONDITIONAL,
  pluginId: 'orchestrator',
  resourceType: 'orchestrator-workflow',
  conditions: orchestratorWorkflowConditions.isAllowedWorkflowId({
    workflowIds,
  }),
});

const grant = (
  name: string,
  scopes: string[],
  workspaces?: string[],
): Grant => ({
  name,
  scopes: scopes.map(scope => parseScope(scope)!),
  workspaces,
});

function setup(
  grants: Grant[],
  decisions: Record<string, PolicyDecision> = {},
  type: PrincipalType = 'user',
) {
  let now = 0;
  const authorizeConditional = jest.fn(
    async (queries: { permission: { name: string } }[]) =>
      queries.map(({ permission }) => decisions[permission.name] ?? ALLOW),
  );
  const policy = new PermissionPolicy({
    permissions: { authorizeConditional } as never,
    registry: {
      getPermissionRuleset: () => ({
        getRuleByName: (name: string) =>
          workflowPermissionRules.find(rule => rule.name === name) ??
          (() => {
            throw new Error(`no rule ${name}`);
          })(),
      }),
    } as never,
    rememberMs: 5_000,
    now: () => now,
  });
  const caller = {
    principal: {
      type,
      ref: type === 'anonymous' ? 'anonymous' : 'user:default/alice',
      credentials: {} as never,
    },
    memory: {},
  };
  const access = new GrantedAccess({
    caller,
    rights: new Rights({ held: grants }),
    sources: {
      policy,
      ownership: new Ownership({
        memberships: { of: async () => [] } as never,
        groupsWithRuns: async () => new Set(),
      }),
      snapshots: {} as never,
    },
    origin: { method: 'GET', path: '/' },
  });
  return {
    access,
    authorizeConditional,
    at: (time: number) => {
      now = time;
    },
  };
}

const deploy: WorkflowFacts = { workflowId: 'deploy', workspace: 'payments' };
const report: WorkflowFacts = { workflowId: 'report', workspace: 'default' };
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    error => error.code,
  );

describe('decisions on many runs', () => {
  const runs = ['user:default/alice', 'user:default/bob'].flatMap(ref =>
    [deploy, report].map(workflow => ({
      ...workflow,
      initiator: ref,
      owner: ref,
    })),
  );
  const usePermission = 'orchestrator.workflow.use';

  it.each<[string, Grant[], Record<string, PolicyDecision>, number]>([
    ['no grant', [grant('r', ['workflows:read'])], {}, 0],
    ['own runs', [grant('w', ['instances:write'])], {}, 2],
    ['one workflow', [grant('w', ['instances:write:deploy'])], {}, 1],
    ['one workspace', [grant('w', ['instances:write'], ['default'])], {}, 1],
    [
      "everybody's",
      [grant('w', ['instances:write', 'instances:admin'])],
      {},
      4,
    ],
    [
      'a policy with conditions',
      [grant('w', ['instances:write', 'instances:admin'])],
      { [usePermission]: only(['report']) },
      2,
    ],
    [
      'a policy that denies',
      [grant('w', ['instances:write'])],
      { [usePermission]: DENY },
      0,
    ],
  ])(
    'are those on each, with one question: %s',
    async (_what, grants, decisions, count) => {
      const { access, authorizeConditional } = setup(grants, decisions);
      const among = await access.runsAmong('instances:write', runs);
      expect(among).toHaveLength(count);
      expect(authorizeConditional.mock.calls.length).toBeLessThanOrEqual(1);
      for (const run of runs) {
        const decided = await code(access.decideRun('instances:write', run));
        expect([run, decided === 'ok']).toEqual([run, among.includes(run)]);
      }
    },
  );

  it('ask nobody where there is nothing to decide', async () => {
    const { access, authorizeConditional } = setup([]);
    expect(await access.runsAmong('instances:write', [])).toEqual([]);
    expect(authorizeConditional).not.toHaveBeenCalled();
  });
});

describe('decisions on a workflow', () => {
  it('first ask for a grant, then look whether the workflow exists', async () => {
    const { access } = setup([grant('r', ['workflows:read'])]);
    expect(await code(access.decideWorkflow('workflows:execute', deploy))).toBe(
      'auth.missing_scope',
    );
    expect(
      await code(access.decideWorkflow('workflows:execute', undefined)),
    ).toBe('auth.missing_scope');
  });

  it('answer the same for a workflow that a narrowed scope does not name', async () => {
    const { access } = setup([grant('x', ['workflows:execute:deploy'])]);
    expect(await code(access.decideWorkflow('workflows:execute', deploy))).toBe(
      'ok',
    );
    expect(await code(access.decideWorkflow('workflows:execute', report))).toBe(
      'auth.missing_scope',
    );
    expect(() =>
      access.requireScopes(['workflows:execute'], 'unknown'),
    ).toThrow('Missing required scope: workflows:execute');
  });

  it('then ask the policy', async () => {
    const { access } = setup([grant('x', ['workflows:execute'])], {
      'orchestrator.workflow.use': DENY,
    });
    expect(await code(access.decideWorkflow('workflows:execute', deploy))).toBe(
      'auth.policy_denied',
    );
    expect(
      await code(access.decideWorkflow('workflows:execute', undefined)),
    ).toBe('auth.policy_denied');
  });

  it('hide what the caller may not know of', async () => {
    const { access } = setup([
      grant('x', ['workflows:execute', 'workflows:read'], ['default']),
    ]);
    expect(await code(access.decideWorkflow('workflows:execute', deploy))).toBe(
      'workflow.not_found',
    );
    expect(
      await code(access.decideWorkflow('workflows:execute', undefined)),
    ).toBe('workflow.not_found');
    expect(await code(access.decideWorkflow('workflows:read', deploy))).toBe(
      'workflow.not_found',
    );
  });

  it('say so where it may be read but not executed', async () => {
    const { access } = setup([
      grant('x', ['workflows:execute'], ['default']),
      grant('r', ['workflows:read']),
    ]);
    expect(await code(access.decideWorkflow('workflows:execute', deploy))).toBe(
      'auth.workspace_forbidden',
    );
    expect(await code(access.decideWorkflow('workflows:execute', report))).toBe(
      'ok',
    );
  });

  it('tell a workflow that conditions exclude from use from one that they hide', async () => {
    const both = [grant('x', ['workflows:execute', 'workflows:read'])];
    const use = setup(both, { 'orchestrator.workflow.use': only(['report']) });
    expect(
      await code(use.access.decideWorkflow('workflows:execute', deploy)),
    ).toBe('auth.policy_denied');
    const hidden = setup(both, {
      'orchestrator.workflow.use': only(['report']),
      'orchestrator.workflow': only(['report']),
    });
    expect(
      await code(hidden.access.decideWorkflow('workflows:execute', deploy)),
    ).toBe('workflow.not_found');
    expect(await hidden.access.workflows('workflows:read')).toEqual({
      kind: 'ids',
      values: ['report'],
    });
  });

  it('tell an anonymous caller to present a token', async () => {
    const { access } = setup([], {}, 'anonymous');
    expect(await code(access.decideWorkflow('workflows:read', deploy))).toBe(
      'auth.missing_token',
    );
  });

  it('on a new one need the scope in its workspace', async () => {
    const { access } = setup([grant('w', ['workflows:write'], ['default'])]);
    expect(
      await code(access.decideNewWorkflow('workflows:write', report)),
    ).toBe('ok');
    expect(
      await code(access.decideNewWorkflow('workflows:write', deploy)),
    ).toBe('auth.workspace_forbidden');
  });
});

describe('decisions on a run', () => {
  const own: RunFacts = {
    ...deploy,
    initiator: 'user:default/alice',
    owner: 'user:default/alice',
  };
  const foreign: RunFacts = {
    ...deploy,
    initiator: 'user:default/bob',
    owner: 'user:default/bob',
  };

  it('allow own runs and hide those of others', async () => {
    const { access } = setup([
      grant('r', ['instances:read', 'instances:write']),
    ]);
    expect(await code(access.decideRun('instances:read', own))).toBe('ok');
    expect(await code(access.decideRun('instances:write', own))).toBe('ok');
    expect(await code(access.decideRun('instances:read', foreign))).toBe(
      'instance.not_found',
    );
    expect(await code(access.decideRun('instances:write', foreign))).toBe(
      'instance.not_found',
    );
    expect(await code(access.decideRun('instances:read', undefined))).toBe(
      'instance.not_found',
    );
  });

  it('allow the runs of others only with instances:admin beside the scope itself', async () => {
    const alone = setup([grant('a', ['instances:admin'])]);
    expect(await code(alone.access.decideRun('instances:read', own))).toBe(
      'auth.missing_scope',
    );
    const admin = setup([grant('a', ['instances:admin', 'instances:read'])]);
    expect(await code(admin.access.decideRun('instances:read', foreign))).toBe(
      'ok',
    );
    const here = setup([
      grant('a', ['instances:admin'], ['default']),
      grant('r', ['instances:read']),
    ]);
    expect(await code(here.access.decideRun('instances:read', foreign))).toBe(
      'instance.not_found',
    );
    const denied = setup([grant('a', ['instances:admin', 'instances:read'])], {
      'orchestrator.instanceAdminView': DENY,
    });
    expect(await code(denied.access.decideRun('instances:read', foreign))).toBe(
      'instance.not_found',
    );
    expect(await code(denied.access.decideRun('instances:read', own))).toBe(
      'ok',
    );
  });

  it('say so where a run may be read but not changed', async () => {
    const { access } = setup([
      grant('r', ['instances:read']),
      grant('w', ['instances:write'], ['default']),
    ]);
    expect(await code(access.decideRun('instances:write', own))).toBe(
      'auth.workspace_forbidden',
    );
    const narrowed = setup([
      grant('r', ['instances:read', 'instances:write:report']),
    ]);
    expect(await code(narrowed.access.decideRun('instances:write', own))).toBe(
      'auth.missing_scope',
    );
  });
});

describe('the permission policy', () => {
  it('is asked once for what may be remembered, to the millisecond', async () => {
    const { access, authorizeConditional, at } = setup([
      grant('r', ['workflows:read']),
    ]);
    await access.workflows('workflows:read');
    at(4_999);
    await access.workflows('workflows:execute');
    await access.runs('instances:read');
    expect(authorizeConditional).toHaveBeenCalledTimes(1);
    at(5_000);
    await access.workflows('workflows:read');
    expect(authorizeConditional).toHaveBeenCalledTimes(2);
  });

  it('is asked every time for workflows:write', async () => {
    const { access, authorizeConditional } = setup([
      grant('w', ['workflows:write']),
    ]);
    await access.decideNewWorkflow('workflows:write', deploy);
    await access.decideNewWorkflow('workflows:write', deploy);
    expect(authorizeConditional).toHaveBeenCalledTimes(2);
  });

  it('is not asked for services', async () => {
    const { access, authorizeConditional } = setup(
      [grant('r', ['workflows:read'])],
      {},
      'plugin',
    );
    await access.decideWorkflow('workflows:read', deploy);
    expect(authorizeConditional).not.toHaveBeenCalled();
  });

  it('closes the gate when it cannot be asked, and is asked again', async () => {
    const { access, authorizeConditional } = setup([
      grant('r', ['workflows:read']),
    ]);
    authorizeConditional.mockRejectedValueOnce(new Error('down'));
    expect(await code(access.workflows('workflows:read'))).toBe(
      'auth.policy_unavailable',
    );
    expect(await code(access.workflows('workflows:read'))).toBe('ok');
  });

  it('closes the gate on a condition whose rule nobody knows', async () => {
    const { access } = setup([grant('r', ['workflows:read'])], {
      'orchestrator.workflow': {
        ...only([]),
        conditions: {
          rule: 'UNKNOWN',
          resourceType: 'orchestrator-workflow',
          params: {},
        },
      } as PolicyDecision,
    });
    expect(await code(access.workflows('workflows:read'))).toBe(
      'auth.policy_unavailable',
    );
  });

  it('says conditions with and, or and not', async () => {
    const { isAllowedWorkflowId, isInWorkspace } =
      orchestratorWorkflowConditions;
    const { access } = setup([grant('r', ['workflows:read'])], {
      'orchestrator.workflow': {
        ...only([]),
        conditions: {
          allOf: [
            {
              anyOf: [
                isAllowedWorkflowId({ workflowIds: ['deploy'] }),
                isInWorkspace({ workspaces: ['default'] }),
              ],
            },
            { not: isAllowedWorkflowId({ workflowIds: ['report'] }) },
          ],
        },
      } as PolicyDecision,
    });
    expect(await access.workflows('workflows:read')).toEqual({
      kind: 'and',
      of: [
        {
          kind: 'or',
          of: [
            { kind: 'ids', values: ['deploy'] },
            { kind: 'workspaces', values: ['default'] },
          ],
        },
        { kind: 'not', of: { kind: 'ids', values: ['report'] } },
      ],
    });
  });
});
