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
  type components,
  type OrchestratorScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { OrchestratorError } from '../errors/OrchestratorError';
import { includesWorkflow, type WorkflowFacts } from '../grants/criteria';
import { givesScope, triplesOf, type Grant } from '../grants/Grant';
import {
  applyLayer,
  GRANT_LAYERS,
  hasLayer,
  type GrantLayer,
} from '../grants/GrantLayers';
import type { PlainScope, RunScope, WorkflowScope } from './Access';
import type { GrantedAccess } from './GrantedAccess';

/** A decision with its reasons, as it is answered. */
export type Explanation = components['schemas']['Explanation'];

type Layer = Explanation['layers'][number];

/** What is asked: a scope, and the workflow that it is to be used on. */
export interface Question {
  readonly scope: OrchestratorScope;
  readonly workflowId?: string;
  /** What is known of the workflow; absent where there is none with this id. */
  readonly workflow?: WorkflowFacts;
  /** Whether the permission policy can be asked for whom it is about. */
  readonly isPolicyKnown: boolean;
}

const ABOUT: Record<GrantLayer, string> = {
  grants: 'the configured grants',
  token: 'the token',
  actor: 'the cap of the plugin that calls on behalf',
  accessRestrictions: 'the access restrictions of the external token',
};

/** A grant of the scope that nothing narrows, to see what a layer does by itself. */
function everything(question: Question): Grant[] {
  const { scope, workflowId } = question;
  return [{ name: '', scopes: [{ scope, workflowId }] }];
}

function isRunScope(scope: OrchestratorScope): scope is RunScope {
  return scope === 'instances:read' || scope === 'instances:write';
}

/**
 * Decides as the gate and the services do, by the same code.
 *
 * @throws OrchestratorError where the answer is no
 */
export async function decideQuestion(
  access: GrantedAccess,
  question: Question,
): Promise<void> {
  const { scope, workflowId, workflow } = question;
  access.requireScopes([scope], workflowId);
  await access.requirePolicy([scope]);
  if (workflowId === undefined) {
    return;
  }
  if (isRunScope(scope)) {
    const { ref, token } = access.principal;
    await access.decideRun(
      scope,
      workflow && { ...workflow, initiator: ref, owner: token?.owner ?? ref },
    );
  } else if (scope.startsWith('workflows:')) {
    await access.decideWorkflow(scope as WorkflowScope, workflow);
  } else if (scope === 'instances:admin') {
    await access.decideAdministration(workflow);
  }
}

/** The grants, the token, the cap of the actor and the restrictions, each by what it takes away. */
function explainGrants(access: GrantedAccess, question: Question): Layer[] {
  const { scope, workflowId } = question;
  const { layers } = access.rights;
  const gives = (grants: readonly Grant[] | undefined) =>
    givesScope(triplesOf(grants ?? []), scope, workflowId);
  let held: readonly Grant[] | undefined;
  let isHeld = true;
  return GRANT_LAYERS.map((layer): Layer => {
    if (!hasLayer(layers, layer)) {
      return {
        layer,
        outcome: 'not_applicable',
        detail: `There is no limit by ${ABOUT[layer]}`,
      };
    }
    held = applyLayer(layers, layer, held);
    const alone =
      layer === 'grants'
        ? held
        : applyLayer(layers, layer, everything(question));
    // What a layer would leave by itself may still have nothing in common with what came before.
    const allows = gives(alone) && (!isHeld || gives(held));
    isHeld = isHeld && allows;
    const names = [...new Set((alone ?? []).map(({ name }) => name))]
      .filter(name => name !== '')
      .sort();
    return {
      layer,
      outcome: allows ? 'allow' : 'deny',
      detail: allows
        ? `${scope} is given by ${ABOUT[layer]}${
            layer === 'grants' ? `: ${names.join(', ')}` : ''
          }`
        : `${scope} is not given by ${ABOUT[layer]}`,
    };
  });
}

