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
import type { TokenLists } from '../database/TokenLists';
import type { TokenStore } from '../database/TokenStore';
import { OrchestratorError } from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import type { Suspensions } from './Suspensions';
import { isLive, toTokenDto, type TokenDto } from './tokenDto';
import { tokenEvent } from './tokenEvent';
import { requireVisible } from './TokenVisibility';
import { withoutTokens } from './withoutTokens';

export type UpdateTokenRequest = components['schemas']['UpdateTokenRequest'];

/** Changes what tokens are called. */
export class TokenRenamer {
  readonly #store: TokenStore;
  readonly #lists: TokenLists;
  readonly #suspensions: Suspensions;
  readonly #audit: AuditTrail;
  readonly #now: () => number;

  constructor(options: {
    store: TokenStore;
    lists: TokenLists;
    suspensions: Suspensions;
    audit: AuditTrail;
    now: () => number;
  }) {
    this.#store = options.store;
    this.#lists = options.lists;
    this.#suspensions = options.suspensions;
    this.#audit = options.audit;
    this.#now = options.now;
  }

  /**
   * Changes the name or the description of a live token.
   *
   * @throws OrchestratorError 404, or 409 where the name is taken or the token has ended
   */
  async rename(
    access: Access,
    id: string,
    request: UpdateTokenRequest,
  ): Promise<TokenDto> {
    const listed = await requireVisible(access, await this.#lists.find(id));
    const { token } = listed;
    const now = this.#now();
    // Before the change, so that its answer needs the catalog no more.
    const suspended = await this.#suspensions.among([listed], now);
    if (!isLive(listed, now)) {
      throw new OrchestratorError(
        'token.conflict',
        'The token is revoked or has expired',
      );
    }
    const to = {
      name: withoutTokens(request.name ?? token.name),
      description: withoutTokens(request.description ?? token.description),
    };
    await this.#audit.around(
      tokenEvent(access, 'rename-token', 'low', token),
      async () => {
        const entry = auditEntryOf(
          {
            event: 'token.renamed',
            tokenId: id,
            outcome: 'succeeded',
            meta: {
              from: token.name,
              to: to.name,
            },
          },
          access,
        );
        await this.#store.rename(token, to, now, entry);
        return { result: undefined };
      },
    );
    const renamed = { ...listed, token: { ...token, ...to } };
    return toTokenDto(renamed, now, suspended.has(id));
  }
}
