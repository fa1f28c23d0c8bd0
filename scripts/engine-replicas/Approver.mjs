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

// Answers callbacks.
import { setTimeout as delay } from 'node:timers/promises';
import { APPROVAL, approvalOf } from './workflows.mjs';

/** How long after the question every second run is answered: the others are before they wait for it. */
const LATER_MS = 500;

/** Signals runs when they have asked. */
export class Approver {
  #fleet;
  #asked = new Set();
  #open = new Set();
  /** What went wrong. */
  faults = [];

  /** @param {import('./Fleet.mjs').Fleet} fleet */
  constructor(fleet) {
    this.#fleet = fleet;
  }

  /** @param {{ run: string, index: number }} question one that is asked again is answered once */
  ask({ run, index }) {
    if (this.#asked.has(run)) return;
    this.#asked.add(run);
    const work = this.#answer(run, index)
      .catch(error => {
        // Had the first come through, the run may have ended before the repeat.
        const isDone = error.isRepeat && error.status === 409;
        if (!isDone) this.faults.push(error.message);
      })
      .finally(() => this.#open.delete(work));
    this.#open.add(work);
  }

  /** Resolves once every question so far is answered. */
  async idle() {
    await Promise.all(this.#open);
  }

  async #answer(run, index) {
    if (index % 2 === 1) await delay(LATER_MS);
    await this.#fleet.call(
      'POST',
      `/v2/workflows/instances/${run}/signal`,
      { name: APPROVAL, data: approvalOf(index) },
      // A repeat is the same event, which counts once.
      { 'Idempotency-Key': `approval-${index}` },
    );
  }
}
