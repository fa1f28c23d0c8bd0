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

import type { Fault } from '../../errors/OrchestratorError';
import type { Field, Fields } from './fields';
import type { Filter } from './Filter';
import { readCondition } from './readCondition';

const MAX_DEPTH = 8;
const MAX_LEAVES = 50;
const MAX_VALUES = 200;
const MAX_FAULTS = 50;

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name of the caller's, short enough for an answer. */
function quote(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, 100))
    : 'that';
}

/**
 * Reads the filter of a search request. It goes no deeper and no wider than the limits, whatever is sent, and collects every
 * fault that it meets.
 */
export class FilterParser {
  readonly faults: Fault[] = [];
  readonly #fields: Fields;
  #leaves = 0;
  #values = 0;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** @returns undefined where the filter has a fault, which is then among the faults */
  parse(value: unknown, path: string, depth = 1): Filter | undefined {
    if (depth > MAX_DEPTH) {
      return this.#fault(path, `is deeper than ${MAX_DEPTH} levels`);
    }
    if (!isObject(value)) {
      return this.#fault(path, 'must be an object');
    }
    if (value.filters !== undefined) return this.#logical(value, path, depth);
    if (value.nested !== undefined) return this.#nested(value, path, depth);
    return this.#leaf(value, path, this.#fields.plain);
  }

  #logical(value: Json, path: string, depth: number): Filter | undefined {
    const { operator, filters } = value;
    if (operator !== 'AND' && operator !== 'OR' && operator !== 'NOT') {
      this.#fault(`${path}/operator`, 'must be AND, OR or NOT');
    }
    if (!Array.isArray(filters)) {
      return this.#fault(`${path}/filters`, 'must be an array');
    }
    // An OR or NOT of nothing has no meaning that everybody would expect; an AND of nothing asks for nothing.
    if (filters.length === 0 && operator !== 'AND') {
      return this.#fault(`${path}/filters`, 'must not be empty');
    }
    if (filters.length > MAX_LEAVES) {
      return this.#fault(
        `${path}/filters`,
        `must have at most ${MAX_LEAVES} filters`,
      );
    }
    const of: Filter[] = [];
    for (const [index, part] of filters.entries()) {
      const parsed = this.parse(part, `${path}/filters/${index}`, depth + 1);
      if (parsed) of.push(parsed);
      if (this.faults.length >= MAX_FAULTS) return undefined;
    }
    if (operator === 'OR') return { kind: 'or', of };
    const both: Filter = { kind: 'and', of };
    // NOT of several says that they do not all hold.
    return operator === 'NOT' ? { kind: 'not', of: both } : both;
  }

  #nested(value: Json, path: string, depth: number): Filter | undefined {
    const { field, nested } = value;
    if (field !== 'variables') {
      return this.#fault(
        `${path}/field`,
        `${quote(field)} has no nested fields that can be filtered`,
      );
    }
    if (depth + 1 > MAX_DEPTH) {
      return this.#fault(path, `is deeper than ${MAX_DEPTH} levels`);
    }
    if (!isObject(nested)) {
      return this.#fault(`${path}/nested`, 'must be an object');
    }
    return this.#leaf(nested, `${path}/nested`, this.#fields.variables);
  }

  #leaf(
    value: Json,
    path: string,
    fields: ReadonlyMap<string, Field>,
  ): Filter | undefined {
    this.#leaves += 1;
    if (this.#leaves > MAX_LEAVES) {
      return this.#fault(path, `is one of more than ${MAX_LEAVES} conditions`);
    }
    const field =
      typeof value.field === 'string' ? fields.get(value.field) : undefined;
    if (!field) {
      return this.#fault(
        `${path}/field`,
        `${quote(value.field)} is not one of ${[...fields.keys()].join(', ')}`,
      );
    }
    this.#values += Array.isArray(value.value) ? value.value.length : 1;
    if (this.#values > MAX_VALUES) {
      return this.#fault(
        `${path}/value`,
        `brings the filter to more than ${MAX_VALUES} values`,
      );
    }
    const condition = readCondition(field, value.operator, value.value);
    if ('fault' in condition) {
      return this.#fault(`${path}/${condition.at}`, condition.fault);
    }
    return condition;
  }

  #fault(path: string, message: string): undefined {
    this.faults.push({ path, message });
  }
}
