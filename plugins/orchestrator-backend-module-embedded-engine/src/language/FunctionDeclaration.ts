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

import type { Addresses } from './addresses';
import type { CallAuth, OpenApiOperation } from './Definition';
import type { OpenApiCatalog } from './openapi/OpenApiCatalog';

/** A function of a definition, before an action calls it. */
export type FunctionDeclaration =
  | { readonly kind: 'expression'; readonly operation: string; path: string }
  | { readonly kind: 'sysout'; readonly level: string }
  | {
      readonly kind: 'rest';
      readonly method: string;
      readonly url: string;
      readonly auth: readonly CallAuth[];
    }
  | {
      readonly kind: 'openapi';
      readonly operation: OpenApiOperation;
      readonly auth: readonly CallAuth[];
    };

/** What functions refer to. */
export interface FunctionContext {
  readonly addresses: Addresses;
  /** By name; undefined for one that was refused. */
  readonly auth: ReadonlyMap<string, CallAuth | undefined>;
  readonly catalog: OpenApiCatalog;
  /** Whether the workflow may read a secret. */
  readonly hasSecret: (name: string) => boolean;
}
