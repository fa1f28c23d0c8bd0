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

/** What went wrong in a run. */
export interface Failure {
  /**
   * `http`: a call was answered with a status of failure; `network`: it was not answered; `timeout`: not in time; `answer`: with
   * something that is not JSON; `expression`: jq failed; `secret`: a secret is missing; `refused`: the call may not be made;
   * `child`: a sub-flow failed or was aborted; `limit`: a limit of the engine; `definition`: the definition or the engine is at fault.
   */
  readonly kind:
    | 'http'
    | 'network'
    | 'timeout'
    | 'answer'
    | 'expression'
    | 'secret'
    | 'refused'
    | 'child'
    | 'limit'
    | 'definition';
  /** May be shown to whoever may read the run. */
  readonly message: string;
  /** What error codes are compared with, where it is not the message. */
  readonly matched?: string;
  /** The status of the answer. */
  readonly status?: number;
}

/** What a call came to. */
export type Outcome =
  | { readonly value: JsonValue }
  | { readonly failure: Failure };
