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

/** Values that a filter can be asked with. PostgreSQL takes no NUL, so that nothing can be stored with one. */
export function filterable(values: readonly string[]): string[] {
  return [...new Set(values)].filter(
    value => value !== '' && !value.includes('\0'),
  );
}

/** Values in one filter. */
const CHUNK = 200;

/** Lists that are short enough for one filter each. */
export function chunksOf<T>(values: readonly T[], size = CHUNK): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_none, at) =>
    values.slice(at * size, (at + 1) * size),
  );
}
