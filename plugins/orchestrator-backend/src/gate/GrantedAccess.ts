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
  describeScope,
  orchestratorInstanceAdminViewPermission,
  type OrchestratorScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import {
  instanceNotFound,
  OrchestratorError,
  workflowNotFound,
} from '../errors/OrchestratorError';
import {
  allOf,
  includesRun,
  includesWorkflow,
  NONE,
  type RunCriteria,
  type RunFacts,
  type WorkflowCriteria,
  type WorkflowFacts,
} from '../grants/criteria';
import type { Rights } from './Rights';
import type {
  Access,
  MintingRights,
  RequestOrigin,
  RunScope,
  WorkflowScope,
} from './Access';
import { missingToken, type Caller } from './Authenticator';
import type { OwnerSnapshots } from './OwnerSnapshots';
import type { Ownership, OwnRuns } from './Ownership';
import type { PolicyAnswers } from './PermissionPolicy';
import type { Principal } from './Principal';
import { grantHint, policyDenied, workspaceForbidden } from './refusals';

/** What decisions ask beside the grants. */
export interface DecisionSources {
  readonly policy: PolicyAnswers;
  readonly ownership: Ownership;
  readonly snapshots: OwnerSnapshots;
}

/** The decisions of the gate on one caller. */
export class GrantedAccess implements Access {
  readonly principal: Principal;
  readonly origin: RequestOrigin;
  readonly rights: Rights;
  readonly #caller: Caller;
  readonly #sources: DecisionSources;

  constructor(options: {
    caller: Caller;
    rights: Rights;
    sources: DecisionSources;
    origin: RequestOrigin;
  }) {
    this.principal = options.caller.principal;
    this.origin = options.origin;
    this.rights = options.rights;
    this.#caller = options.caller;
    this.#sources = options.sources;
  }

  /**
   * The part of a decision that depends on no resource: a grant for the scope, for this workflow where one is named.
   *
   * @throws OrchestratorError `auth.missing_scope`, or `auth.missing_token` for anonymous callers
   */
  requireScopes(
    scopes: readonly OrchestratorScope[],
    workflowId?: string,
  ): void {
    const missing = scopes
      .filter(scope => !this.rights.gives(scope, workflowId))
      .sort();
    if (missing.length === 0) {
      return;
    }
    if (this.principal.type === 'anonymous') {
      throw missingToken();
    }
    throw new OrchestratorError(
      'auth.missing_scope',
      `Missing required scope: ${missing.join(', ')}${grantHint(
        this.principal,
        this.rights,
      )}`,
      { requiredScopes: missing },
    );
  }

  /**
   * Refuses where the permission policy plainly denies one of the scopes.
   *
   * @throws OrchestratorError `auth.policy_denied`
   */
  async requirePolicy(scopes: readonly OrchestratorScope[]): Promise<void> {
    for (const scope of scopes) {
      if ((await this.policyOn(scope)).kind === 'none') {
        throw policyDenied();
      }
    }
  }

  async workflows(scope: WorkflowScope): Promise<WorkflowCriteria> {
    return allOf([this.rights.on(scope), await this.policyOn(scope)]);
  }

