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

import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { Request } from 'express';
import type { RequestOrigin } from './Access';
import type { Principal } from './Principal';

/** A principal that a token proved, and until when the proof holds. */
export interface Verified {
  readonly principal: Principal;
  /** Milliseconds since the epoch; absent where the token has no end. */
  readonly expiresAt?: number;
  /** Whether the proof still holds as far as is known here; absent where nothing but time ends it. Asked on every use. */
  readonly isCurrent?: () => boolean;
  /** Proves it again from the database, for what must not rest on memory; absent where there is nothing to ask. */
  readonly reload?: () => Promise<Verified>;
}

/**
 * One kind of credential that the gate accepts. The sources are asked in order and the first that recognises a token decides;
 * Backstage's is the last, since only Backstage can tell whether a text is one of its tokens. The plugin's own tokens, issuers
 * and sessions each become one more source.
 */
export interface PrincipalSource {
  /** For metrics. */
  readonly name: string;
  /** Whether a token is of this source's kind; decided from its form, without a look-up. */
  recognises(token: string): boolean;
  /**
   * Verifies a token.
   *
   * @throws OrchestratorError where it does not verify
   */
  verify(token: string, origin: RequestOrigin): Promise<Verified>;
  /** What a token that does not verify claims to be, for the limit on failures; undefined where it names nothing. */
  identityOf?(token: string): string | undefined;
  /** Who calls where no `Authorization` header is there; undefined for nobody. Only Backstage's source has it. */
  withoutToken?(req: Request): Promise<Principal | undefined>;
  /**
   * Who calls with credentials that Backstage verified before they came here; undefined for nobody. Only Backstage's source has it.
   *
   * @throws OrchestratorError where they claim to be what they may not
   */
  fromCredentials?(credentials: BackstageCredentials): Principal | undefined;
}
