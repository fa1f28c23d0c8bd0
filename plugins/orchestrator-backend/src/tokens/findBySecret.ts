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

import { parseOrchestratorToken } from '@flowgate/backstage-plugin-orchestrator-common';
import { OrchestratorError } from '../errors/OrchestratorError';
import { keyOf, openRecord } from './openRecord';
import type { FindRecord, StoredSecret, TokenRecord } from './StoredToken';

/** A token with the one of its secrets that was presented. */
export interface OpenedToken {
  readonly record: TokenRecord;
  readonly secret: StoredSecret;
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
  const record = parts && (await findRecord(parts.id));
  if (!record) return undefined;
  try {
    const keys = record.secrets.map(keyOf);
    const { secret } = openRecord({ text, parts }, record, keys, now);
    return { record, secret };
  } catch (error) {
    if (error instanceof OrchestratorError) return undefined;
    throw error;
  }
}
