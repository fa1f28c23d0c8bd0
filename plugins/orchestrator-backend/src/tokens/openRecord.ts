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

import type { OrchestratorTokenParts } from '@flowgate/backstage-plugin-orchestrator-common';
import { hash as digest, timingSafeEqual } from 'node:crypto';
import { OrchestratorError } from '../errors/OrchestratorError';
import { invalidToken } from '../gate/BackstagePrincipals';
import type { StoredSecret, TokenRecord } from './StoredToken';

/** A secret ready to be compared. */
export interface SecretKey {
  readonly digest: Buffer;
  readonly secret: StoredSecret;
}

/** Makes a secret ready to be compared. */
export function keyOf(secret: StoredSecret): SecretKey {
  return { digest: Buffer.from(secret.hash, 'hex'), secret };
}

/**
 * Finds the secret that a text is, and says why it opens nothing: the one place that decides whether a managed token is alive.
 *
 * @param presented - the whole text of the token, and what it was read as
 * @param record - what is stored under its id
 * @param keys - the secrets of the record
 * @param now - milliseconds since the epoch
 * @throws OrchestratorError `auth.invalid_token`; `auth.token_revoked` or `auth.token_expired` for who has the whole secret
 */
export function openRecord<T extends SecretKey>(
  presented: { readonly text: string; readonly parts: OrchestratorTokenParts },
  record: TokenRecord,
  keys: readonly T[],
  now: number,
): T {
  if (record.token.kind !== presented.parts.kind) throw invalidToken();
  const hashed = digest('sha256', presented.text, 'buffer');
  let match: T | undefined;
  for (const key of keys) {
    // Every secret is compared, whichever matches: the time says nothing of them.
    if (timingSafeEqual(hashed, key.digest)) match = key;
  }
  if (!match) throw invalidToken();
  if (record.token.revokedAt !== undefined) {
    throw new OrchestratorError('auth.token_revoked', 'The token was revoked');
  }
  if (now >= match.secret.expiresAt) {
    throw new OrchestratorError('auth.token_expired', 'The token has expired');
  }
  return match;
}
