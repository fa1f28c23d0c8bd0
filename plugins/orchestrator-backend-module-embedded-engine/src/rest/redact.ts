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
import type { Outcome } from '../interpreter/RunState';
import { setKey } from '../language/merge';

const REDACTED = '<redacted>';

/** A text as it stands in addresses: in a part of a path or query, in a path that keeps its slashes, and in a form. */
function inAddresses(text: string): string[] {
  // half of a surrogate pair has no encoding
  const encoded = encodeURIComponent(Buffer.from(text).toString());
  return [
    encoded,
    encoded.replaceAll('%2F', '/'),
    new URLSearchParams([['', text]]).toString().slice(1),
  ];
}

/** The forms in which a text may come back, of those that the engine itself gives it. */
function forms(text: string): string[] {
  const inJson = JSON.stringify(text).slice(1, -1);
  return [
    text,
    // as a header has it
    text.trim(),
    inJson,
    ...inAddresses(text),
    ...inAddresses(inJson),
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

/** All forms of texts, the longest first: a longer one may contain a shorter one. */
function formsOf(texts: readonly string[]): readonly string[] {
  return [
    ...new Set(texts.filter(Boolean).flatMap(forms).filter(Boolean)),
  ].sort((a, b) => b.length - a.length);
}

/** Replaces texts wherever they stand in a value, also inside other texts, encoded, and in keys. */
export function redact(value: JsonValue, texts: readonly string[]): JsonValue {
  return texts.length === 0 ? value : walk(value, formsOf(texts));
}

/** What a call came to, as a run may know it: the texts of a failure are looked at like those of an answer. */
export function redactOutcome<T extends Outcome>(
  outcome: T,
  texts: readonly string[],
): T;
export function redactOutcome(
  outcome: Outcome,
  texts: readonly string[],
): Outcome {
  if (texts.length === 0) {
    return outcome;
  }
  const hidden = formsOf(texts);
  if ('value' in outcome) {
    return { value: walk(outcome.value, hidden) };
  }
  const { matched, message, ...cause } = outcome.failure;
  return {
    failure: {
      ...cause,
      message: redactText(message, hidden),
      ...(matched === undefined
        ? {}
        : { matched: redactText(matched, hidden) }),
    },
  };
}
