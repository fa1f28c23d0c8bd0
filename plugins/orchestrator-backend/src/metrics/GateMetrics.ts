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

/** What the gate counts. No ref, id or secret ever becomes a label. */
export interface GateMetrics {
  /** A credential was verified by a source, or found among the remembered ones. */
  verified(source: string, succeeded: boolean): void;
  /** A request was decided on; `code` is that of the error, or `ok`. */
  decided(outcome: 'allow' | 'deny' | 'error', code: string): void;
  /** A refusal was answered with a 429, by the limit of its address or of the token that was presented. */
  limited(by: 'ip' | 'identity'): void;
}
