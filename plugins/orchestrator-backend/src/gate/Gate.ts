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

import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { Request } from 'express';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { FailureLimits } from '../limits/FailureLimits';
import type { RequestOrigin } from './Access';
import { type Authenticator, type Caller, missingToken } from './Authenticator';
import { checkAddress, checkIds, checkKind } from './callChecks';
import type { CallerRights } from './CallerRights';
import { type DecisionSources, GrantedAccess } from './GrantedAccess';
import type { Operation } from './operations';
import type { OperationTable } from './OperationTable';
import type { Principal } from './Principal';
import type { OperationCall, Passed, TokenUses } from './passage';
import { proven } from './powerfulUse';
import { refusalWithin } from './refusalLimit';
import { Rights } from './Rights';

/**
 * The gate: credential, principal, grant, decision, in one direction. It knows operations and their scopes, but no workflow:
 * the decisions that depend on one are made by the same {@link GrantedAccess} once it is loaded.
 */
export class Gate {
  readonly #table: OperationTable;
  readonly #authenticator: Authenticator;
  readonly #rights: CallerRights;
  readonly #sources: DecisionSources;
  readonly #limits: FailureLimits;
  readonly #uses: TokenUses;

  constructor(options: {
    table: OperationTable;
    authenticator: Authenticator;
    rights: CallerRights;
    sources: DecisionSources;
    limits: FailureLimits;
    uses: TokenUses;
  }) {
    this.#table = options.table;
    this.#authenticator = options.authenticator;
    this.#rights = options.rights;
    this.#sources = options.sources;
    this.#limits = options.limits;
    this.#uses = options.uses;
  }

  /** The operation that a request names, without a look at its caller; undefined where there is none. */
  operationOf(req: Request): Operation | undefined {
    return this.#table.find(req.path)?.operations.get(methodOf(req));
  }

  /** The id of the managed token that a request presents, or claims to. */
  identityOf(req: Request): string | undefined {
    return this.#authenticator.identityOf(req);
  }

