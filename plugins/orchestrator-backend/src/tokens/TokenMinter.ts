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

import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { auditEntryOf } from '../audit/auditEntry';
import type { AuditTrail } from '../audit/AuditTrail';
import type { TokenConfig } from '../config/AuthConfig';
import type { TokenStore } from '../database/TokenStore';
import {
  invalidRequest,
  OrchestratorError,
  workflowNotFound,
} from '../errors/OrchestratorError';
import type { Access, MintingRights } from '../gate/Access';
import type { Principal } from '../gate/Principal';
import type { WorkflowFacts } from '../grants/criteria';
import { givesScope, type Grant } from '../grants/Grant';
import { TOKEN_GRANT } from '../grants/storedGrants';
import {
  faultsOfKind,
  groupRefOf,
  requireNameable,
  type CreateTokenRequest,
} from './minting/kindRules';
import { lifetimeOf } from './minting/lifetime';
import { readAddresses, requireWithin } from './minting/mintedAddresses';
import {
  checkWorkspaces,
  grantsFor,
  readScopes,
  requireHeld,
} from './minting/mintedGrants';
import { newSecret, newTokenId } from './minting/tokenSecret';
import type { StoredToken } from './StoredToken';
import { missingScope } from './missingScope';
import { toTokenDto } from './tokenDto';
import { recordedScopes, tokenEvent } from './tokenEvent';
import { withoutTokens } from './withoutTokens';

/** A token with the secret that is shown once. */
export type TokenWithSecret = components['schemas']['TokenWithSecret'];

/** Finds what a decision needs to know of a workflow, as it is now and not as it was remembered. */
export type FindWorkflow = (
  workflowId: string,
) => Promise<WorkflowFacts | undefined>;

/** Makes tokens, never stronger than who makes them. */
export class TokenMinter {
  readonly #store: TokenStore;
  readonly #findWorkflow: FindWorkflow;
  readonly #kinds: TokenConfig['kinds'];
  readonly #audit: AuditTrail;
  readonly #now: () => number;

  constructor(options: {
    store: TokenStore;
    findWorkflow: FindWorkflow;
    kinds: TokenConfig['kinds'];
    audit: AuditTrail;
    now: () => number;
  }) {
    this.#store = options.store;
    this.#findWorkflow = options.findWorkflow;
    this.#kinds = options.kinds;
    this.#audit = options.audit;
    this.#now = options.now;
  }

