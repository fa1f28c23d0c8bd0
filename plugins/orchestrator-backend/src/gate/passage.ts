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

import type { RequestOrigin } from './Access';
import type { GrantedAccess } from './GrantedAccess';
import type { Operation } from './operations';
import type { Principal } from './Principal';

/** A request that has passed the gate, or that needs not to. */
export interface Passed {
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
  /** Absent for public operations. */
  readonly access?: GrantedAccess;
}

/** An operation that is asked for without a request, by credentials that Backstage verified. */
export interface OperationCall {
  readonly operationId: string;
  readonly path?: Readonly<Record<string, string>>;
}

/** Is told of every use of the plugin's own tokens, once it is known who calls and from where. */
export interface TokenUses {
  used(tokenId: string, address: string | undefined): void;
  /** @throws OrchestratorError where the use cannot be recorded: it is refused then */
  bootstrapUsed(principal: Principal, origin: RequestOrigin): Promise<void>;
}
