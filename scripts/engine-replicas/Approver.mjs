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

// Answers callbacks, on any backend that is there.
import { setTimeout as delay } from 'node:timers/promises';
import { APPROVAL, approvalOf } from './workflows.mjs';

/** How long after the question the answer of every second run is sent: the others come before the run waits for them. */
const LATER_MS = 500;
const AGAIN_MS = 200;

/** Signals runs when they have asked, until a backend has taken the signal. */
export class Approver {
  #replicas;
  #token;
  #asked = new Set();
  #open = new Set();
  #turn = 0;
  #ended = false;
  /** Answers other than success, by what they were. */
  refusals = new Map();

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

  /** @param {{ run: string, index: number }} question one that was asked before is answered once */
  ask({ run, index }) {
    if (this.#asked.has(run)) return;
    this.#asked.add(run);
    const work = this.#answer(run, index).finally(() =>
      this.#open.delete(work),
    );
    this.#open.add(work);
  }

  /** Resolves once nothing is under way; what was not taken is given up. */
  async end() {
    this.#ended = true;
    await Promise.allSettled(this.#open);
  }

  async #answer(run, index) {
    if (index % 2 === 1) await delay(LATER_MS);
    while (!this.#ended) {
      this.#turn += 1;
      const replica = this.#replicas[this.#turn % this.#replicas.length];
      const answer = await replica
        .call(this.#token, 'POST', `/v2/workflows/instances/${run}/signal`, {
          name: APPROVAL,
          data: approvalOf(index),
        })
        .catch(error => ({ status: error.code ?? error.message }));
      if (answer.status >= 200 && answer.status < 300) return;
      const reason = `${answer.status} ${answer.body?.error?.name ?? ''}`;
      this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
      await delay(AGAIN_MS);
    }
  }
}
