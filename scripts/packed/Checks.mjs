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

/** Runs named checks one after the other and counts how they end. */
export class Checks {
  #passed = 0;
  #failed = 0;

  get passed() {
    return this.#passed;
  }

  get failed() {
    return this.#failed;
  }

  /**
   * Runs a check; one that throws has failed, and the next ones run all the same.
   *
   * @param {string} name
   * @param {() => unknown} check
   */
  async check(name, check) {
    try {
      await check();
      this.#passed += 1;
      console.log(`ok      ${name}`);
    } catch (error) {
      this.#failed += 1;
      console.log(`FAILED  ${name}`);
      console.log(String(error.stack ?? error).replace(/^/gm, '        '));
    }
  }
}
