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

import { auditEntryOf } from '../audit/auditEntry';
import { AuditStore } from '../database/AuditStore';
import type { IndexDatabase } from '../database/IndexDatabase';
import { toStorableText } from '../database/storableText';
import type { TokenChangeStore } from '../database/TokenChangeStore';
import { WorkflowTokenStore } from '../database/WorkflowTokenStore';
import type { Access } from '../gate/Access';

const REASON = 'the workflow was deleted';

/** The tokens that are for one workflow. They end with it. */
export class WorkflowTokens {
  readonly #store: WorkflowTokenStore;
  readonly #now: () => number;

  constructor(options: {
    database: IndexDatabase;
    changes: TokenChangeStore;
    now: () => number;
  }) {
    const { database, changes, now } = options;
    const audit = new AuditStore();
    this.#store = new WorkflowTokenStore({ database, changes, audit });
    this.#now = now;
  }

  /**
   * Ends what tokens may do with a workflow.
   *
   * @param access - of who deletes the workflow
   * @throws OrchestratorError `service.unavailable`
   */
  async end(access: Access, workflowId: string): Promise<void> {
    const by = toStorableText(access.principal.ref);
    await this.#store.end(
      workflowId,
      { by, reason: REASON },
      this.#now(),
      ({ tokenId, kind }) => ({
        ...auditEntryOf(
          {
            event: 'token.revoked',
            workflowId,
            outcome: 'succeeded',
            meta: { reason: REASON, byTokenId: access.principal.tokenId, kind },
          },
          access,
        ),
        tokenId,
      }),
    );
  }
}
