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

import type { Response } from 'express';
import type { Access } from '../gate/Access';

/** What the gate hands to the handler of an operation, once the caller and the request have passed it. */
export interface OperationContext {
  readonly access: Access;
  /** Path parameters, decoded and checked. */
  readonly path: Readonly<Record<string, string>>;
  /** Query parameters that the operation declares. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Headers that the operation declares, and those with its prefix, by lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body, checked against its schema; undefined where there is none. A {@link DefinitionBody} for definitions. */
  readonly body: unknown;
  /** The media type of the body; undefined where there is none. */
  readonly mediaType?: string;
  /**
   * Decides once more on the same request, for answers that go on for long.
   *
   * @throws OrchestratorError where it would not pass any more
   */
  readonly renew: () => Promise<Access>;
  readonly res: Response;
}

/** The body of the operations that take a definition. */
export interface DefinitionBody {
  readonly source: string;
  readonly format: 'yaml' | 'json';
}

/** Answers one operation. */
export type OperationHandler = (context: OperationContext) => Promise<void>;

/** Handlers by operation id. */
export type OperationHandlers = Readonly<Record<string, OperationHandler>>;
