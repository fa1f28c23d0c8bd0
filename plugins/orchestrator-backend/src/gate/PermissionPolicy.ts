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

import type {
  PermissionsRegistryService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  type ResourcePermission,
  type Permission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import { createConditionTransformer } from '@backstage/plugin-permission-node';
import {
  orchestratorInstanceAdminViewPermission,
  orchestratorPermissions,
  orchestratorWorkflowPermission,
  orchestratorWorkflowUsePermission,
  type OrchestratorWorkflowQuery,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { OrchestratorError } from '../errors/OrchestratorError';
import {
  ALL,
  allOf,
  anyOf,
  NONE,
  noneOf,
  type WorkflowCriteria,
} from '../grants/criteria';
import type { PolicyDecisions } from '../grants/PolicyDecisions';
import { rememberIn, type CredentialMemory } from './credentialMemory';
import { workflowResourceRef } from './permissionRules';
import type { Principal, TokenFacts } from './Principal';

/** What the policy says of a permission: the workflows on which it allows. `none` is a plain deny. */
export type PolicyAnswer = WorkflowCriteria;

/** The permissions whose decisions may be remembered; they are asked together. */
const REMEMBERED: readonly Permission[] = [
  orchestratorWorkflowPermission,
  orchestratorWorkflowUsePermission,
  orchestratorInstanceAdminViewPermission,
];

/** Seconds after which a caller may try again when the policy cannot be asked. */
const RETRY_AFTER = 5;

type CriteriaQuery =
  | OrchestratorWorkflowQuery
  | { readonly anyOf: readonly CriteriaQuery[] }
  | { readonly allOf: readonly CriteriaQuery[] }
  | { readonly not: CriteriaQuery };

function toCriteria(query: CriteriaQuery): WorkflowCriteria {
  if ('anyOf' in query) return anyOf(query.anyOf.map(toCriteria));
  if ('allOf' in query) return allOf(query.allOf.map(toCriteria));
  if ('not' in query) return noneOf(toCriteria(query.not));
  if (query.key === 'workflowIds') return { kind: 'ids', values: query.values };
  if (query.key === 'workspaces')
    return { kind: 'workspaces', values: query.values };
  throw new Error(
    `A permission rule asks for the unknown key ${String(
      (query as { key: unknown }).key,
    )}`,
  );
}

/** What answers for the permission policy. */
export interface PolicyAnswers {
  /**
   * The workflows on which the policy allows a permission to a principal; all where the policy has no say.
   *
   * @throws OrchestratorError `auth.policy_unavailable` where it cannot be asked
   */
  ask(
    principal: Principal,
    memory: CredentialMemory,
    permission: Permission,
  ): Promise<PolicyAnswer>;
}

/** What managed tokens carry of the policy, which can be asked only with a user's own Backstage token. */
function carriedBy(token: TokenFacts): PolicyDecisions | undefined {
  return token.kind === 'personal'
    ? token.snapshot?.decisions ?? new Map()
    : token.decisions;
}

/**
 * Backstage's permission policy, which is asked for users and for nobody else: it cannot be asked for services. For managed
 * tokens, the decisions stand that they carry.
 */
export class PermissionPolicy implements PolicyAnswers {
  readonly #permissions: PermissionsService;
  readonly #registry: PermissionsRegistryService;
  readonly #rememberMs: number;
  readonly #now: () => number;

  constructor(options: {
    permissions: PermissionsService;
    registry: PermissionsRegistryService;
    rememberMs: number;
    now: () => number;
  }) {
    this.#permissions = options.permissions;
    this.#registry = options.registry;
    this.#rememberMs = options.rememberMs;
    this.#now = options.now;
  }

  async ask(
    principal: Principal,
    memory: CredentialMemory,
    permission: Permission,
  ): Promise<PolicyAnswer> {
    if (principal.token) {
      const carried = carriedBy(principal.token);
      // A permission that came after the decisions were taken is denied until they are renewed.
      return carried ? carried.get(permission.name) ?? NONE : ALL;
    }
    if (principal.type !== 'user') {
      return ALL;
    }
    const isRemembered = REMEMBERED.some(
      ({ name }) => name === permission.name,
    );
    if (!isRemembered) {
      return (await this.#query(principal, [permission])).get(permission.name)!;
    }
    const decisions = await rememberIn(
      memory,
      'decisions',
      this.#rememberMs,
      this.#now(),
      () => this.#query(principal, REMEMBERED),
    );
    return decisions.get(permission.name)!;
  }

  /**
   * What the policy says now of every permission of the plugin, for what is minted by a principal.
   *
   * @returns undefined where it cannot be asked for the principal
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  async decisions(principal: Principal): Promise<PolicyDecisions | undefined> {
    if (principal.token) {
      return carriedBy(principal.token);
    }
    return principal.type === 'user'
      ? this.#query(principal, orchestratorPermissions)
      : undefined;
  }

  async #query(
    principal: Principal,
    permissions: readonly Permission[],
  ): Promise<PolicyDecisions> {
    try {
      const decisions = await this.#permissions.authorizeConditional(
        permissions.map(permission => ({
          permission: permission as ResourcePermission,
        })),
        { credentials: principal.credentials! },
      );
      return new Map(
        permissions.map(({ name }, index) => [
          name,
          this.#answerOf(decisions[index]),
        ]),
      );
    } catch (error) {
      throw new OrchestratorError(
        'auth.policy_unavailable',
        'The permission policy cannot be asked at the moment',
        { cause: error, retryAfter: RETRY_AFTER },
      );
    }
  }

  #answerOf(decision: PolicyDecision): PolicyAnswer {
    switch (decision.result) {
      case AuthorizeResult.ALLOW:
        return ALL;
      case AuthorizeResult.CONDITIONAL: {
        const transform = createConditionTransformer<OrchestratorWorkflowQuery>(
          this.#registry.getPermissionRuleset(workflowResourceRef),
        );
        return toCriteria(transform(decision.conditions) as CriteriaQuery);
      }
      default:
        return NONE;
    }
  }
}
