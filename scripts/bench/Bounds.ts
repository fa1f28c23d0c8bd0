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

/** What must hold of the figures of a bench, and what did not. */
export class Bounds {
  readonly #enforced: boolean;
  readonly #missed: string[] = [];

  /** @param enforced - false for a bench whose figures mean nothing, as that of a few runs */
  constructor(enforced: boolean) {
    this.#enforced = enforced;
  }

  /** In words; empty where all hold. */
  get missed(): readonly string[] {
    return this.#missed;
  }

  atLeast(what: string, value: number, bound: number): void {
    this.#check(value >= bound, `${what} is ${value}, below ${bound}`);
  }

  atMost(what: string, value: number, bound: number): void {
    this.#check(value <= bound, `${what} is ${value}, above ${bound}`);
  }

  /** For what holds however little is measured. */
  must(what: string, holds: boolean): void {
    if (!holds) this.#missed.push(what);
  }

  #check(holds: boolean, fault: string): void {
    if (this.#enforced && !holds) this.#missed.push(fault);
  }
}
