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

import type { RetryPolicy } from '../language/Definition';

/**
 * How long to wait before a call is made again.
 *
 * @param failures - how many attempts have failed, from 1
 * @param random - from 0 to 1
 * @returns milliseconds
 */
export function retryDelay(
  policy: RetryPolicy,
  failures: number,
  random: number,
): number {
  const cap = policy.maxDelay ?? Number.MAX_SAFE_INTEGER;
  let delay = Math.min(policy.delay, cap);
  for (let i = 1; i < failures && delay < cap; i += 1) {
    const next = (delay + (policy.increment ?? 0)) * (policy.multiplier ?? 1);
    if (next === delay) {
      break;
    }
    delay = Math.min(next, cap);
  }
  const spread = policy.jitterTime ?? delay * (policy.jitterRatio ?? 0);
  return Math.round(Math.max(0, delay + spread * (random * 2 - 1)));
}
