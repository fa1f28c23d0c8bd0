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

// The text of managed tokens, read as others read it: by what is published of it.

/** A managed token and nothing else. */
export const ORCHESTRATOR_TOKEN =
  /^orch_(?<kind>svc|pat|grp|trg)_(?<id>[0-9A-Za-z]{12})(?<secret>[0-9A-Za-z]{43})(?<checksum>[0-9A-Za-z]{6})$/;

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function checksumOf(text) {
  let digits = '';
  for (
    let rest = crc32(text);
    digits.length < 6;
    rest = Math.floor(rest / 62)
  ) {
    digits = BASE62[rest % 62] + digits;
  }
  return digits;
}

/** Whether a text is a managed token whose checksum holds. */
export function isToken(text) {
  const match = ORCHESTRATOR_TOKEN.exec(text);
  return (
    match !== null && checksumOf(text.slice(0, -6)) === match.groups.checksum
  );
}

/** A well-formed token of its parts: the code of its kind, its id, and 43 digits. */
export function tokenOf(code, id, secret) {
  const body = `orch_${code}_${id}${secret}`;
  return `${body}${checksumOf(body)}`;
}

/** A token with the id of another and a secret that nobody has, well formed. */
export function withOtherSecret(text) {
  const last = text.at(-7);
  const body = `${text.slice(0, -7)}${last === '0' ? '1' : '0'}`;
  return `${body}${checksumOf(body)}`;
}
