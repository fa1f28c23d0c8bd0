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

// Uses a token on every replica without a pause, and notes when it was let in last.
import assert from 'node:assert/strict';

/** What may refuse a token here: everything else is a fault of the backend. */
const REFUSALS = new Set(['401 auth.token_revoked', '503 service.unavailable']);

/** One caller for each replica. */
export class Users {
  #users;
  #isStopped = false;
  #work;

  /**
   * @param {import('./Replica.mjs').Replica[]} replicas
   * @param {string} token
   */
  constructor(replicas, token) {
    this.#users = replicas.map(replica => ({
      replica,
      acceptedAt: -Infinity,
      accepted: 0,
      /** In a row, up to now. */
      refused: 0,
      refusals: new Map(),
    }));
    this.#work = Promise.all(this.#users.map(user => this.#go(user, token)));
    // Looked at when they are stopped.
    this.#work.catch(() => {});
  }

  /** When the newest answer came by which a replica let the token in; on the clock of `performance.now`. */
  get acceptedAt() {
    return Math.max(...this.#users.map(({ acceptedAt }) => acceptedAt));
  }

  /** How often the token was let in, by replica. */
  get accepted() {
    return this.#users.map(({ accepted }) => accepted);
  }

  /** How often each replica has refused the token in a row, up to now. */
  get refusedInARow() {
    return this.#users.map(({ refused }) => refused);
  }

  /** The answers that refused the token, with how many of each came. */
  get refusals() {
    const all = {};
    for (const { refusals } of this.#users) {
      for (const [answer, count] of refusals) {
        all[answer] = (all[answer] ?? 0) + count;
      }
    }
    return all;
  }

  /** Ends; throws where an answer was not what a caller may get. */
  async stop() {
    this.#isStopped = true;
    await this.#work;
  }

  async #go(user, token) {
    while (!this.#isStopped) {
      const { status, body } = await user.replica.use(token);
      if (status === 200) {
        user.acceptedAt = performance.now();
        user.accepted += 1;
        user.refused = 0;
        continue;
      }
      const answer = `${status} ${body?.error?.code}`;
      assert.ok(REFUSALS.has(answer), `${user.replica.name} said ${answer}`);
      user.refusals.set(answer, (user.refusals.get(answer) ?? 0) + 1);
      user.refused += 1;
    }
  }
}
