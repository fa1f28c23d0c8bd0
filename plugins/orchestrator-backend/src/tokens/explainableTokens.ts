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

import { OrchestratorError } from '../errors/OrchestratorError';
import type { Principal } from '../gate/Principal';
import type { FindRecord } from './StoredToken';
import type { TokenPrincipals } from './TokenPrincipals';

/** A managed token by its id: whom it stands for, and why it is refused whatever it is used for; absent while it is alive. */
export interface FoundToken {
  readonly principal: Principal;
  readonly refusal?: OrchestratorError;
}

/** Finds tokens by their ids, for explanations of what they may do. */
export function explainableTokens(
  findRecord: FindRecord,
  principals: TokenPrincipals,
  now: () => number,
): (id: string) => Promise<FoundToken | undefined> {
  return async id => {
    const record = await findRecord(id);
    if (!record) {
      return undefined;
    }
    const { token } = record;
    const principal = principals.principalOf(record);
    if (token.revokedAt !== undefined) {
      const refusal = new OrchestratorError(
        'auth.token_revoked',
        'The token was revoked',
      );
      return { principal, refusal };
    }
    const isExpired = now() >= token.expiresAt;
    return {
      principal,
      refusal: isExpired
        ? new OrchestratorError('auth.token_expired', 'The token has expired')
        : undefined,
    };
  };
}
