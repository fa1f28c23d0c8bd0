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
import type { DecisionJournal } from '../audit/DecisionJournal';
import type { Access, RequestOrigin } from '../gate/Access';
import type { Gate } from '../gate/Gate';
import type { OperationTable } from '../gate/OperationTable';
import type { Principal } from '../gate/Principal';
import type { ErrorAnswers } from '../routers/answerError';
import { ActionError } from './ActionError';

/** What an action stands for: an operation of the HTTP API, and what its path would name. */
export interface ActionCall {
  /** The name of the action. */
  readonly action: string;
  readonly operationId: string;
  readonly path?: Readonly<Record<string, string>>;
}

/** Actions come without their request, so this is what the audit trail gets in its place. */
function originOf({ action }: ActionCall): RequestOrigin {
  return {
    method: 'POST',
    path: `/api/orchestrator/.backstage/actions/${action}`,
  };
}

/** Lets actions through the gate as if they were requests for the operations that they stand for. */
export class ActionGate {
  readonly #gate: Gate;
  readonly #operations: OperationTable;
  readonly #journal: DecisionJournal;
  readonly #errors: ErrorAnswers;

  constructor(options: {
    gate: Gate;
    operations: OperationTable;
    journal: DecisionJournal;
    errors: ErrorAnswers;
  }) {
    this.#gate = options.gate;
    this.#operations = options.operations;
    this.#journal = options.journal;
    this.#errors = options.errors;
  }

  /**
   * Does the work of an action for whom the gate lets through.
   *
   * @throws ActionError for everything that is refused or fails
   */
  async run<T>(
    credentials: BackstageCredentials,
    call: ActionCall,
    work: (access: Access) => Promise<T>,
  ): Promise<{ output: T }> {
    const origin = originOf(call);
    let principal: Principal | undefined;
    try {
      const access = await this.#gate.passCredentials(
        credentials,
        call,
        origin,
        seen => {
          principal = seen;
        },
      );
      const output = await work(access);
      this.#journal.allowed();
      return { output };
    } catch (thrown) {
      const error = this.#errors.toAnswerable(thrown);
      await this.#journal.failed(error, () => ({
        eventId: this.#operations.get(call.operationId).auditEvent ?? 'request',
        principal,
        origin,
      }));
      this.#errors.log(`Action ${call.action}`, error);
      throw new ActionError(error);
    }
  }
}
