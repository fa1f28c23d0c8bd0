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
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const PURPOSE = 'orchestrator embedded engine: tokens of runs, v1';

/** What a text was encrypted for; it cannot be read for anything else. */
export interface Purpose {
  readonly runId: string;
  readonly provider: string;
}

function bound({ provider, runId }: Purpose): Buffer {
  return Buffer.from(JSON.stringify([runId, provider]));
}

/** Encrypts texts, each for one purpose: `v1.<iv>.<text and tag>` in base64url. */
export class TokenCipher {
  readonly #key: Buffer;

  /** @param secretKey - a text of the configuration, from which the key is derived */
  constructor(secretKey: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, '', PURPOSE, 32));
  }

  encrypt(text: string, purpose: Purpose): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, iv);
    cipher.setAAD(bound(purpose));
    const sealed = Buffer.concat([
      cipher.update(text, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return [
      VERSION,
      iv.toString('base64url'),
      sealed.toString('base64url'),
    ].join('.');
  }

  /** The text; undefined where it was encrypted with another key or for another purpose, or is none of ours. */
  decrypt(sealed: string, purpose: Purpose): string | undefined {
    const [version, iv = '', body = '', ...more] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    const start = Buffer.from(iv, 'base64url');
    if (
      version !== VERSION ||
      more.length > 0 ||
      start.length !== IV_BYTES ||
      bytes.length < TAG_BYTES
    ) {
      return undefined;
    }
    const decipher = createDecipheriv(ALGORITHM, this.#key, start, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(bound(purpose));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([
        decipher.update(bytes.subarray(0, -TAG_BYTES)),
        decipher.final(),
      ]).toString();
    } catch {
      return undefined;
    }
  }
}
