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

import type { Arguments, Expression, ResultTarget } from './Expression';

/** An event that a definition declares. */
export interface EventDeclaration {
  readonly name: string;
  readonly type: string;
  /** The source that its events must have; absent for any. */
  readonly source?: string;
  readonly kind: 'consumed' | 'produced';
  /** What its events must share with the one that started the run. */
  readonly correlation: readonly {
    readonly attribute: string;
    /** The value that the attribute must have, whatever the run was started by. */
    readonly value?: string;
  }[];
}

/** An event that is sent on a transition, at an end or by an action. */
export interface EventToProduce {
  /** The name of its declaration. */
  readonly event: string;
  /** The whole workflow data where absent. */
  readonly data?: Expression;
  /** Further attributes of the event: a template of an object of texts. */
  readonly attributes?: Arguments;
}

/** What of an event goes into the data, and where. */
export interface EventFilter {
  readonly useData: boolean;
  /** Evaluated over the data of the event. */
  readonly data?: Expression;
  readonly to?: ResultTarget;
}
