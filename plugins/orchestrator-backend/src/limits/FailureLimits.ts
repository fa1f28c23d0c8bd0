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

/** A credential that was presented and refused. */
export interface Failure {
  /** Where the request came from, as Express says it; absent where that is not known. */
  readonly address?: string;
  /** The id of the managed token that was presented, if it was well-formed; other credentials have none. */
  readonly identity?: string;
}

/** Limits how often credentials may fail. Only refusals are ever limited: a credential that verifies does not come here. */
export interface FailureLimits {
  /**
   * Counts a credential that was refused with a 401. A failure beyond a limit is answered with a 429 and not counted, so
   * that who waits as long as was said is not limited when trying again.
   *
   * Never throws, and never waits for a database.
   *
   * @returns undefined below the limits: the answer stays the 401. Else the whole seconds, at least 1, until a slot frees:
   * the answer is a 429 `auth.rate_limited` with that `Retry-After`.
   */
  refused(failure: Failure): number | undefined | Promise<number | undefined>;
}