  async runs(scope: RunScope): Promise<RunCriteria> {
    return this.#runs(
      scope,
      await this.#sources.ownership.runsOf(this.#caller),
    );
  }

  async decideWorkflow(
    scope: WorkflowScope,
    workflow: WorkflowFacts | undefined,
  ): Promise<void> {
    this.requireScopes([scope], workflow?.workflowId);
    const policy = await this.policyOn(scope);
    if (policy.kind === 'none') {
      throw policyDenied();
    }
    if (!workflow) {
      throw workflowNotFound();
    }
    const granted = includesWorkflow(this.rights.on(scope), workflow);
    if (granted && includesWorkflow(policy, workflow)) {
      return;
    }
    const readable =
      scope !== 'workflows:read' &&
      includesWorkflow(await this.workflows('workflows:read'), workflow);
    if (!readable) {
      throw workflowNotFound();
    }
    throw granted ? policyDenied() : workspaceForbidden();
  }

  async decideNewWorkflow(
    scope: 'workflows:write',
    workflow: WorkflowFacts,
  ): Promise<void> {
    this.requireScopes([scope], workflow.workflowId);
    if (!includesWorkflow(await this.policyOn(scope), workflow)) {
      throw policyDenied();
    }
    if (!includesWorkflow(this.rights.on(scope), workflow)) {
      throw workspaceForbidden();
    }
  }

  async decideRun(scope: RunScope, run: RunFacts | undefined): Promise<void> {
    this.requireScopes([scope]);
    const policy = await this.policyOn(scope);
    if (policy.kind === 'none') {
      throw policyDenied();
    }
    if (!run) {
      throw instanceNotFound();
    }
    const own = await this.#sources.ownership.runsOf(this.#caller, [run]);
    if (includesRun(await this.#runs(scope, own), run)) {
      return;
    }
    const readable =
      scope !== 'instances:read' &&
      includesRun(await this.#runs('instances:read', own), run);
    if (!readable) {
      throw instanceNotFound();
    }
    throw includesWorkflow(this.rights.on(scope), run)
      ? policyDenied()
      : this.#notHere(scope, run);
  }

  async runsAmong<T extends RunFacts>(
    scope: RunScope,
    runs: readonly T[],
  ): Promise<T[]> {
    if (runs.length === 0) return [];
    const own = await this.#sources.ownership.runsOf(this.#caller, runs);
    const criteria = await this.#runs(scope, own);
    return runs.filter(run => includesRun(criteria, run));
  }

  /**
   * Decides on everybody's runs of one workflow.
   *
   * @throws OrchestratorError where the caller may not
   */
  async decideAdministration(
    workflow: WorkflowFacts | undefined,
  ): Promise<void> {
    this.requireScopes(['instances:admin'], workflow?.workflowId);
    if (
      !workflow ||
      !includesWorkflow(
        allOf([
          this.rights.on('instances:admin'),
          await this.policyOn('instances:admin'),
        ]),
        workflow,
      )
    ) {
      throw workflowNotFound();
    }
  }

  ownerRefs(): Promise<readonly string[]> {
    return this.#sources.ownership.refsOf(this.#caller);
  }

  async allows(scope: OrchestratorScope): Promise<boolean> {
    return (
      this.rights.gives(scope) && (await this.policyOn(scope)).kind !== 'none'
    );
  }

  async minting(): Promise<MintingRights> {
    const { type, actor, expiresAt, token } = this.principal;
    if (actor !== undefined || type === 'anonymous') {
      throw new OrchestratorError(
        'auth.principal_not_allowed',
        'Nothing is minted by a call on behalf of somebody',
      );
    }
    return {
      triples: this.rights.triples,
      decisions: await this.#sources.snapshots.taken(this.principal),
      expiresAt: token && expiresAt,
      allowed: token?.allowed,
    };
  }

  async #runs(scope: RunScope, own: OwnRuns): Promise<RunCriteria> {
    return {
      workflows: allOf([this.rights.on(scope), await this.policyOn(scope)]),
      ...own,
      everybodys: await this.#everybodys(),
    };
  }

  /** A run that may be read: the scope is there, but for other workflows or in other workspaces. */
  #notHere(scope: RunScope, run: RunFacts): OrchestratorError {
    try {
      this.requireScopes([scope], run.workflowId);
    } catch (error) {
      return error as OrchestratorError;
    }
    return workspaceForbidden();
  }

  /** The workflows whose runs the caller may reach whoever started them. */
  async #everybodys(): Promise<WorkflowCriteria> {
    const granted = this.rights.on('instances:admin');
    if (granted.kind === 'none') {
      return NONE;
    }
    return allOf([
      granted,
      await this.#ask(orchestratorInstanceAdminViewPermission),
    ]);
  }

  /** The workflows on which the permission policy allows a scope; none where it plainly denies. */
  policyOn(scope: OrchestratorScope): Promise<WorkflowCriteria> {
    return this.#ask(describeScope(scope).permission);
  }

  #ask(
    permission: Parameters<PolicyAnswers['ask']>[2],
  ): Promise<WorkflowCriteria> {
    return this.#sources.policy.ask(
      this.principal,
      this.#caller.memory,
      permission,
    );
  }
}
