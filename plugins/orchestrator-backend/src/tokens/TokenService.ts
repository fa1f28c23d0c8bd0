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

import type { TokenIntrospector } from './TokenIntrospector';
import type { TokenMinter } from './TokenMinter';
import type { TokenReader } from './TokenReader';
import type { TokenRenamer } from './TokenRenamer';
import type { TokenRevoker } from './TokenRevoker';
import type { TokenRotator } from './TokenRotator';

/**
 * What callers can do with managed tokens. Every method takes the caller's access first and asks it; nothing else decides.
 */
export interface TokenService {
  readonly reader: TokenReader;
  readonly minter: TokenMinter;
  readonly renamer: TokenRenamer;
  readonly rotator: TokenRotator;
  readonly revoker: TokenRevoker;
  readonly introspector: TokenIntrospector;
}
