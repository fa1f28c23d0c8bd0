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
  parseOrchestratorToken,
  type OrchestratorTokenParts,
} from '@flowgate/backstage-plugin-orchestrator-common';
import { AddressRanges } from '../addresses/AddressRanges';
import type { RequestOrigin } from '../gate/Access';
import { invalidToken } from '../gate/BackstagePrincipals';
import type { Principal } from '../gate/Principal';
import type { PrincipalSource, Verified } from '../gate/PrincipalSource';
import { keyOf, openRecord, type SecretKey } from './openRecord';
import type { StoredSecret, TokenRecord } from './StoredToken';
import type { TokenRegistry } from './TokenRegistry';

/** What every managed token begins with, and no other credential. */
const PREFIX = 'orch_';

/** A secret ready to be compared, and whom it stands for. */
interface Key extends SecretKey {
  readonly principal: Principal;
}

function toPrincipal(
  { token, snapshot }: TokenRecord,
  secret: StoredSecret,
  allowed: AddressRanges | undefined,
): Principal {
  const isPersonal = token.kind === 'personal' && token.owner !== undefined;
  return {
    type: 'token',
    ref: isPersonal ? token.owner : `token:${token.id}`,
    tokenId: token.id,
    expiresAt: secret.expiresAt,
    token: {
      kind: token.kind,
      owner: token.owner,
      grants: secret.grants,
      decisions: secret.decisions,
      snapshot,
      allowed,
    },
  };
}

/** The managed tokens. Those that this source lets in are whole, known, not revoked and not expired; what they may do is decided later. */
export class TokenPrincipals implements PrincipalSource {
  readonly name = 'token';
  readonly #registry: TokenRegistry;
  readonly #now: () => number;
  readonly #keys = new WeakMap<TokenRecord, readonly Key[]>();

  /** @param options - `now`: the time of day; milliseconds since the epoch */
  constructor(options: { registry: TokenRegistry; now: () => number }) {
    this.#registry = options.registry;
    this.#now = options.now;
  }

  recognises(token: string): boolean {
    return token.startsWith(PREFIX);
  }

  identityOf(token: string): string | undefined {
    return parseOrchestratorToken(token)?.id;
  }

  /**
   * Verifies a token. What cannot be one is refused without a look-up.
   *
   * @throws OrchestratorError `auth.invalid_token`; `auth.token_revoked` or `auth.token_expired` for who has the whole secret;
   * 503 where the token must be looked up and the database does not answer
   */
  async verify(token: string, origin: RequestOrigin): Promise<Verified> {
    const parts = parseOrchestratorToken(token);
    if (!parts) throw invalidToken();
    return this.#open(
      token,
      parts,
      await this.#registry.lookup(parts.id, origin.address),
    );
  }

  /** Whom a token stands for, by its newest secret, to explain what it may do. */
  principalOf(record: TokenRecord): Principal {
    return this.#keysOf(record)[0].principal;
  }

  #open(
    token: string,
    parts: OrchestratorTokenParts,
    record: TokenRecord | undefined,
  ): Verified {
    if (!record) throw invalidToken();
    const match = openRecord(
      { text: token, parts },
      record,
      this.#keysOf(record),
      this.#now(),
    );
    return {
      principal: match.principal,
      expiresAt: match.secret.expiresAt,
      isCurrent: () => this.#registry.holds(record),
      reload: async () =>
        this.#open(token, parts, await this.#registry.reload(parts.id)),
    };
  }

  /** Worked out once for each record, the newest secret first. */
  #keysOf(record: TokenRecord): readonly Key[] {
    const known = this.#keys.get(record);
    if (known) return known;
    const { allowedCidrs } = record.token;
    const allowed = allowedCidrs && AddressRanges.parse(allowedCidrs);
    const keys = record.secrets.map(secret => ({
      ...keyOf(secret),
      principal: toPrincipal(record, secret, allowed),
    }));
    this.#keys.set(record, keys);
    return keys;
  }
}
