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

/** What a field of a row can hold. Times are milliseconds since the epoch. */
export type FieldValue = string | number | boolean | null;

/**
 * A filter after it was read and checked, with the names of our own fields. A field without a value fits nothing but
 * `absent`; `not` holds for every row for which its part does not.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | {
      readonly kind: 'equal';
      readonly field: string;
      readonly values: readonly (string | number | boolean)[];
    }
  | {
      readonly kind: 'absent';
      readonly field: string;
      readonly absent: boolean;
    }
  | { readonly kind: 'like'; readonly field: string; readonly pattern: string }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly operator: '>' | '>=' | '<' | '<=';
      readonly bound: number;
    };

/** The fields that a filter names. */
export function fieldsOf(filter: Filter): Set<string> {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return new Set(filter.of.flatMap(part => [...fieldsOf(part)]));
    case 'not':
      return fieldsOf(filter.of);
    default:
      return new Set([filter.field]);
  }
}
