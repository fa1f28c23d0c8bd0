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

import type { FieldValue, Filter } from './Filter';

/**
 * Whether a text fits a pattern, in which `%` and `*` stand for any text and `_` for one character, as in the LIKE of
 * SonataFlow's Data Index. Its time grows with the product of both lengths, never faster.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  const characters = [...text];
  const parts = [...pattern];
  const isAny = (part: string) => part === '%' || part === '*';
  let at = 0;
  let part = 0;
  let lastAny = -1;
  let resumeAt = 0;
  while (at < characters.length) {
    if (part < parts.length && isAny(parts[part])) {
      lastAny = part;
      resumeAt = at;
      part += 1;
    } else if (
      part < parts.length &&
      (parts[part] === '_' || parts[part] === characters[at])
    ) {
      at += 1;
      part += 1;
    } else if (lastAny >= 0) {
      resumeAt += 1;
      at = resumeAt;
      part = lastAny + 1;
    } else {
      return false;
    }
  }
  return parts.slice(part).every(isAny);
}

/** Whether a row fits a filter. */
export function matchesFilter(
  filter: Filter,
  valueOf: (field: string) => FieldValue,
): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every(part => matchesFilter(part, valueOf));
    case 'or':
      return filter.of.some(part => matchesFilter(part, valueOf));
    case 'not':
      return !matchesFilter(filter.of, valueOf);
    default:
      break;
  }
  const value = valueOf(filter.field);
  if (filter.kind === 'absent') return (value === null) === filter.absent;
  if (value === null) return false;
  switch (filter.kind) {
    case 'equal':
      return filter.values.includes(value);
    case 'like':
      return matchesPattern(String(value), filter.pattern);
    default:
      return compares(Number(value), filter.operator, filter.bound);
  }
}

function compares(
  value: number,
  operator: '>' | '>=' | '<' | '<=',
  bound: number,
): boolean {
  switch (operator) {
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '<':
      return value < bound;
    default:
      return value <= bound;
  }
}
