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

import { isStorableText } from '../../database/storableText';
import type { Field, FieldKind } from './fields';
import type { Filter } from './Filter';

const MAX_PATTERN = 255;
const MAX_WILDCARDS = 16;

const OPERATORS: Record<FieldKind, readonly string[]> = {
  text: ['EQ', 'IN', 'IS_NULL'],
  name: ['EQ', 'IN', 'LIKE', 'IS_NULL'],
  choice: ['EQ', 'IN'],
  time: ['EQ', 'GT', 'GTE', 'LT', 'LTE', 'BETWEEN', 'IS_NULL'],
  number: ['EQ', 'GT', 'GTE', 'LT', 'LTE', 'BETWEEN', 'IS_NULL'],
  flag: ['EQ'],
};

const COMPARISONS = { GT: '>', GTE: '>=', LT: '<', LTE: '<=' } as const;

/** A time with a date, and with its zone where it has a time of day. */
const TIME =
  /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** What is wrong with a condition, and under which of its keys. */
export interface ConditionFault {
  readonly fault: string;
  readonly at: 'operator' | 'value';
}

/** @returns undefined where the value does not fit the field */
function readValue(
  field: Field,
  value: unknown,
): string | number | boolean | undefined {
  switch (field.kind) {
    case 'time': {
      const time =
        typeof value === 'string' && TIME.test(value) ? Date.parse(value) : NaN;
      return Number.isNaN(time) ? undefined : time;
    }
    case 'number':
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'choice':
      return field.choices?.includes(value as string)
        ? (value as string)
        : undefined;
    default:
      return typeof value === 'string' && isStorableText(value)
        ? value
        : undefined;
  }
}

function expected(field: Field): string {
  switch (field.kind) {
    case 'time':
      return 'an ISO 8601 time';
    case 'number':
      return 'a whole number';
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${field.choices?.join(', ')}`;
    default:
      return 'a text without NUL characters and broken surrogate pairs';
  }
}

function readAbsence(field: Field, value: unknown): Filter | ConditionFault {
  // RHDH takes the three spellings of true.
  if ([true, 'true', 1].includes(value as string)) {
    return { kind: 'absent', field: field.name, absent: true };
  }
  if ([false, 'false', 0].includes(value as string)) {
    return { kind: 'absent', field: field.name, absent: false };
  }
  return { fault: 'must be true or false', at: 'value' };
}

function readPattern(field: Field, value: unknown): Filter | ConditionFault {
  if (typeof value !== 'string' || !isStorableText(value)) {
    return { fault: `must be ${expected(field)}`, at: 'value' };
  }
  const wildcards = value.replace(/[^%*]/g, '').length;
  if (value.length > MAX_PATTERN || wildcards > MAX_WILDCARDS) {
    return {
      fault: `must have at most ${MAX_PATTERN} characters and ${MAX_WILDCARDS} wildcards`,
      at: 'value',
    };
  }
  return { kind: 'like', field: field.name, pattern: value };
}

/** Reads operator and value of a condition on a field. */
export function readCondition(
  field: Field,
  operator: unknown,
  value: unknown,
): Filter | ConditionFault {
  const allowed = OPERATORS[field.kind];
  if (typeof operator !== 'string' || !allowed.includes(operator)) {
    return {
      fault: `must be one of ${allowed.join(', ')} here`,
      at: 'operator',
    };
  }
  if (operator === 'IS_NULL') return readAbsence(field, value);
  if (operator === 'LIKE') return readPattern(field, value);

  const isList = operator === 'IN' || operator === 'BETWEEN';
  if (isList !== Array.isArray(value)) {
    return { fault: `must ${isList ? '' : 'not '}be an array`, at: 'value' };
  }
  const values = (isList ? (value as unknown[]) : [value]).map(one =>
    readValue(field, one),
  );
  if (values.includes(undefined)) {
    return {
      fault: `must be ${expected(field)}${isList ? ', each' : ''}`,
      at: 'value',
    };
  }
  const read = values as (string | number | boolean)[];
  if (operator === 'EQ' || operator === 'IN') {
    return { kind: 'equal', field: field.name, values: read };
  }
  if (operator === 'BETWEEN') {
    if (read.length !== 2) {
      return { fault: 'must be an array of two', at: 'value' };
    }
    const [from, to] = read as [number, number];
    const { name } = field;
    return {
      kind: 'and',
      of: [
        { kind: 'range', field: name, operator: '>=', bound: from },
        { kind: 'range', field: name, operator: '<=', bound: to },
      ],
    };
  }
  return {
    kind: 'range',
    field: field.name,
    operator: COMPARISONS[operator as keyof typeof COMPARISONS],
    bound: read[0] as number,
  };
}
