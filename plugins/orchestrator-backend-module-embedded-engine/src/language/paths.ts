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

const SEGMENT =
  /\.([A-Za-z_][A-Za-z0-9_]*)|\.?\["((?:[^"\\])*)"\]|\."((?:[^"\\])*)"/y;

/**
 * Reads an expression that is nothing but a path of keys: `.`, `.a.b`, `.["a-b"].c`.
 *
 * @returns the keys, or undefined where the expression is anything else
 */
export function parsePath(expression: string): string[] | undefined {
  if (expression === '.') {
    return [];
  }
  if (!expression.startsWith('.')) {
    return undefined;
  }
  const path: string[] = [];
  let position = 0;
  while (position < expression.length) {
    SEGMENT.lastIndex = position;
    const found = SEGMENT.exec(expression);
    if (found === null) {
      return undefined;
    }
    path.push(found[1] ?? found[2] ?? found[3]);
    position += found[0].length;
  }
  return path;
}
