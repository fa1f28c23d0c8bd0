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

import { type Fault, invalidRequest } from '../../errors/OrchestratorError';
import type { Fields } from './fields';
import type { Filter } from './Filter';
import { FilterParser } from './FilterParser';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;
/** What a list has at most where nobody asks for a page, as RHDH's pages do. */
const UNPAGED = 1_000;

/** A search request after it was read and checked. */
export interface Search {
  readonly filter?: Filter;
  /** Our own name of the field to sort by; absent for the list's own order. */
  readonly orderBy?: string;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
  /** What the answer repeats of the request. */
  readonly paginationInfo: { pageSize?: number; offset?: number };
}

type Json = Record<string, unknown>;

function wholeNumber(
  value: unknown,
  range: readonly [from: number, to: number],
  path: string,
  faults: Fault[],
): number | undefined {
  if (value === undefined) return undefined;
  const [from, to] = range;
  if (
    !Number.isInteger(value) ||
    !(Number(value) >= from && Number(value) <= to)
  ) {
    faults.push({
      path,
      message: `must be a whole number from ${from} to ${to}`,
    });
    return undefined;
  }
  return Number(value);
}

/**
 * Reads the body of a list.
 *
 * @param newestFirst - the direction where no order is asked for
 * @throws OrchestratorError 400 that names every fault
 */
export function readSearch(
  body: unknown,
  fields: Fields,
  newestFirst: boolean,
): Search {
  const { filters, paginationInfo } = (body ?? {}) as Json;
  const parser = new FilterParser(fields);
  const filter =
    filters === undefined ? undefined : parser.parse(filters, 'body/filters');
  const { faults } = parser;

  const page = (paginationInfo ?? {}) as Json;
  const at = 'body/paginationInfo';
  const sizes = [1, MAX_PAGE_SIZE] as const;
  const pageSize = wholeNumber(page.pageSize, sizes, `${at}/pageSize`, faults);
  const offsets = [0, Number.MAX_SAFE_INTEGER] as const;
  const offset = wholeNumber(page.offset, offsets, `${at}/offset`, faults);
  const { orderBy, orderDirection } = page;
  if (orderBy !== undefined && !fields.sortable.includes(orderBy as string)) {
    faults.push({
      path: `${at}/orderBy`,
      message: `must be one of ${fields.sortable.join(', ')}`,
    });
  }
  if (![undefined, 'ASC', 'DESC'].includes(orderDirection as string)) {
    faults.push({
      path: `${at}/orderDirection`,
      message: 'must be ASC or DESC',
    });
  }
  if (faults.length > 0) throw invalidRequest(faults);
  return {
    filter,
    orderBy: fields.plain.get(orderBy as string)?.name,
    descending:
      orderDirection === undefined
        ? orderBy === undefined && newestFirst
        : orderDirection === 'DESC',
    limit:
      paginationInfo === undefined ? UNPAGED : pageSize ?? DEFAULT_PAGE_SIZE,
    offset: offset ?? 0,
    paginationInfo: {
      ...(pageSize !== undefined && { pageSize }),
      ...(offset !== undefined && { offset }),
    },
  };
}
