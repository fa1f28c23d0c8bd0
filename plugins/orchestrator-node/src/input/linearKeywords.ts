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

import { RE2JS } from '@bufbuild/re2';
import type Ajv from 'ajv';

/** JSON text that is the same for equal values. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(
          Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : part,
  );
}

/**
 * Regular expressions that take time in proportion to the text, whatever the pattern (RE2). Lookarounds and back-references,
 * which cannot be had so, are refused when the schema is compiled.
 */
export const linearRegExp = Object.assign(
  (pattern: string) => {
    try {
      return new RE2JS(pattern);
    } catch (error) {
      throw new Error(
        `the pattern ${JSON.stringify(pattern)} is not supported: ${
          (error as Error).message
        }`,
      );
    }
  },
  // Only of use to schemas that are compiled into files, which are none here.
  { code: '' },
);

/** Puts a `uniqueItems` that looks at each item once in the place of Ajv's, which compares every pair. */
export function useLinearUniqueItems(ajv: Ajv): void {
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    compile: (isWanted: boolean) => (items: unknown[]) =>
      !isWanted || new Set(items.map(canonical)).size === items.length,
  });
}
