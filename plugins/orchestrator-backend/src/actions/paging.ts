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

import type { z as Zod } from 'zod/v3';
import { RUN_STATES } from '../workflows/search/fields';

/** Items of a list where nobody says how many. */
export const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/** What the actions take that list something. */
export function pagingShape(z: typeof Zod) {
  return {
    limit: z
      .number()
      .int()
      .min(1)
      .max(MAX_LIMIT)
      .optional()
      .describe(
        `How many to answer with at most: 1 to ${MAX_LIMIT}, ${DEFAULT_LIMIT} by default`,
      ),
    offset: z
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('How many to skip; none by default'),
  };
}

/** The state of a run as an input. */
export function stateShape(z: typeof Zod) {
  return z.enum(RUN_STATES).optional();
}