  /**
   * Lets a request pass, or refuses it. Who calls is settled first, so that nobody without a valid credential learns which
   * operations exist.
   *
   * @param seen - is told who calls as soon as that is known, for the audit trail of a refusal
   * @throws OrchestratorError where the request may not pass
   */
  async pass(
    req: Request,
    origin: RequestOrigin,
    seen: (principal: Principal) => void,
  ): Promise<Passed> {
    const match = this.#table.find(req.path);
    const operation = match?.operations.get(methodOf(req));
    if (match && operation?.isPublic) {
      return { operation, path: match.parameters };
    }
    const caller = await this.#authenticate(req, origin, operation);
    const { principal } = caller;
    await this.#admit(caller, origin, seen);
    if (!match) {
      throw (
        this.#refuseAnonymous(principal) ??
        new OrchestratorError('request.not_found', 'No such operation')
      );
    }
    if (!operation) {
      const allow = [...match.operations.keys()].sort();
      throw (
        this.#refuseAnonymous(principal) ??
        new OrchestratorError(
          'request.method_not_allowed',
          'The method is not allowed here',
          { allow },
        )
      );
    }
    return {
      operation,
      path: match.parameters,
      access: await this.#enter(caller, operation, match.parameters, {
        query: req.query,
        origin,
      }),
    };
  }

  /**
   * Decides once more on a request that has passed, for an answer that goes on for long: all that decided on it decides again. It is
   * neither another use of its credential nor, where it is refused now, another failure.
   *
   * @throws OrchestratorError where the request would not pass any more
   */
  async renew(
    req: Request,
    { operation, path }: Passed,
    origin: RequestOrigin,
  ): Promise<GrantedAccess> {
    const caller = await proven(
      await this.#authenticator.authenticate(req, origin),
      operation,
    );
    checkAddress(caller.principal, origin);
    return this.#enter(caller, operation, path, { query: req.query, origin });
  }

  /**
   * Lets a call pass that came with credentials in place of a request, as those of actions do: from the principal on, all that
   * decides on a request decides on it.
   *
   * @param seen - is told who calls as soon as that is known, for the audit trail of a refusal
   * @throws OrchestratorError where the call may not pass
   */
  async passCredentials(
    credentials: BackstageCredentials,
    call: OperationCall,
    origin: RequestOrigin,
    seen: (principal: Principal) => void,
  ): Promise<GrantedAccess> {
    const operation = this.#table.get(call.operationId);
    const caller = await proven(
      this.#authenticator.ofCredentials(credentials),
      operation,
    );
    await this.#admit(caller, origin, seen);
    return this.#enter(caller, operation, call.path ?? {}, {
      query: {},
      origin,
    });
  }

  /** Who calls is known, and may call from there. */
  async #admit(
    { principal }: Caller,
    origin: RequestOrigin,
    seen: (principal: Principal) => void,
  ): Promise<void> {
    seen(principal);
    checkAddress(principal, origin);
    await this.#note(principal, origin);
  }

  /** What is asked for is known: the part of the decision that depends on no resource. */
  async #enter(
    caller: Caller,
    operation: Operation,
    path: Readonly<Record<string, string>>,
    { query, origin }: { query: Request['query']; origin: RequestOrigin },
  ): Promise<GrantedAccess> {
    checkIds(path);
    const { tokenId } = caller.principal;
    const isOnItself =
      operation.isOpenToItself &&
      tokenId !== undefined &&
      tokenId === path.tokenId;
    const access = await this.accessOf(caller, origin).catch(error => {
      // A token whose owner is gone may do nothing but end itself.
      if (isOnItself && error.status === 403) {
        return this.#accessWith(new Rights({}), caller, origin);
      }
      throw error;
    });
    if (!isOnItself) {
      await this.#decide(access, operation, path, query);
    }
    return access;
  }

  async #note(principal: Principal, origin: RequestOrigin): Promise<void> {
    const { token, tokenId } = principal;
    if (token?.kind === 'bootstrap') {
      await this.#uses.bootstrapUsed(principal, origin);
    } else if (tokenId !== undefined) {
      this.#uses.used(tokenId, origin.address);
    }
  }

  /**
   * What a caller may do, for who knows the caller already.
   *
   * @throws OrchestratorError `auth.policy_unavailable`, or `auth.principal_not_allowed` for tokens whose owner is gone
   */
  async accessOf(
    caller: Caller,
    origin: RequestOrigin,
    sources: Partial<DecisionSources> = {},
  ): Promise<GrantedAccess> {
    await this.#sources.snapshots.seen(caller);
    return this.#accessWith(
      await this.#rights.of(caller),
      caller,
      origin,
      sources,
    );
  }

  #accessWith(
    rights: Rights,
    caller: Caller,
    origin: RequestOrigin,
    sources: Partial<DecisionSources> = {},
  ): GrantedAccess {
    return new GrantedAccess({
      caller,
      rights,
      sources: { ...this.#sources, ...sources },
      origin,
    });
  }

  async #decide(
    access: GrantedAccess,
    operation: Operation,
    path: Readonly<Record<string, string>>,
    query: Request['query'],
  ): Promise<void> {
    checkKind(access.principal, operation);
    const scopes = [...operation.scopes];
    for (const { parameter, scopes: more } of operation.scopesIf) {
      if (query[parameter] !== undefined) scopes.push(...more);
    }
    for (const scope of operation.scopesInstead) {
      if (await access.allows(scope)) return;
    }
    access.requireScopes(scopes, path.workflowId);
    if (!operation.isList) {
      await access.requirePolicy(scopes);
    }
  }

  /** The credential is checked first: one that verifies is served, however many failed before. */
  async #authenticate(
    req: Request,
    origin: RequestOrigin,
    operation: Operation | undefined,
  ): Promise<Caller> {
    try {
      return await proven(
        await this.#authenticator.authenticate(req, origin),
        operation,
      );
    } catch (error) {
      throw await refusalWithin(this.#limits, error, {
        address: origin.address,
        identity: this.#authenticator.identityOf(req),
      });
    }
  }

  /** What does not exist is not told to those who presented nothing. */
  #refuseAnonymous(principal: Principal): OrchestratorError | undefined {
    return principal.type === 'anonymous' ? missingToken() : undefined;
  }
}

/** HEAD is answered as GET. */
function methodOf(req: Request): string {
  return req.method === 'HEAD' ? 'GET' : req.method;
}
