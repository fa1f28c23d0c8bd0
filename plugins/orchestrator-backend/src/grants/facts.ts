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

import type { AccessRestrictions, PrincipalType } from '../gate/Principal';

/** What grants may depend on: a function of the principal and of nothing in the request. */
export interface PrincipalFacts {
  readonly type: PrincipalType;
  readonly ref: string;
  readonly actor?: string;
  /** Of users: the entity refs through which they own things. */
  readonly groups: readonly string[];
  /** Of users: the address that the catalog has. */
  readonly email?: string;
  readonly accessRestrictions?: AccessRestrictions;
}
