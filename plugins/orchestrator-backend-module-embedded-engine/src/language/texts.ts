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

/** A key as a segment of a JSON pointer. */
function pointer(key: string | number): string {
  return String(key).replace(/~/g, '~0').replace(/\//g, '~1');
}

/** Below a path. */
export function at(path: string, ...keys: (string | number)[]): string {
  return [path, ...keys.map(pointer)].join('/');
}

/** Removes `${ }` or `{{ }}` around an expression. */
export function unwrap(text: string): string | undefined {
  const trimmed = text.trim();
  for (const [open, close] of [
    ['${', '}'],
    ['{{', '}}'],
  ]) {
    if (
      trimmed.startsWith(open) &&
      trimmed.endsWith(close) &&
      trimmed.length >= open.length + close.length
    ) {
      return trimmed.slice(open.length, -close.length).trim();
    }
  }
  return undefined;
}
