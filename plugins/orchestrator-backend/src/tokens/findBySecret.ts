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

import { timingSafeEqual } from 'node:crypto';
import { parseOrchestratorToken } from '@flowgate/backstage-plugin-orchestrator-common';
import { hashOfToken } from './minting/tokenSecret';
import type { FindRecord, StoredSecret, TokenRecord } from './StoredToken';

/** A token with the one of its secrets that was presented. */
export interface OpenedToken {
  readonly record: TokenRecord;
  readonly secret: StoredSecret;
}

/** The secret of a token that a text is, dead or alive. All are compared, each in the same time. */
export function matchSecret(
  { secrets }: TokenRecord,
  text: string,
): StoredSecret | undefined {
  const presented = Buffer.from(hashOfToken(text), 'hex');
  let found: StoredSecret | undefined;
  for (const secret of secrets) {
    if (timingSafeEqual(Buffer.from(secret.hash, 'hex'), presented)) {
      found = secret;
    }
  }
  return found;
}

/**
 * The live token that a text opens, asked of the database; undefined where there is none. A text that is no token costs no query.
 *
 * @param now - milliseconds since the epoch
 */
export async function findBySecret(
  findRecord: FindRecord,
  text: string,
  now: number,
): Promise<OpenedToken | undefined> {
  const parts = parseOrchestratorToken(text);
  if (!parts) return undefined;
  const record = await findRecord(parts.id);
  if (record?.token.kind !== parts.kind) return undefined;
  const secret = matchSecret(record, text);
  const isLive =
    secret !== undefined &&
    now < secret.expiresAt &&
    record.token.revokedAt === undefined;
  return isLive ? { record, secret } : undefined;
}
