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

import type { Config } from '@backstage/config';
import type { AuthConfig } from '../config/AuthConfig';
import type { Finding } from './CheckReport';
import { Holdings } from './Holdings';
import type { PerWorkflowPermission, RbacPolicy } from './RbacPolicy';

const ADMIN_VIEW = 'orchestrator.instanceAdminView';
const GENERIC = {
  read: 'orchestrator.workflow',
  update: 'orchestrator.workflow.use',
} as const;

function checkFramework(config: Config): Finding[] {
  if (!(config.getOptionalBoolean('permission.enabled') ?? false)) {
    return [
      {
        level: 'note',
        text: 'permission.enabled is not set: the permission policy is not asked, and grants alone decide.',
      },
    ];
  }
  if (!config.has('permission.rbac')) {
    return [
      {
        level: 'ok',
        text: 'The permission policy of the backend is asked for users.',
      },
    ];
  }
  const plugins =
    config.getOptionalStringArray('permission.rbac.pluginsWithPermission') ??
    [];
  return plugins.includes('orchestrator')
    ? [
        {
          level: 'ok',
          text: 'RBAC knows the permissions of the orchestrator (permission.rbac.pluginsWithPermission).',
        },
      ]
    : [
        {
          level: 'change',
          text: 'RBAC does not know the permissions of the orchestrator and denies users all of it:',
          example:
            'permission:\n  rbac:\n    pluginsWithPermission: [orchestrator] # beside those that are there',
        },
      ];
}

/** A document of the file that `permission.rbac.conditionalPoliciesFile` names. */
function condition(
  role: string,
  action: 'read' | 'update',
  ids: readonly string[],
): string {
  return [
    'result: CONDITIONAL',
    `roleEntityRef: ${JSON.stringify(role)}`,
    'pluginId: orchestrator',
    'resourceType: orchestrator-workflow',
    `permissionMapping: [${action}]`,
    'conditions:',
    '  rule: IS_ALLOWED_WORKFLOW_ID',
    '  resourceType: orchestrator-workflow',
    '  params:',
    `    workflowIds: ${JSON.stringify(ids)}`,
  ].join('\n');
}

function checkPerWorkflow(role: string, policy: RbacPolicy): Finding[] {
  const found = policy.perWorkflow(role);
  return (['read', 'update'] as const).flatMap((action): Finding[] => {
    const lines = found.filter(line => line.action === action);
    if (lines.length === 0) return [];
    const names = lines.map(line => line.permission).join(', ');
    if (policy.allows(role, GENERIC[action], action)) {
      return [
        {
          level: 'note',
          text: `${role}: ${names} change nothing, there as here, since ${GENERIC[action]} is allowed for every workflow.`,
        },
      ];
    }
    return [
      {
        level: 'change',
        text: `${role}: nobody asks for ${names} here. In the file of permission.rbac.conditionalPoliciesFile instead:`,
        example: condition(role, action, idsOf(lines)),
      },
    ];
  });
}

function idsOf(lines: readonly PerWorkflowPermission[]): string[] {
  return [...new Set(lines.map(line => line.workflowId))];
}

/** The grant that somebody needs who is to see the runs of others. */
function adminGrant(member: string, holdings: Holdings): string {
  const held = holdings.ofMember(member);
  // A grant takes the place of the defaults, so it must give them as well.
  const defaults = held
    .filter(grant => grant.name === '(defaults)')
    .flatMap(grant => grant.scopes.map(({ scope }) => scope));
  return [
    `      ${member.replace(/[^A-Za-z0-9]+/g, '-')}-sees-all-runs:`,
    `        match: { ${member.slice(0, member.indexOf(':'))}: ${JSON.stringify(
      member,
    )} }`,
    `        scopes: [${[...defaults, 'instances:admin'].join(', ')}]`,
  ].join('\n');
}

function checkAdminView(
  who: string,
  members: readonly string[],
  holdings: Holdings,
): Finding {
  const lacking = members.filter(
    member => !Holdings.give(holdings.ofMember(member), 'instances:admin'),
  );
  if (lacking.length === 0) {
    return {
      level: members.length > 0 ? 'ok' : 'note',
      text: `${who} may see the runs of others${
        members.length > 0
          ? ', and its members hold instances:admin.'
          : '; the files name no members of it. They need a grant of instances:admin.'
      }`,
    };
  }
  return {
    level: 'change',
    text: `${who} sees the runs of others. Here this needs a grant of instances:admin beside the permission, which ${lacking.join(
      ', ',
    )} would not hold:`,
    example: [
      'orchestrator:',
      '  auth:',
      '    grants:',
      ...lacking.map(member => adminGrant(member, holdings)),
    ].join('\n'),
  };
}

function superUsers(config: Config): string[] {
  return (
    config.getOptionalConfigArray('permission.rbac.admin.superUsers') ?? []
  ).map(user => user.getString('name').toLocaleLowerCase('en-US'));
}

function checkRoles(policy: RbacPolicy, holdings: Holdings): Finding[] {
  return policy
    .roles()
    .flatMap(role => [
      ...checkPerWorkflow(role, policy),
      ...(policy.allows(role, ADMIN_VIEW, 'read')
        ? [checkAdminView(role, policy.members(role), holdings)]
        : []),
    ]);
}

/**
 * What the permission policy has to do with the orchestrator.
 *
 * @param policy - the policy files of RBAC; undefined where none were given
 */
export function checkRbac(
  config: Config,
  auth: AuthConfig,
  policy: RbacPolicy | undefined,
): Finding[] {
  const holdings = new Holdings(auth);
  const framework = checkFramework(config);
  if (!config.has('permission.rbac') && !policy) return framework;
  const supers = superUsers(config);
  return [
    ...framework,
    ...(supers.length > 0
      ? [checkAdminView('permission.rbac.admin.superUsers', supers, holdings)]
      : []),
    ...(policy ? checkRoles(policy, holdings) : []),
    {
      level: 'note',
      text: `${
        policy
          ? ''
          : 'Give the policy file (permission.rbac.policies-csv-file) with --rbac to have its roles checked. '
      }Roles that were made in the portal or by REST are in the database of RBAC and not looked at.`,
    },
  ];
}
