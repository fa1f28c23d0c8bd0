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

/** More runs than these are forgotten, the oldest first. */
const MAX_RUNS = 10_000;

/** Tokens of runs in memory. */
export class MemoryTokens {
  readonly #byRun = new Map<string, Map<string, string>>();
  readonly #maxRuns: number;

  constructor(maxRuns: number = MAX_RUNS) {
    this.#maxRuns = maxRuns;
  }

  set(runId: string, provider: string, token: string): void {
    const tokens = this.#byRun.get(runId) ?? new Map<string, string>();
    this.#byRun.delete(runId);
    this.#byRun.set(runId, tokens.set(provider, token));
    if (this.#byRun.size > this.#maxRuns) {
      const [oldest] = this.#byRun.keys();
      this.#byRun.delete(oldest);
    }
  }

  get(runId: string, provider: string): string | undefined {
    return this.#byRun.get(runId)?.get(provider);
  }

  delete(runIds: readonly string[]): void {
    runIds.forEach(id => this.#byRun.delete(id));
  }
}
