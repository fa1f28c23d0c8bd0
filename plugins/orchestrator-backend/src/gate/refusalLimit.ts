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

import { OrchestratorError } from '../errors/OrchestratorError';
import type { FailureLimits } from '../limits/FailureLimits';

/** Past the limit, a credential that was presented and refused gets another answer than the refusal. */
export async function refusalWithin(
  limits: FailureLimits,
  error: unknown,
  from: Parameters<FailureLimits['refused']>[0],
): Promise<unknown> {
  if (
    !(error instanceof OrchestratorError) ||
    error.status !== 401 ||
    error.code === 'auth.missing_token'
  ) {
    return error;
  }
  const retryAfter = await limits.refused(from);
  return retryAfter === undefined
    ? error
    : new OrchestratorError(
        'auth.rate_limited',
        'Too many credentials were refused; try again later',
        { retryAfter },
      );
}
