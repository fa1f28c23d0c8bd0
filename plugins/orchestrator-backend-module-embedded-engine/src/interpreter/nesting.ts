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

/** How deep the data of a run may be nested. What works on them goes into them by recursion, and so does JavaScript itself. */
export const MAX_DEPTH = 200;

/** Whether a value is nested deeper than the data of a run may be. */
export function isNestedTooDeeply(value: JsonValue): boolean {
  const goesDeeperThan = (item: JsonValue | undefined, left: number): boolean =>
    typeof item === 'object' &&
    item !== null &&
    (left === 0 ||
      Object.values(item).some(part => goesDeeperThan(part, left - 1)));
  return goesDeeperThan(value, MAX_DEPTH);
}