  /**
   * Makes a token.
   *
   * @throws OrchestratorError 400, 403, 404 for the workflow of a trigger token, 409 where the name is taken
   */
  async create(
    access: Access,
    request: CreateTokenRequest,
  ): Promise<TokenWithSecret> {
    const { principal } = access;
    const rights = await access.minting();
    requireNameable(principal);
    const { kind, name, description = '' } = request;
    const now = this.#now();

    const faults = faultsOfKind(request, principal);
    const scopes = readScopes(request.scopes ?? [], faults);
    checkWorkspaces(request.workspaces, scopes, faults);
    const requested = readAddresses(request.allowedCidrs, faults);
    const expiresAt = lifetimeOf(
      request,
      { ...this.#kinds[kind], mintingExpiresAt: rights.expiresAt },
      now,
    );
    if (typeof expiresAt !== 'number') faults.push(expiresAt);
    if (faults.length > 0) throw invalidRequest(faults);

    const owner = await this.#ownerOf(access, rights, request);
    const grants =
      kind === 'trigger'
        ? await this.#triggerGrants(access, rights, request.workflowId!)
        : grantsFor(scopes, request.workspaces, rights.triples);
    requireHeld(grants, rights.triples, rights.decisions);
    const allowed = requested ?? rights.allowed;
    requireWithin(allowed, rights.allowed);

    const id = newTokenId();
    const { text, hash, hint } = newSecret(kind, id);
    const token: StoredToken = {
      id,
      kind,
      name: withoutTokens(name),
      description: withoutTokens(description),
      owner,
      createdBy: principal.ref,
      createdAt: now,
      workflowId: request.workflowId,
      allowedCidrs: allowed?.toJSON(),
      version: 1,
      hint,
      expiresAt: expiresAt as number,
      useCount: 0,
    };
    const secret = {
      version: 1,
      hash,
      grants,
      // A personal token lives by what the policy decides for its owner later on.
      decisions: kind === 'personal' ? undefined : rights.decisions,
      createdAt: now,
      expiresAt: token.expiresAt,
    };
    await this.#audit.around(
      tokenEvent(access, 'create-token', 'medium', token),
      async () => {
        await this.#store.create(
          token,
          secret,
          auditEntryOf(
            {
              event: 'token.created',
              tokenId: id,
              outcome: 'succeeded',
              meta: {
                kind,
                owner,
                scopes: recordedScopes(grants),
                expiresAt: new Date(token.expiresAt).toISOString(),
              },
            },
            access,
          ),
          minterOf(principal),
        );
        if (kind === 'trigger') await this.#keepIfOfUse(access, token);
        return { result: undefined };
      },
    );
    return { token: toTokenDto({ token, grants }, now, false), secret: text };
  }

  /** A workflow that is deleted ends the tokens that there are for it; one that is made at the same time ends itself. */
  async #keepIfOfUse(access: Access, token: StoredToken): Promise<void> {
    let problem: unknown;
    try {
      if (await this.#findWorkflow(token.workflowId!)) return;
      problem = workflowNotFound();
    } catch (error) {
      problem = error;
    }
    const reason = 'the workflow was deleted';
    await this.#store.revoke(
      token.id,
      { by: access.principal.ref, reason },
      this.#now(),
      auditEntryOf(
        {
          event: 'token.revoked',
          tokenId: token.id,
          outcome: 'succeeded',
          meta: { reason },
        },
        access,
      ),
    );
    throw problem;
  }

  /** Whose the token is to be, where the caller may make one for them. */
  async #ownerOf(
    access: Access,
    rights: MintingRights,
    { kind, owner }: CreateTokenRequest,
  ): Promise<string | undefined> {
    if (kind === 'service') {
      await requireTokensAdmin(access, rights);
      return undefined;
    }
    if (kind !== 'group') return access.principal.ref;
    const wanted = groupRefOf(owner!)!;
    const own = (await access.ownerRefs()).find(
      ref => groupRefOf(ref) === wanted,
    );
    if (own === undefined) {
      throw new OrchestratorError(
        'auth.principal_not_allowed',
        'Only members of a group make tokens for it',
      );
    }
    return own;
  }

  /** A trigger token starts its workflow where it is now, and nothing else. */
  async #triggerGrants(
    access: Access,
    { triples }: MintingRights,
    workflowId: string,
  ): Promise<Grant[]> {
    // Before the look-up: who holds the scope on other workflows only does not learn which there are.
    if (!givesScope(triples, 'workflows:execute', workflowId)) {
      throw missingScope('workflows:execute');
    }
    const facts = await this.#findWorkflow(workflowId);
    await access.decideWorkflow('workflows:execute', facts);
    return [
      {
        name: TOKEN_GRANT,
        scopes: [{ scope: 'workflows:execute', workflowId }],
        workspaces: [facts!.workspace],
      },
    ];
  }
}

/** The stored token that mints; the one of the configuration is not stored. */
function minterOf({ token, tokenId }: Principal): string | undefined {
  return token?.kind === 'bootstrap' ? undefined : tokenId;
}

async function requireTokensAdmin(
  access: Access,
  { triples }: MintingRights,
): Promise<void> {
  if (await access.allows('tokens:admin')) return;
  if (triples.some(({ scope }) => scope === 'tokens:admin')) {
    throw new OrchestratorError(
      'auth.policy_denied',
      'The permission policy does not allow this',
    );
  }
  throw missingScope('tokens:admin');
}
