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

import type { OrchestratorScope } from '@flowgate/backstage-plugin-orchestrator-common';
import type { AddressRanges } from '../addresses/AddressRanges';
import type {
  RunCriteria,
  RunFacts,
  WorkflowCriteria,
  WorkflowFacts,
} from '../grants/criteria';
import type { Triple } from '../grants/Grant';
import type { PolicyDecisions } from '../grants/PolicyDecisions';
import type { Principal } from './Principal';

/** The scopes that are about workflows. */
export type WorkflowScope = Extract<OrchestratorScope, `workflows:${string}`>;

/** Where a request came from, for the audit trail. It holds no credential. */
export interface RequestOrigin {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly address?: string;
  readonly userAgent?: string;
}

/** The scopes that are about neither workflows nor runs. */
export type PlainScope = Extract<
  OrchestratorScope,
  `tokens:${string}` | `audit:${string}`
>;

/** What a caller may pass on when it mints a token. */
export interface MintingRights {
  /** All rights of the caller, narrowed by everything but the permission policy. */
  readonly triples: readonly Triple[];
  /** What the permission policy decides for the caller now; absent where it cannot be asked for it. */
  readonly decisions?: PolicyDecisions;
  /** When the credential that mints ends, where that is a managed token; milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** From where the credential that mints may be used; absent for everywhere. */
  readonly allowed?: AddressRanges;
}

/** The scopes that are about runs; instances:admin only widens them. */
export type RunScope = 'instances:read' | 'instances:write';

/**
 * What one caller may do, in one request: the grants, narrowed by everything that narrows them, and the permission policy.
 * The services ask it; nothing else decides.
 */
export interface Access {
  readonly principal: Principal;
  readonly origin: RequestOrigin;

  /** The workflows that a scope covers; none where the policy denies. For lists. */
  workflows(scope: WorkflowScope): Promise<WorkflowCriteria>;

  /** The runs that a scope covers; none where the policy denies. For lists. */
  runs(scope: RunScope): Promise<RunCriteria>;

  /**
   * Decides on one workflow, in the order of 403 and 404 of the contract.
   *
   * @param workflow - what is known of it, or undefined where there is no such workflow
   * @throws OrchestratorError where the caller may not
   */
  decideWorkflow(
    scope: WorkflowScope,
    workflow: WorkflowFacts | undefined,
  ): Promise<void>;

  /**
   * Decides on a workflow that the caller is about to make, of whose absence there is nothing to hide.
   *
   * @throws OrchestratorError where the caller may not
   */
  decideNewWorkflow(
    scope: 'workflows:write',
    workflow: WorkflowFacts,
  ): Promise<void>;

  /**
   * Decides on one run, in the order of 403 and 404 of the contract.
   *
   * @param run - what is known of it, or undefined where there is no such run
   * @throws OrchestratorError where the caller may not
   */
  decideRun(scope: RunScope, run: RunFacts | undefined): Promise<void>;

  /**
   * Of some runs, those on which `decideRun` would decide in favour of the caller: one decision for all of them.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  runsAmong<T extends RunFacts>(
    scope: RunScope,
    runs: readonly T[],
  ): Promise<T[]>;

  /**
   * The refs through which the caller owns tokens: its own and, for users and their personal tokens, those of their groups.
   *
   * @throws OrchestratorError `auth.policy_unavailable`
   */
  ownerRefs(): Promise<readonly string[]>;

  /** Whether the caller holds a scope, granted and not denied by the policy. */
  allows(scope: OrchestratorScope): Promise<boolean>;

  /**
   * What the caller may pass on; asks the policy anew and, for users, renews the snapshot that their personal tokens live by.
   *
   * @throws OrchestratorError `auth.principal_not_allowed` for calls on behalf of somebody, which mint nothing
   */
  minting(): Promise<MintingRights>;
}
