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

import type { JsonObject, JsonValue } from '@backstage/types';

/** A place of the language at which a text is read, as an expression or not. */
export interface LeakPosition {
  readonly name: string;
  /**
   * What becomes of a definition that has the secret there: it is refused, it runs and the text stays a text, or the secret is sent
   * with a call, where it belongs.
   */
  readonly outcome: 'refused' | 'literal' | 'sent';
  /** What is special of a definition with a text there; the rest is as in `leakDefinition`. */
  readonly make: (text: string) => JsonObject;
  /** Whether the run waits for the event `go`. */
  readonly waits?: boolean;
}

/** An action that calls a service which answers with what it gets. */
export const echo = (args: JsonValue): JsonObject => ({
  functionRef: { refName: 'echo', arguments: args },
});
/** An action that calls nothing. */
export const konst: JsonObject = { functionRef: 'konst' };

/** A definition of one operation state. */
export const operation = (more: JsonObject): JsonObject => ({
  states: [
    { name: 'A', type: 'operation', actions: [konst], end: true, ...more },
  ],
});
