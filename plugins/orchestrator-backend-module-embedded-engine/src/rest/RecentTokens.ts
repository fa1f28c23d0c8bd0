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

const MAX_WORKFLOWS = 1_000;
const MAX_TOKENS = 8;

/** The last tokens that calls of workflows were sent with: a service may hand to a later call what it was sent before. */
export class RecentTokens {
  readonly #byWorkflow = new Map<string, readonly string[]>();

  add(workflowId: string, token: string): void {
    const others = this.of(workflowId).filter(other => other !== token);
    this.#byWorkflow.delete(workflowId);
    this.#byWorkflow.set(workflowId, [token, ...others].slice(0, MAX_TOKENS));
    if (this.#byWorkflow.size > MAX_WORKFLOWS) {
      const [oldest] = this.#byWorkflow.keys();
      this.#byWorkflow.delete(oldest);
    }
  }

  of(workflowId: string): readonly string[] {
    return this.#byWorkflow.get(workflowId) ?? [];
  }
}
