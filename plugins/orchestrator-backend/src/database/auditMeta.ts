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
import { withoutTokens } from '../tokens/withoutTokens';

/** The most characters of what a row notes beside its columns. */
const MAX_META = 4_000;

/** How much of each text and each list stays, tried in this order where there is too much. */
const SHORTER = [
  { characters: 500, items: 50 },
  { characters: 200, items: 20 },
  { characters: 50, items: 10 },
  { characters: 20, items: 3 },
] as const;

function shorten(value: JsonValue, most: (typeof SHORTER)[number]): JsonValue {
  if (typeof value === 'string') {
    return value.length > most.characters
      ? `${value.slice(0, most.characters)}…`
      : value;
  }
  if (Array.isArray(value)) {
    const kept = value.slice(0, most.items).map(item => shorten(item, most));
    return kept.length < value.length ? [...kept, '…'] : kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, shorten(item!, most)]),
  );
}

/**
 * What a row notes, as text; JSON escapes what databases do not take. What is too long is cut, part by part: whoever causes an
 * event must not choose what is noted of it. Of a token that somebody put where none belongs, no more is kept than its hint.
 */
export function writeAuditMeta(meta: JsonObject | undefined): string | null {
  if (!meta || Object.keys(meta).length === 0) return null;
  let text = withoutTokens(JSON.stringify(meta));
  for (const most of SHORTER) {
    if (text.length <= MAX_META) return text;
    const shorter = shorten(meta, most) as JsonObject;
    text = withoutTokens(JSON.stringify({ ...shorter, isShortened: true }));
  }
  return text.length <= MAX_META ? text : JSON.stringify({ isTooLong: true });
}

/** What a row notes beside its columns; a text that is no object was put there by somebody else. */
export function readAuditMeta(text: string | null): JsonObject | undefined {
  if (text === null) return undefined;
  try {
    const meta = JSON.parse(text);
    if (typeof meta === 'object' && meta !== null) return meta;
  } catch {
    // As below.
  }
  return { isUnreadable: true };
}
