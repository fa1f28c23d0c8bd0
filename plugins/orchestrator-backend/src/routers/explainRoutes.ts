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

import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  parseScope,
  type components,
  type ParsedScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { isStorableText } from '../database/storableText';
import {
  type Fault,
  invalidRequest,
  OrchestratorError,
  tokenNotFound,
} from '../errors/OrchestratorError';
import {
  explainDecision,
  isPlainScope,
  type Explanation,
} from '../gate/explainDecision';
import type { Gate } from '../gate/Gate';
import type { GrantedAccess } from '../gate/GrantedAccess';
import type { PolicyAnswers } from '../gate/PermissionPolicy';
import type { Principal } from '../gate/Principal';
import { ALL, type WorkflowFacts } from '../grants/criteria';
import type { OperationHandlers } from './OperationHandler';

type ExplainRequest = components['schemas']['ExplainRequest'];

/** A managed token that a decision is to be explained for. */
export interface ExplainableToken {
  readonly principal: Principal;
  /** Why it is refused before any scope is looked at; absent for a token that is alive. */
  readonly refusal?: OrchestratorError;
}

/** What explanations are made from. */
export interface ExplainSources {
  readonly gate: Gate;
  readonly findWorkflow: (id: string) => Promise<WorkflowFacts | undefined>;
  readonly findToken: (id: string) => Promise<ExplainableToken | undefined>;
}

/** The policy of users who are not there: it is asked when they call. */
const LATER: PolicyAnswers = { ask: async () => ALL };

const NAMED = /^(plugin|external):(\S+)$/;

/** The principal that a ref stands for; undefined where it is the ref of none. Tokens are found by their id. */
function principalOf(ref: string): Principal | undefined {
  if (ref === 'anonymous') {
    return { type: 'anonymous', ref };
  }
  const named = NAMED.exec(ref);
  if (named) {
    return { type: named[1] as 'plugin' | 'external', ref };
  }
  try {
    const entity = parseEntityRef(ref);
    return entity.kind.toLocaleLowerCase('en-US') === 'user'
      ? { type: 'user', ref: stringifyEntityRef(entity) }
      : undefined;
  } catch {
    return undefined;
  }
}

function questionOf(body: ExplainRequest): ParsedScope {
  const faults: Fault[] = [];
  const scope = parseScope(body.scope);
  if (!scope) {
    faults.push({ path: 'body/scope', message: 'is not known' });
  }
  if (body.principal !== undefined && !isStorableText(body.principal)) {
    faults.push({
      path: 'body/principal',
      message: 'has characters that are not allowed here',
    });
  }
  if (body.principal !== undefined && body.tokenId !== undefined) {
    faults.push({
      path: 'body/tokenId',
      message: 'must not be given beside principal',
    });
  }
  if (body.workflowId !== undefined && scope) {
    if (isPlainScope(scope.scope)) {
      faults.push({
        path: 'body/workflowId',
        message: 'has no meaning for this scope',
      });
    } else if (
      scope.workflowId !== undefined &&
      scope.workflowId !== body.workflowId
    ) {
      faults.push({
        path: 'body/workflowId',
        message: 'is not the workflow that the scope is narrowed to',
      });
    }
  }
  if (faults.length > 0) {
    throw invalidRequest(faults);
  }
  return {
    scope: scope!.scope,
    workflowId: body.workflowId ?? scope!.workflowId,
  };
}

/** The explanation of a refusal that comes before any scope is looked at. */
function refused(error: OrchestratorError): Explanation {
  return {
    decision: 'deny',
    code: error.code,
    layers: [{ layer: 'token', outcome: 'deny', detail: error.message }],
  };
}

/** The operation that says why somebody may or may not do something. */
export function createExplainRoutes(
  sources: ExplainSources,
): OperationHandlers {
  const { gate, findWorkflow, findToken } = sources;

  async function explain(
    access: GrantedAccess,
    asked: ParsedScope,
    isPolicyKnown: boolean,
  ): Promise<Explanation> {
    const { scope, workflowId } = asked;
    const workflow =
      workflowId === undefined ? undefined : await findWorkflow(workflowId);
    return explainDecision(access, {
      scope,
      workflowId,
      workflow,
      isPolicyKnown,
    });
  }

  async function explainOther(
    asking: GrantedAccess,
    principal: Principal,
    asked: ParsedScope,
  ): Promise<Explanation> {
    const isAbsentUser = principal.type === 'user';
    let access: GrantedAccess;
    try {
      access = await gate.accessOf(
        { principal, memory: {} },
        asking.origin,
        isAbsentUser ? { policy: LATER } : {},
      );
    } catch (error) {
      if (error instanceof OrchestratorError && error.status === 403) {
        return refused(error);
      }
      throw error;
    }
    return explain(access, asked, !isAbsentUser);
  }

  /** Who is asked about; undefined for the caller itself. */
  async function subjectOf(
    asking: GrantedAccess,
    body: ExplainRequest,
  ): Promise<ExplainableToken | undefined> {
    const { ref, tokenId: ownTokenId, token } = asking.principal;
    const tokenId =
      body.tokenId ??
      (body.principal?.startsWith('token:')
        ? body.principal.slice('token:'.length)
        : undefined);
    if (tokenId !== undefined) {
      if (tokenId === ownTokenId) return undefined;
      const found = await findToken(tokenId);
      const owner = found?.principal.token?.owner;
      const isOwn =
        owner !== undefined && (await asking.ownerRefs()).includes(owner);
      if (!isOwn) await requireAdmin(asking);
      if (!found) throw tokenNotFound();
      return found;
    }
    if (body.principal === undefined) return undefined;
    const principal = principalOf(body.principal);
    if (!principal) {
      throw invalidRequest([
        { path: 'body/principal', message: 'is the ref of no principal' },
      ]);
    }
    // A personal token has the ref of its owner, who may do more.
    if (principal.ref === ref && !token) return undefined;
    await requireAdmin(asking);
    return { principal };
  }

  return {
    async explain({ access, body, res }) {
      const asking = access as GrantedAccess;
      const request = body as ExplainRequest;
      const asked = questionOf(request);
      const subject = await subjectOf(asking, request);
      let explanation: Explanation;
      if (!subject) {
        explanation = await explain(asking, asked, true);
      } else if (subject.refusal) {
        explanation = refused(subject.refusal);
      } else {
        explanation = await explainOther(asking, subject.principal, asked);
      }
      res.setHeader('Cache-Control', 'no-store');
      res.json(explanation);
    },
  };
}

async function requireAdmin(asking: GrantedAccess): Promise<void> {
  asking.requireScopes(['tokens:admin']);
  await asking.requirePolicy(['tokens:admin']);
}
