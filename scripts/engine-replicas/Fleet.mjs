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

// The backends that answer, as a load balancer sees them.
import { setTimeout as delay } from 'node:timers/promises';

/** How long a backend may take to answer; milliseconds. */
const ANSWER_MS = 10_000;
const AGAIN_MS = 200;

/** Calls one of several backends, and another where that one does not answer or is in trouble. */
export class Fleet {
  #replicas;
  #token;
  #turn = 0;
  #ended = false;

  constructor(replicas, token) {
    this.#replicas = [...replicas];
    this.#token = token;
  }

  /** Sends nothing more to a backend. */
  leave(replica) {
    this.#replicas = this.#replicas.filter(one => one !== replica);
  }

  join(replica) {
    this.#replicas.push(replica);
  }

  /** Gives up what is not answered yet. */
  end() {
    this.#ended = true;
  }

  /**
   * Calls until a backend has answered that it is done. Whoever calls sees to it that a repeat does nothing.
   *
   * @returns {Promise<any>} the body of the answer
   * @throws where a backend refuses: an error with the `status` of its answer, and `isRepeat` where an earlier call may have been done
   */
  async call(method, route, body, headers) {
    for (let tries = 1; ; tries += 1) {
      this.#turn += 1;
      const replica = this.#replicas[this.#turn % this.#replicas.length];
      const answer = await replica
        .call(this.#token, method, route, body, {
          headers,
          signal: AbortSignal.timeout(ANSWER_MS),
        })
        .catch(error => ({ status: 0, body: error.message }));
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      if (this.#ended || (answer.status >= 400 && answer.status < 500)) {
        throw Object.assign(
          new Error(
            `${route} of ${replica.name}: ${answer.status} ${JSON.stringify(
              answer.body,
            )}`,
          ),
          { status: answer.status, isRepeat: tries > 1 },
        );
      }
      await delay(AGAIN_MS);
    }
  }
}
