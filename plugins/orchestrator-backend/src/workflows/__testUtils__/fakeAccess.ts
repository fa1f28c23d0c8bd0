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
  instanceNotFound,
  OrchestratorError,
  workflowNotFound,
} from '../../errors/OrchestratorError';
import type { Access } from '../../gate/Access';
import type { Principal } from '../../gate/Principal';
import {
  ALL,
  includesRun,
  includesWorkflow,
  NONE,
  type WorkflowCriteria,
} from '../../grants/criteria';

/** An access that is plainly said: what may be seen, and what may be changed. */
export function fakeAccess(options: {
  ref: string;
  actor?: string;
  /** Default all. */
  readable?: WorkflowCriteria;
  /** Default as readable. */
  changeable?: WorkflowCriteria;
  /** Default none. */
  everybodys?: WorkflowCriteria;
  owners?: readonly string[];
  /** Default none. */
  initiators?: readonly string[];
  /** Default a user. */
  principal?: Principal;
}): Access {
  const { ref, actor, readable = ALL, everybodys = NONE } = options;
  const { changeable = readable, owners = [ref] } = options;
  const { initiators = [] } = options;
  const workflowsOf = (scope: string) =>
    scope.endsWith(':read') ? readable : changeable;
  const runsOf = (scope: string) => ({
    workflows: workflowsOf(scope),
    owners,
    initiators,
    everybodys,
  });
  const forbidden = () =>
    new OrchestratorError('auth.workspace_forbidden', 'Not there');
  return {
    principal: options.principal ?? { type: 'user', ref, actor },
    origin: { method: 'POST', path: '/api/orchestrator/v2' },
    workflows: async scope => workflowsOf(scope),
    runs: async scope => runsOf(scope),
    async decideWorkflow(scope, workflow) {
      if (!workflow || !includesWorkflow(readable, workflow)) {
        throw workflowNotFound();
      }
      if (!includesWorkflow(workflowsOf(scope), workflow)) throw forbidden();
    },
    async decideNewWorkflow(_scope, workflow) {
      if (!includesWorkflow(changeable, workflow)) throw forbidden();
    },
    async decideRun(scope, run) {
      if (!run || !includesRun(runsOf('instances:read'), run)) {
        throw instanceNotFound();
      }
      if (!includesRun(runsOf(scope), run)) throw forbidden();
    },
    runsAmong: async (scope, runs) =>
      runs.filter(run => includesRun(runsOf(scope), run)),
    ownerRefs: async () => owners,
    allows: async () => false,
    minting: async () => ({ triples: [] }),
  };
}

/** Sees and changes everything, and everybody's runs. */
export const admin = fakeAccess({
  ref: 'user:default/admin',
  everybodys: ALL,
});

/** A managed token of a group. */
export function groupToken(id: string, owner: string): Access {
  const ref = `token:${id}`;
  return fakeAccess({
    ref,
    initiators: [ref],
    principal: {
      type: 'token',
      ref,
      tokenId: id,
      token: { kind: 'group', owner, grants: [] },
    },
  });
}

export const alice = fakeAccess({ ref: 'user:default/alice' });
export const bob = fakeAccess({ ref: 'user:default/bob' });
