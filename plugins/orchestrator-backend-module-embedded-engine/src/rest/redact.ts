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
    // as a form has it, once whoever shows it has decoded it but for the spaces
    text.replaceAll(' ', '+'),
    encoded,
    // as a query has it: the URL standard encodes the apostrophe there
    encoded.replaceAll("'", '%27'),
    encoded.replaceAll('%2F', '/'),
    new URLSearchParams([['', text]]).toString().slice(1),
  ];
}

function inBase64(text: string): string[] {
  const bytes = Buffer.from(text);
  return [bytes.toString('base64'), bytes.toString('base64url')];
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
    ...inBase64(text),
  ];
}

function redactText(text: string, hidden: readonly string[]): string {
  return hidden.reduce(
    (result, secret) =>
      result.includes(secret) ? result.replaceAll(secret, REDACTED) : result,
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

/** What must not be in what comes back. */
export interface Hidden {
  /** Hidden in every form. */
  readonly secrets: readonly string[];
  /** Texts that hold a secret as it is: they are hidden as a whole, and where their encoding keeps the secret from being found. */
  readonly derived?: readonly string[];
}

/** All forms that are in a value, the longest first: a longer one may contain a shorter one. */
function formsIn(text: string, { derived = [], secrets }: Hidden): string[] {
  const all = new Set([
    ...secrets.flatMap(forms),
    ...derived.flatMap(made => [made, ...inBase64(made)]),
  ]);
  all.delete('');
  return [...all]
    .filter(form => text.includes(JSON.stringify(form).slice(1, -1)))
    .sort((a, b) => b.length - a.length);
}

/** Replaces texts wherever they stand in a value, also inside other texts, encoded, and in keys. */
export function redact(value: JsonValue, hidden: Hidden): JsonValue {
  if (hidden.secrets.length === 0) {
    return value;
  }
  // One search of the whole for each form, instead of one of each text: mostly there is nothing to be found.
  const found = formsIn(JSON.stringify(value), hidden);
  return found.length === 0 ? value : walk(value, found);
}

/** What a call came to, as a run may know it: the texts of a failure are looked at like those of an answer. */
export function redactOutcome<T extends Outcome>(outcome: T, hidden: Hidden): T;
export function redactOutcome(outcome: Outcome, hidden: Hidden): Outcome {
  if ('value' in outcome) {
    return { value: redact(outcome.value, hidden) };
  }
  const { matched, message, ...cause } = outcome.failure;
  return {
    failure: {
      ...cause,
      message: String(redact(message, hidden)),
      ...(matched === undefined
        ? {}
        : { matched: String(redact(matched, hidden)) }),
    },
  };
}
