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

import type { FakeInstance } from './fakeRows';

type Filter = Record<string, any>;

/** `*` and `%` are any text, `_` is any one character, which nothing escapes. */
function isLike(value: unknown, pattern: string): boolean {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/[*%]/g, '[^]*')
    .replace(/_/g, '[^]');
  return typeof value === 'string' && new RegExp(`^${source}$`).test(value);
}

/** As PostgreSQL does: what there is not comes after everything else. */
export function compare(one: any, other: any): number {
  if (one === other) return 0;
  if (one === null || one === undefined) return 1;
  if (other === null || other === undefined) return -1;
  return one < other ? -1 : 1;
}

function isMet(value: any, operator: string, operand: any): boolean {
  const isKnown = value !== undefined && value !== null;
  switch (operator) {
    case 'equal':
      return value === operand;
    case 'in':
      // The real one takes an empty list for no filter at all.
      return operand.length === 0 || operand.includes(value);
    case 'like':
      return isLike(value, operand);
    case 'isNull':
      return isKnown !== operand;
    case 'greaterThan':
      return isKnown && compare(value, operand) > 0;
    case 'greaterThanEqual':
      return isKnown && compare(value, operand) >= 0;
    case 'lessThan':
      return isKnown && compare(value, operand) < 0;
    case 'lessThanEqual':
      return isKnown && compare(value, operand) <= 0;
    case 'between':
      return (
        isKnown &&
        compare(value, operand.from) >= 0 &&
        compare(value, operand.to) <= 0
      );
    default:
      throw new Error(`no such operator: ${operator}`);
  }
}

const OPERATORS = [
  'equal',
  'in',
  'like',
  'isNull',
  'greaterThan',
  'greaterThanEqual',
  'lessThan',
  'lessThanEqual',
  'between',
];

/** A field with operators, or a nested object. */
function isFieldMet(value: any, filter: Filter): boolean {
  return Object.entries(filter).every(([key, operand]) => {
    if (OPERATORS.includes(key)) return isMet(value, key, operand);
    const values = Array.isArray(value) ? value : [value];
    return values.some(one => isFieldMet(one?.[key], operand));
  });
}

/** Whether a row meets a filter, as the real Data Index evaluates it. */
export function meets(row: object, filter: Filter | undefined): boolean {
  return Object.entries(filter ?? {}).every(([key, value]) => {
    // An absent variable is no filter, as `null` is none.
    if (value === undefined || value === null) return true;
    if (key === 'and') return value.every((one: Filter) => meets(row, one));
    if (key === 'not') return !meets(row, value);
    if (key === 'or') {
      return value.some((one: Filter) =>
        Object.entries(one).some(([name, part]) =>
          meets(row, { [name]: part }),
        ),
      );
    }
    return isFieldMet((row as Record<string, unknown>)[key], value);
  });
}

/**
 * Puts rows into the order of a question. Rows that are equal by it come in another order each time: the real one has no
 * tie-breaker.
 *
 * @param seed - another number for another order of equal rows; undefined to leave them as they are
 */
export function inOrder(
  rows: FakeInstance[],
  orderBy: Record<string, string> | undefined,
  seed: number | undefined,
): FakeInstance[] {
  const keys = Object.entries(orderBy ?? {});
  const mixed =
    seed === undefined
      ? rows
      : rows
          .map(row => ({ row, hash: hashOf(row.id, seed) }))
          .sort((one, other) => one.hash - other.hash)
          .map(({ row }) => row);
  return [...mixed].sort((one, other) => {
    for (const [key, direction] of keys) {
      const order = compare(Reflect.get(one, key), Reflect.get(other, key));
      if (order !== 0) return direction === 'DESC' ? -order : order;
    }
    return 0;
  });
}

function hashOf(text: string, seed: number): number {
  let hash = seed * 2_654_435_761;
  for (const character of text) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  }
  return hash;
}
