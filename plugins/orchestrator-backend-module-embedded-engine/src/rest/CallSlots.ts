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

/** Gives a slot back. */
export type Release = () => void;

/**
 * The calls that may be under way at one time. No workflow gets more than half of them, and waiting workflows are served in turn, so
 * that one whose calls are slow or many does not hold up the others.
 */
export class CallSlots {
  readonly #total: number;
  readonly #share: number;
  readonly #active = new Map<string, number>();
  /** By workflow; the next in turn is the first. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #taken = 0;

  constructor(total: number) {
    this.#total = total;
    this.#share = Math.max(1, Math.floor(total / 2));
  }

  /**
   * Waits for a slot.
   *
   * @returns what gives it back; undefined where the signal came first
   */
  async take(
    workflowId: string,
    signal: AbortSignal,
  ): Promise<Release | undefined> {
    if (signal.aborted) {
      return undefined;
    }
    if (this.#hasRoom(workflowId)) {
      return this.#enter(workflowId);
    }
    return new Promise(resolve => {
      const given = new AbortController();
      const give = () => {
        given.abort();
        resolve(this.#enter(workflowId));
      };
      const leave = () => {
        this.#unqueue(workflowId, give);
        resolve(undefined);
      };
      signal.addEventListener('abort', leave, {
        once: true,
        signal: given.signal,
      });
      const queue = this.#waiting.get(workflowId) ?? new Set();
      this.#waiting.set(workflowId, queue.add(give));
    });
  }

  #hasRoom(workflowId: string): boolean {
    return (
      this.#taken < this.#total &&
      (this.#active.get(workflowId) ?? 0) < this.#share
    );
  }

  #enter(workflowId: string): Release {
    this.#taken += 1;
    this.#active.set(workflowId, (this.#active.get(workflowId) ?? 0) + 1);
    return () => {
      this.#taken -= 1;
      const left = (this.#active.get(workflowId) ?? 0) - 1;
      if (left > 0) {
        this.#active.set(workflowId, left);
      } else {
        this.#active.delete(workflowId);
      }
      this.#serveNext();
    };
  }

  #serveNext(): void {
    for (const [workflowId, queue] of this.#waiting) {
      if (this.#hasRoom(workflowId)) {
        const [give] = queue;
        // Its next one waits behind those of the others.
        this.#waiting.delete(workflowId);
        queue.delete(give);
        if (queue.size > 0) {
          this.#waiting.set(workflowId, queue);
        }
        give();
        return;
      }
    }
  }

  #unqueue(workflowId: string, give: () => void): void {
    const queue = this.#waiting.get(workflowId);
    queue?.delete(give);
    if (queue?.size === 0) {
      this.#waiting.delete(workflowId);
    }
  }
}
