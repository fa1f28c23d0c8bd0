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

import type { Request } from 'express';
import {
  OrchestratorError,
  type Fault,
  invalidRequest,
} from '../errors/OrchestratorError';
import type { RequestOrigin } from './Access';
import { type Authenticator, type Caller, missingToken } from './Authenticator';
import type { CallerRights } from './CallerRights';
import { GrantedAccess } from './GrantedAccess';
import type { Operation } from './operations';
import type { OperationTable } from './OperationTable';
import type { PermissionPolicy } from './PermissionPolicy';
import { isOrchestratorId } from '@flowgate/backstage-plugin-orchestrator-common';

/** A request that has passed the gate, or that needs not to. */
export interface Passed {
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
  /** Absent for public operations. */
  readonly access?: GrantedAccess;
}

/**
 * The gate: credential, principal, grant, decision, in one direction. It knows operations and their scopes, but no workflow:
 * the decisions that depend on one are made by the same {@link GrantedAccess} once it is loaded.
 */
export class Gate {
  readonly #table: OperationTable;
  readonly #authenticator: Authenticator;
  readonly #rights: CallerRights;
  readonly #policy: PermissionPolicy;

  constructor(options: {
    table: OperationTable;
    authenticator: Authenticator;
    rights: CallerRights;
    policy: PermissionPolicy;
  }) {
    this.#table = options.table;
    this.#authenticator = options.authenticator;
    this.#rights = options.rights;
    this.#policy = options.policy;
  }

  /** The operation that a request names, without a look at its caller; undefined where there is none. */
  operationOf(req: Request): Operation | undefined {
    return this.#table.find(req.path)?.operations.get(methodOf(req));
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
    seen: (caller: Caller) => void,
  ): Promise<Passed> {
    const match = this.#table.find(req.path);
    const operation = match?.operations.get(methodOf(req));
    if (match && operation?.isPublic) {
      return { operation, path: match.parameters };
    }
    const caller = await this.#authenticator.authenticate(req);
    seen(caller);
    if (!match) {
      throw (
        this.#refuseAnonymous(caller) ??
        new OrchestratorError('request.not_found', 'No such operation')
      );
    }
    if (!operation) {
      const allow = [...match.operations.keys()].sort();
      throw (
        this.#refuseAnonymous(caller) ??
        new OrchestratorError(
          'request.method_not_allowed',
          'The method is not allowed here',
          { allow },
        )
      );
    }
    checkIds(match.parameters);
    const access = new GrantedAccess({
      caller,
      rights: await this.#rights.of(caller),
      policy: this.#policy,
      origin,
    });
    const scopes = [...operation.scopes];
    for (const { parameter, scopes: more } of operation.scopesIf) {
      if (req.query[parameter] !== undefined) scopes.push(...more);
    }
    access.requireScopes(scopes, match.parameters.workflowId);
    if (!operation.isList) {
      await access.requirePolicy(scopes);
    }
    return { operation, path: match.parameters, access };
  }

  /** What does not exist is not told to those who presented nothing. */
  #refuseAnonymous(caller: Caller): OrchestratorError | undefined {
    return caller.principal.type === 'anonymous' ? missingToken() : undefined;
  }
}

/** HEAD is answered as GET. */
function methodOf(req: Request): string {
  return req.method === 'HEAD' ? 'GET' : req.method;
}

function checkIds(parameters: Readonly<Record<string, string>>): void {
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (!isOrchestratorId(value)) {
      faults.push({ path: `path/${name}`, message: 'is not an id' });
    }
  }
  if (faults.length > 0) {
    throw invalidRequest(faults);
  }
}
