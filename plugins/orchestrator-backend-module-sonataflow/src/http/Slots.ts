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

/** Nobody waits in a queue that is as long as this one. */
export class QueueFullError extends Error {}

/** The slots of one origin: some at one time, others wait in the order in which they came. */
class Gate {
  active = 0;
  readonly waiting = new Set<() => void>();
}

/** Bounds how many requests go to each origin at one time, and how many wait. */
export class Slots {
  readonly #size: number;
  readonly #maxWaiting: number;
  readonly #gates = new Map<string, Gate>();

  constructor(size: number, maxWaiting: number) {
    this.#size = size;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Waits for a free slot.
   *
   * @param signal - ends the wait; the reason is thrown
   * @returns a function that frees the slot again
   * @throws QueueFullError where too many wait
   */
  async take(origin: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const gate = this.#gates.get(origin) ?? new Gate();
    this.#gates.set(origin, gate);
    if (gate.active < this.#size) {
      gate.active += 1;
    } else {
      if (gate.waiting.size >= this.#maxWaiting) throw new QueueFullError();
      // The slot of the one who leaves is handed over, so that nobody who comes later is faster.
      await this.#wait(gate, signal);
    }
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#release(origin, gate);
    };
  }

  async #wait(gate: Gate, signal: AbortSignal): Promise<void> {
    let leave = () => {};
    try {
      await new Promise<void>((enter, reject) => {
        leave = () => {
          gate.waiting.delete(enter);
          reject(signal.reason);
        };
        gate.waiting.add(enter);
        signal.addEventListener('abort', leave, { once: true });
      });
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #release(origin: string, gate: Gate): void {
    const [enter] = gate.waiting;
    if (enter) {
      gate.waiting.delete(enter);
      enter();
      return;
    }
    gate.active -= 1;
    // Addresses come from a Data Index, and there may be any number of them.
    if (gate.active === 0) this.#gates.delete(origin);
  }
}
