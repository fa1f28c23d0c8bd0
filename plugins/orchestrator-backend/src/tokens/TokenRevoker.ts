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
import { isStorableText, toStorableText } from '../database/storableText';
import type { TokenLists } from '../database/TokenLists';
import type { TokenStore } from '../database/TokenStore';
import type { SweepFilter, TokenSweeps } from '../database/TokenSweeps';
import {
  invalidRequest,
  OrchestratorError,
  tokenNotFound,
  type Fault,
} from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import { findBySecret } from './findBySecret';
import { ownerRefsOf } from './ownerRef';
import type { FindRecord, StoredToken } from './StoredToken';
import { toTokenDto, type TokenDto } from './tokenDto';
import { tokenEvent } from './tokenEvent';
import { managesToken, requireVisible } from './TokenVisibility';
import { withoutTokens } from './withoutTokens';

export type RevokeAllRequest = components['schemas']['RevokeAllRequest'];

/** Stands for all owners, and for tokens without one. */
const EVERYBODY = '*';

/** Whose tokens a text names; undefined for everybody's. The caller itself is exactly who it is. */
function ownersOf(
  owner: string,
  ref: string | undefined,
): readonly string[] | undefined {
  if (ref !== undefined) return [ref];
  return owner === EVERYBODY ? undefined : ownerRefsOf(owner);
}

/** Ends tokens, for good. */
export class TokenRevoker {
  readonly #store: TokenStore;
  readonly #sweeps: TokenSweeps;
  readonly #lists: TokenLists;
  readonly #findRecord: FindRecord;
  readonly #audit: AuditTrail;
  readonly #now: () => number;

  constructor(options: {
    store: TokenStore;
    sweeps: TokenSweeps;
    lists: TokenLists;
    findRecord: FindRecord;
    audit: AuditTrail;
    now: () => number;
  }) {
    this.#store = options.store;
    this.#sweeps = options.sweeps;
    this.#lists = options.lists;
    this.#findRecord = options.findRecord;
    this.#audit = options.audit;
    this.#now = options.now;
  }

  /**
   * Revokes a token; one that is revoked already stays as it is.
   *
   * @throws OrchestratorError `token.not_found`
   */
  async revoke(access: Access, id: string, reason?: string): Promise<TokenDto> {
    const listed = await requireVisible(access, await this.#lists.find(id));
    if (listed.token.revokedAt !== undefined) {
      return toTokenDto(listed, this.#now(), false);
    }
    await this.#revoke(access, listed.token, reason);
    const revoked = await this.#lists.find(id);
    if (!revoked) throw tokenNotFound();
    return toTokenDto(revoked, this.#now(), false);
  }

  /**
   * Revokes the token that a secret opens (RFC 7009), where it is the caller's or the caller administers tokens. What the text
   * was, the caller does not learn.
   */
  async revokeBySecret(access: Access, text: string): Promise<void> {
    const found = await findBySecret(this.#findRecord, text, this.#now());
    if (found && (await managesToken(access, found.record.token))) {
      await this.#revoke(access, found.record.token, undefined);
    }
  }

  /**
   * Revokes all live tokens of an owner, or counts them.
   *
   * @throws OrchestratorError 400, or 403 where others than the caller itself are named without tokens:admin
   */
  async revokeAll(
    access: Access,
    request: RevokeAllRequest,
  ): Promise<{ count: number }> {
    const { kind, workspace } = request;
    const { ref } = access.principal;
    const { owner = ref } = request;
    const isOwn = ownerRefsOf(owner).includes(ref);
    if (!isOwn) await requireAdmin(access);
    refuseUnstorable({ owner, workspace });
    const now = this.#now();
    const filter: SweepFilter = {
      owners: ownersOf(owner, isOwn ? ref : undefined),
      kind,
      workspace,
    };
    if (request.dryRun) {
      return { count: await this.#sweeps.count(filter, now) };
    }
    const reason = withoutTokens(request.reason);
    const { principal } = access;
    const count = await this.#audit.around(
      {
        ...tokenEvent(access, 'revoke-all-tokens', 'high'),
        meta: { owner, ofKind: kind, workspace, reason },
      },
      async () => {
        const by = toStorableText(principal.ref);
        const result = await this.#sweeps.revoke(
          filter,
          { by, reason },
          now,
          of =>
            auditEntryOf(
              {
                event: 'token.revoked',
                tokenId: 'id' in of ? of.id : principal.tokenId,
                outcome: 'succeeded',
                meta: {
                  reason,
                  ...('count' in of
                    ? { count: of.count, owner, kind, workspace }
                    : { all: true }),
                },
              },
              access,
            ),
        );
        return { result, meta: { count: result } };
      },
    );
    return { count };
  }

  async #revoke(
    access: Access,
    token: StoredToken,
    given: string | undefined,
  ): Promise<void> {
    const { principal } = access;
    const reason = given && withoutTokens(given);
    await this.#audit.around(
      tokenEvent(access, 'revoke-token', 'medium', token),
      async () => {
        const entry = auditEntryOf(
          {
            event: 'token.revoked',
            tokenId: token.id,
            outcome: 'succeeded',
            meta: { reason },
          },
          access,
        );
        const isFirst = await this.#store.revoke(
          token.id,
          { by: toStorableText(principal.ref), reason },
          this.#now(),
          entry,
        );
        return { result: undefined, meta: isFirst ? {} : { repeated: true } };
      },
    );
  }
}

async function requireAdmin(access: Access): Promise<void> {
  if (!(await access.allows('tokens:admin'))) {
    throw new OrchestratorError(
      'auth.missing_scope',
      'Missing required scope: tokens:admin',
      { requiredScopes: ['tokens:admin'] },
    );
  }
}

function refuseUnstorable(texts: {
  owner: string;
  workspace: string | undefined;
}): void {
  const faults = Object.entries(texts).flatMap(([key, text]): Fault[] =>
    text === undefined || isStorableText(text)
      ? []
      : [
          {
            path: `body/${key}`,
            message: 'has characters that are not allowed here',
          },
        ],
  );
  if (faults.length > 0) throw invalidRequest(faults);
}