function explainWorkspace(
  access: GrantedAccess,
  question: Question,
  code: string | undefined,
): Layer {
  const layer = 'workspace';
  const { scope, workflowId, workflow } = question;
  if (workflowId === undefined) {
    return { layer, outcome: 'not_applicable', detail: 'No workflow is named' };
  }
  if (code?.endsWith('.not_found')) {
    // One answer for what does not exist and for what the caller may not know of.
    return {
      layer,
      outcome: 'deny',
      detail: 'There is no such workflow, or it is not visible',
    };
  }
  if (!workflow && access.rights.gives(scope, workflowId)) {
    return {
      layer,
      outcome: 'unknown',
      detail: 'There is no such workflow, or it is not visible',
    };
  }
  return workflow && includesWorkflow(access.rights.on(scope), workflow)
    ? {
        layer,
        outcome: 'allow',
        detail: `${scope} is given in the workspace ${workflow.workspace}`,
      }
    : {
        layer,
        outcome: 'deny',
        detail: `${scope} is not given in the workspace of the workflow`,
      };
}

async function explainPolicy(
  access: GrantedAccess,
  question: Question,
  code: string | undefined,
): Promise<Layer> {
  const layer = 'policy';
  const { type, token } = access.principal;
  const permission = describeScope(question.scope).permission.name;
  if (type !== 'user' && !(token && (token.snapshot || token.decisions))) {
    return {
      layer,
      outcome: 'not_applicable',
      detail:
        'The permission policy cannot be asked for this kind of principal',
    };
  }
  if (!question.isPolicyKnown) {
    return {
      layer,
      outcome: 'unknown',
      detail: `The permission policy decides on ${permission} when the user calls`,
    };
  }
  const policy = await access.policyOn(question.scope);
  const isExcluded =
    !code?.endsWith('.not_found') &&
    question.workflow !== undefined &&
    !includesWorkflow(policy, question.workflow);
  const allows = policy.kind !== 'none' && !isExcluded;
  return {
    layer,
    outcome: allows ? 'allow' : 'deny',
    detail: `The permission policy ${
      allows ? 'allows' : 'does not allow'
    } ${permission}${
      policy.kind === 'all' || policy.kind === 'none'
        ? ''
        : ' by its conditions'
    }`,
  };
}

function explainOwnership(access: GrantedAccess, question: Question): Layer {
  const layer = 'ownership';
  const { scope } = question;
  const widens = (wider: OrchestratorScope) => access.rights.gives(wider);
  if (isRunScope(scope)) {
    return {
      layer,
      outcome: 'allow',
      detail: widens('instances:admin')
        ? "Own runs, and everybody's where instances:admin is given"
        : 'Own runs only',
    };
  }
  if (scope === 'tokens:read' || scope === 'tokens:write') {
    return {
      layer,
      outcome: 'allow',
      detail: widens('tokens:admin')
        ? "Own tokens, and everybody's by tokens:admin"
        : 'Own tokens and those of own groups only',
    };
  }
  return {
    layer,
    outcome: 'not_applicable',
    detail: 'The scope does not depend on who owns what',
  };
}

/** What the layers may tell of: nothing depends on a workflow that whom it is about may not know of. */
async function shownOf(
  access: GrantedAccess,
  question: Question,
  isAllowed: boolean,
): Promise<Question> {
  const { workflow } = question;
  const isVisible =
    isAllowed ||
    (workflow !== undefined &&
      includesWorkflow(await access.workflows('workflows:read'), workflow));
  return isVisible ? question : { ...question, workflow: undefined };
}

/** Says what is decided, and what each layer has to do with it. */
export async function explainDecision(
  access: GrantedAccess,
  question: Question,
): Promise<Explanation> {
  let code: string | undefined;
  try {
    await decideQuestion(access, question);
  } catch (error) {
    if (!(error instanceof OrchestratorError) || error.status >= 500) {
      throw error;
    }
    code = error.code;
  }
  const shown = await shownOf(access, question, code === undefined);
  return {
    decision: code === undefined ? 'allow' : 'deny',
    code,
    layers: [
      ...explainGrants(access, question),
      explainWorkspace(access, shown, code),
      await explainPolicy(access, shown, code),
      explainOwnership(access, question),
    ],
  };
}

/** Scopes that are about no workflow. */
export function isPlainScope(scope: OrchestratorScope): scope is PlainScope {
  return scope.startsWith('tokens:') || scope.startsWith('audit:');
}
