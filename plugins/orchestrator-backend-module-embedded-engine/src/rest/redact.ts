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

import type { JsonObject, JsonValue } from '@backstage/types';
import { setKey } from '../language/merge';

const REDACTED = '<redacted>';

/** The forms in which a text may come back. */
function forms(text: string): string[] {
  return [
    text,
    // half of a surrogate pair has no encoding
    encodeURIComponent(Buffer.from(text).toString()),
    // as a query has it
    new URLSearchParams([['', text]]).toString().slice(1),
    JSON.stringify(text).slice(1, -1),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
  ];
}

function redactText(text: string, hidden: readonly string[]): string {
  return hidden.reduce(
    (result, secret) => result.split(secret).join(REDACTED),
    text,
  );
}

function walk(value: JsonValue, hidden: readonly string[]): JsonValue {
  if (typeof value === 'string') {
    return redactText(value, hidden);
  }
  if (typeof value === 'number') {
    return hidden.some(secret => String(value).includes(secret))
      ? REDACTED
      : value;
  }
  if (Array.isArray(value)) {
    return value.map(item => walk(item, hidden));
  }
  if (typeof value === 'object' && value !== null) {
    const result: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      setKey(result, redactText(key, hidden), walk(item as JsonValue, hidden));
    }
    return result;
  }
  return value;
}

/** Replaces texts wherever they stand in a value, also inside other texts, encoded, and in keys. */
export function redact(
  value: JsonValue,
  secrets: readonly string[],
): JsonValue {
  if (secrets.length === 0) {
    return value;
  }
  const hidden = [...new Set(secrets.filter(Boolean).flatMap(forms))].sort(
    // A longer text may contain a shorter one.
    (a, b) => b.length - a.length,
  );
  return walk(value, hidden);
}
