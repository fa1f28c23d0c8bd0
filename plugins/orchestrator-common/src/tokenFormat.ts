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

/**
 * The kinds of managed tokens.
 *
 * @public
 */
export type OrchestratorTokenKind =
  | 'service'
  | 'personal'
  | 'group'
  | 'trigger'
  | 'agent';

/**
 * The parts of a managed token's text.
 *
 * @public
 */
export interface OrchestratorTokenParts {
  readonly kind: OrchestratorTokenKind;
  /** 12 characters that name the token and are no secret. */
  readonly id: string;
  /** 43 characters, 256 bits of chance. */
  readonly secret: string;
}

const CODES: Readonly<Record<OrchestratorTokenKind, string>> = {
  service: 'svc',
  personal: 'pat',
  group: 'grp',
  trigger: 'trg',
  agent: 'agt',
};

const KINDS = new Map(
  Object.entries(CODES).map(([kind, code]) => [
    code,
    kind as OrchestratorTokenKind,
  ]),
);

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const PARTS =
  /^orch_(svc|pat|grp|trg|agt)_([0-9A-Za-z]{12})([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

const CHECKSUM_LENGTH = 6;

/**
 * What the text of a managed token looks like, for secret scanners: a regular expression without anchors. A text that it
 * matches and whose checksum holds is a token; see {@link parseOrchestratorToken}.
 *
 * @public
 */
export const ORCHESTRATOR_TOKEN_PATTERN =
  'orch_(?:svc|pat|grp|trg|agt)_[0-9A-Za-z]{61}';

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    // The polynomial of IEEE 802.3, bits reversed.
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i += 1) {
    crc = CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i += 1) {
    digits = BASE62[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/**
 * Writes the text of a managed token: `orch_<kind>_<id><secret><checksum>`, where the checksum is the CRC-32 of IEEE 802.3 over
 * everything before it, in base62 with the digits `0-9A-Za-z`, padded to 6.
 *
 * @throws TypeError where the id or the secret does not have its length and characters
 * @public
 */
export function formatOrchestratorToken(parts: OrchestratorTokenParts): string {
  const body = `orch_${CODES[parts.kind]}_${parts.id}${parts.secret}`;
  const text = `${body}${checksum(body)}`;
  const match = PARTS.exec(text);
  if (match?.[2] !== parts.id || match[3] !== parts.secret) {
    throw new TypeError(
      'An id is 12 and a secret 43 characters of 0-9, A-Z and a-z',
    );
  }
  return text;
}

/**
 * Reads the text of a managed token. Whether a token with this text exists, only the plugin can tell.
 *
 * @returns undefined where the text is none, or its checksum does not hold
 * @public
 */
export function parseOrchestratorToken(
  text: string,
): OrchestratorTokenParts | undefined {
  const match = PARTS.exec(text);
  if (!match) {
    return undefined;
  }
  const [, code, id, secret, sum] = match;
  return checksum(text.slice(0, -CHECKSUM_LENGTH)) === sum
    ? { kind: KINDS.get(code)!, id, secret }
    : undefined;
}

/**
 * What a token may be shown as once its secret is gone: prefix, kind and the last 4 characters.
 *
 * @param text - the whole text of the token
 * @public
 */
export function hintOfOrchestratorToken(text: string): string {
  return `${text.slice(0, text.indexOf('_', 5) + 1)}…${text.slice(-4)}`;
}
