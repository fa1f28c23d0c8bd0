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
  parseScope,
  type components,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { AddressRanges } from '../addresses/AddressRanges';
import { auditEntryOf } from '../audit/auditEntry';
import type { AuditTrail } from '../audit/AuditTrail';
import type { TokenConfig } from '../config/AuthConfig';
import type { TokenStore } from '../database/TokenStore';
import {
  invalidRequest,
  OrchestratorError,
  type Fault,
} from '../errors/OrchestratorError';
import type { Access, MintingRights } from '../gate/Access';
import { intersectGrants, triplesOf, type Grant } from '../grants/Grant';
import { bothDecisions, type PolicyDecisions } from '../grants/PolicyDecisions';
import { isUser } from './minting/kindRules';
import { lifetimeOf } from './minting/lifetime';
import { requireWithin } from './minting/mintedAddresses';
import {
  checkWorkspaces,
  coversScope,
  grantsFor,
  readScopes,
  requireHeld,
} from './minting/mintedGrants';
import { newSecret } from './minting/tokenSecret';
import type { FindRecord, StoredSecret, StoredToken } from './StoredToken';
import { scopesOf, toTokenDto } from './tokenDto';
import { recordedScopes, tokenEvent } from './tokenEvent';
import type { TokenWithSecret } from './TokenMinter';
import { requireVisible } from './TokenVisibility';

export type RotateTokenRequest = components['schemas']['RotateTokenRequest'];

/** For how long the old secret stays of use where the request says nothing; seconds. */
const DEFAULT_OVERLAP = 300;

/** Gives tokens new secrets. To do so is to mint: nobody gets more out of it than they have. */
export class TokenRotator {
  readonly #store: TokenStore;
  readonly #findRecord: FindRecord;
  readonly #kinds: TokenConfig['kinds'];
  readonly #audit: AuditTrail;
  readonly #now: () => number;

  constructor(options: {
    store: TokenStore;
    findRecord: FindRecord;
    kinds: TokenConfig['kinds'];
    audit: AuditTrail;
    now: () => number;
  }) {
    this.#store = options.store;
    this.#findRecord = options.findRecord;
    this.#kinds = options.kinds;
    this.#audit = options.audit;
    this.#now = options.now;
  }

  /**
   * Gives a live token a new secret; the old one works on for the overlap, but never longer than it would have.
   *
   * @throws OrchestratorError 400, 403, 404, or 409 for a token that has ended or is changed by somebody else at the same time
   */
  async rotate(
    access: Access,
    id: string,
    request: RotateTokenRequest,
  ): Promise<TokenWithSecret> {
    const record = await requireVisible(access, await this.#findRecord(id));
    const { token } = record;
    const [old] = record.secrets;
    const rights = await access.minting();
    requireMayHold(access, token);
    const now = this.#now();

    const faults: Fault[] = [];
    const grants = grantsOf(token, old, request, rights, faults);
    const expiresAt = lifetimeOf(
      request,
      { ...this.#kinds[token.kind], mintingExpiresAt: rights.expiresAt },
      now,
    );
    if (typeof expiresAt !== 'number') faults.push(expiresAt);
    if (faults.length > 0) throw invalidRequest(faults);

    const decisions = decisionsOf(old.decisions, rights.decisions);
    requireHeld(grants, rights.triples, decisions);
    const { allowedCidrs } = token;
    requireWithin(
      allowedCidrs && AddressRanges.parse(allowedCidrs),
      rights.allowed,
    );
    requireLive(token, now);

    const { text, hash, hint } = newSecret(token.kind, token.id);
    const { overlapSeconds = DEFAULT_OVERLAP } = request;
    const overlapMs = overlapSeconds * 1_000;
    const end = expiresAt as number;
    const secret: StoredSecret = {
      version: token.version + 1,
      hash,
      grants,
      // A personal token lives by what the policy decides for its owner later on.
      decisions: token.kind === 'personal' ? undefined : decisions,
      createdAt: now,
      expiresAt: end,
    };
    await this.#audit.around(
      tokenEvent(access, 'rotate-token', 'medium', token),
      async () => {
        const entry = auditEntryOf(
          {
            event: 'token.rotated',
            tokenId: id,
            outcome: 'succeeded',
            meta: {
              version: secret.version,
              overlapSeconds,
              scopes: recordedScopes(grants),
              expiresAt: new Date(end).toISOString(),
            },
          },
          access,
        );
        await this.#store.rotate(
          token,
          { secret, hint, overlapMs, previousGrants: old.grants },
          now,
          entry,
        );
        return { result: undefined };
      },
    );
    const rotated = {
      ...token,
      version: secret.version,
      hint,
      expiresAt: end,
      rotatedAt: now,
    };
    const previousExpiresAt = Math.min(old.expiresAt, now + overlapMs, end);
    const listed = { token: rotated, grants, previousExpiresAt };
    return { token: toTokenDto(listed, now, false), secret: text };
  }
}

/** Nobody mints in the name of somebody else. */
function requireMayHold({ principal }: Access, token: StoredToken): void {
  if (
    token.kind === 'personal' &&
    !(isUser(principal) && principal.ref === token.owner)
  ) {
    throw new OrchestratorError(
      'auth.principal_not_allowed',
      'Only the owner of a personal token gives it a new secret',
    );
  }
}

function requireLive(token: StoredToken, now: number): void {
  if (token.revokedAt !== undefined) {
    throw new OrchestratorError('token.conflict', 'The token is revoked');
  }
  if (now >= token.expiresAt) {
    throw new OrchestratorError('token.conflict', 'The token has expired');
  }
}

/** What the new secret is to give: what the old one gave, but for what the request changes. */
function grantsOf(
  token: StoredToken,
  old: StoredSecret,
  { scopes: texts, workspaces }: RotateTokenRequest,
  rights: MintingRights,
  faults: Fault[],
): readonly Grant[] {
  if (texts === undefined && workspaces === undefined) return old.grants;
  if (token.kind === 'trigger') {
    for (const [key, value] of Object.entries({ scopes: texts, workspaces })) {
      if (value === undefined) continue;
      faults.push({
        path: `body/${key}`,
        message:
          'cannot change: a trigger token starts its workflow and no more',
      });
    }
    return old.grants;
  }
  const scopes = texts
    ? readScopes(texts, faults)
    : scopesOf(old.grants).flatMap(text => parseScope(text) ?? []);
  checkWorkspaces(workspaces, scopes, faults);
  if (workspaces) return grantsFor(scopes, workspaces, rights.triples);
  // To name a scope again widens nothing: it stays where the old secret gave it, as far as the minter holds it there.
  const before = triplesOf(old.grants);
  return scopes.flatMap(scope => {
    const held = grantsFor([scope], undefined, rights.triples);
    if (!before.some(triple => coversScope(triple, scope))) return held;
    const kept = grantsFor([scope], undefined, before);
    const both = intersectGrants(kept, held);
    return both.length > 0 ? both : kept;
  });
}

/** What the policy decided for who minted the old secret and what it decides for who mints the new one both hold. */
function decisionsOf(
  old: PolicyDecisions | undefined,
  callers: PolicyDecisions | undefined,
): PolicyDecisions | undefined {
  return old && callers ? bothDecisions(old, callers) : old ?? callers;
}
