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
  formatOrchestratorToken,
  hintOfOrchestratorToken,
  parseOrchestratorToken,
  parseScope,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import {
  toSecretRow,
  toTokenRow,
  TOKEN_SECRETS,
  TOKENS,
} from '../../database/tokenRows';
import { TOKEN_GRANT } from '../../grants/storedGrants';
import type { StoredSecret, StoredToken } from '../StoredToken';

/** When the tokens of the tests are made; milliseconds since the epoch. */
export const MINTED_AT = Date.UTC(2026, 0, 1);

/** When they end. */
export const EXPIRES_AT = MINTED_AT + 3_600_000;

/** The text of a secret of a token: the same for the same kind, id and number. */
export function textOf(
  { kind, id }: Pick<StoredToken, 'kind' | 'id'>,
  version: number,
): string {
  const secret = createHash('sha256')
    .update(`${id} ${version}`)
    .digest('hex')
    .slice(0, 43);
  return formatOrchestratorToken({ kind, id, secret });
}

/** A token as it is stored. */
export function someToken(more: Partial<StoredToken> = {}): StoredToken {
  const kind = more.kind ?? 'service';
  const id = more.id ?? 'tokenNumber1';
  return {
    id,
    kind,
    name: 'A token',
    description: '',
    createdBy: 'user:default/alice',
    createdAt: MINTED_AT,
    version: 1,
    hint: hintOfOrchestratorToken(textOf({ kind, id }, more.version ?? 1)),
    expiresAt: EXPIRES_AT,
    useCount: 0,
    ...more,
  };
}

/** A secret of a token as it is stored. */
export function someSecret(
  token: StoredToken,
  more: Partial<StoredSecret> = {},
): StoredSecret {
  const version = more.version ?? token.version;
  return {
    version,
    hash: createHash('sha256').update(textOf(token, version)).digest('hex'),
    grants: [{ name: TOKEN_GRANT, scopes: [parseScope('workflows:read')!] }],
    createdAt: MINTED_AT,
    expiresAt: EXPIRES_AT,
    ...more,
  };
}

/** Stores a token with its secrets, by default the one of its newest version. */
export async function insertToken(
  knex: Knex,
  token: StoredToken,
  secrets: readonly StoredSecret[] = [someSecret(token)],
): Promise<void> {
  await knex(TOKENS).insert(toTokenRow(token));
  await knex(TOKEN_SECRETS).insert(
    secrets.map(secret => toSecretRow(token.id, secret)),
  );
}

/** A text that has the form of a token and that nobody has made. */
export function unknownText(id = 'nobodysToken'): string {
  return textOf({ kind: 'service', id }, 0);
}

/** A token's text with another secret and the checksum that belongs to it. */
export function withOtherSecret(text: string): string {
  const parts = parseOrchestratorToken(text)!;
  const first = parts.secret.startsWith('x') ? 'y' : 'x';
  return formatOrchestratorToken({
    ...parts,
    secret: `${first}${parts.secret.slice(1)}`,
  });
}
