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

import type { JsonValue } from '@backstage/types';
import type { Compilation } from './Compilation';
import type { ResultTarget } from './Definition';
import { parsePath } from './paths';

/** Reads where a result goes: a path of keys; anything else is evaluated and stores nothing, as in SonataFlow. */
export function readTarget(
  compilation: Compilation,
  path: string,
  value: JsonValue | undefined,
): ResultTarget | undefined {
  const expression = compilation.expression(path, value);
  if (expression === undefined) {
    return undefined;
  }
  const keys = parsePath(expression.text);
  if (keys !== undefined) {
    return { kind: 'path', path: keys };
  }
  compilation.warn(
    path,
    `${expression.text.slice(
      0,
      200,
    )} is not a path of keys: nothing is stored there, as in SonataFlow`,
  );
  return { kind: 'nowhere', expression };
}
