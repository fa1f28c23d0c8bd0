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

import { createHash, randomBytes } from 'node:crypto';
import {
  formatOrchestratorToken,
  hintOfOrchestratorToken,
  type OrchestratorTokenKind,
} from '@flowgate/backstage-plugin-orchestrator-common';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const ID_LENGTH = 12;
const SECRET_LENGTH = 43;

/** The text of a token that was just made, and what may be kept of it. */
export interface NewSecret {
  /** Shown once, and never kept. */
  readonly text: string;
  readonly hash: string;
  readonly hint: string;
}

/** Characters of which each is as likely as every other. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // Six bits name 64 characters; the two that base62 does not have are thrown away, not folded onto others.
      const digit = byte & 63;
      if (digit < BASE62.length && text.length < length) text += BASE62[digit];
    }
  }
  return text;
}

/** What is kept of the text of a token: SHA-256 in hex over all of it. */
export function hashOfToken(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A new id of a token; it is no secret. */
export function newTokenId(): string {
  return randomText(ID_LENGTH);
}

/** A new secret of a token. */
export function newSecret(kind: OrchestratorTokenKind, id: string): NewSecret {
  const text = formatOrchestratorToken({
    kind,
    id,
    secret: randomText(SECRET_LENGTH),
  });
  return {
    text,
    hash: hashOfToken(text),
    hint: hintOfOrchestratorToken(text),
  };
}
